//! `CONSUMER_SEND_MSG_BACK`: a consumer sends back a message that it has failed to consume.

use crate::log::{CommitLogOffset, LogWrite, Visibility};
use crate::refusal::refuse;
use crate::state::BrokerState;
use crate::stored_properties::without_delay;
use crate::topics::{TopicSettings, names};
use crate::{delay, messages};
use rocketmq_tower::message::{StoredMessage, property};
use rocketmq_tower::protocol::ConsumerSendMsgBackRequestHeader;
use rocketmq_tower::{BoxError, RemotingCommand, ResponseCode, State};
use std::sync::Arc;

/// Stores a copy of the message in the retry topic of the group, with a delay. A message that was
/// retried too often, or must not be retried, goes to the topic of the group's dead letters instead.
pub(crate) async fn handle(
    State(broker): State<Arc<BrokerState>>,
    request: RemotingCommand,
) -> Result<ResponseCode, BoxError> {
    let header: ConsumerSendMsgBackRequestHeader<&str> = request.header()?;
    names::check_group(header.group)?;
    let rules = broker.groups.used(header.group);
    if rules.retry_queues == 0 {
        // As in Java: the group has its messages once.
        return Ok(ResponseCode::SUCCESS);
    }
    let record = match CommitLogOffset::from_i64(header.offset) {
        Some(offset) => broker.log.record(offset).await?,
        None => None,
    };
    let record = record.ok_or_else(|| {
        let text = format!("there is no message at the offset {}", header.offset);
        refuse(ResponseCode::SYSTEM_ERROR, text)
    })?;
    let (message, _) = StoredMessage::decode(&record)?;

    let max = header.max_reconsume_times.filter(|&max| max >= 0).unwrap_or(rules.retry_max_times);
    let is_dead = message.reconsume_times >= max || header.delay_level < 0;
    let name = if is_dead { names::dead_letters(header.group) } else { names::retry(header.group) };
    let queues = if is_dead { 1 } else { rules.retry_queues };
    let topic = broker.topics.ensure(&name, &TopicSettings::with_queues(queues)).await?;
    let queues = topic.settings.write_queues.clamp(1, queues) as usize;

    let mut properties = without_delay(message.properties);
    // A message that comes back again keeps its first topic and id.
    let topic_of_first = message.properties.get(property::RETRY_TOPIC).unwrap_or(message.topic);
    let id = broker.message_id(message.commit_log_offset).to_string();
    let id_of_first = message.properties.get(property::ORIGIN_MESSAGE_ID).unwrap_or(&id);
    properties.set(property::RETRY_TOPIC, topic_of_first);
    properties.set(property::ORIGIN_MESSAGE_ID, id_of_first);
    if is_dead {
        // Tools send a dead letter again to this topic.
        properties.set(property::DLQ_ORIGIN_TOPIC, topic_of_first);
        properties.set(property::DLQ_ORIGIN_MESSAGE_ID, id_of_first);
    }
    let again = StoredMessage {
        queue_id: (broker.turn() % queues) as i32,
        reconsume_times: message.reconsume_times.saturating_add(1),
        store_host: broker.identity.stored,
        topic: &topic.name,
        properties: properties.as_properties(),
        ..message
    };
    let entry = if is_dead {
        messages::entry(&topic, &again, Visibility::Visible)?
    } else {
        let level = match header.delay_level {
            0 => 3 + i64::from(message.reconsume_times),
            level => level.into(),
        };
        let delay = delay::of_level(level, broker.clock.now_ms());
        let waiting = broker.topics.find(delay.topic)?;
        messages::parked(&waiting, delay.queue_id, &again, Visibility::DeliverAt(delay.due))?
    };
    broker.log.write(LogWrite::message(entry)).await?;
    if let Some(stats) = broker.statistics.groups.used(header.group, topic_of_first) {
        stats.send_backs.add(1, 0);
    }
    Ok(ResponseCode::SUCCESS)
}
