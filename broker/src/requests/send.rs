//! `SEND_MESSAGE` in all its versions.

use super::batch;
use crate::delay;
use crate::log::{LogEntry, LogWrite, Visibility};
use crate::messages;
use crate::refusal::refuse;
use crate::state::BrokerState;
use crate::topics::{DEFAULT_QUEUES, Topic, TopicSettings, names};
use rocketmq_tower::message::{PropertiesBuf, SendHeader, StoredMessage, property};
use rocketmq_tower::protocol::{SendMessageResponseHeader, perm};
use rocketmq_tower::{BoxError, RemotingCommand, RequestCode, ResponseCode, State};
use rocketmq_tower_core::clock;
use std::sync::Arc;

/// The default of the maximum number of retries of a message: Java's `retryMaxTimes`.
pub(super) const MAX_RECONSUME_TIMES: i32 = 16;

/// Returns the response to a send. Go's client traces a message only if the response names a region and
/// turns tracing on; `DefaultRegion` is the default of Java's broker.
pub(super) fn sent(header: SendMessageResponseHeader<&str>) -> Result<RemotingCommand, BoxError> {
    let header = SendMessageResponseHeader {
        msg_region: Some("DefaultRegion"),
        trace_on: Some(true),
        ..header
    };
    Ok(RemotingCommand::response(ResponseCode::SUCCESS).with_header(&header)?)
}

pub(crate) async fn handle(
    State(broker): State<Arc<BrokerState>>,
    request: RemotingCommand,
) -> Result<RemotingCommand, BoxError> {
    let header = SendHeader::read(&request)?;
    if request.request_code() == RequestCode::SEND_BATCH_MESSAGE || header.batch {
        return batch::handle(&broker, &request, &header).await;
    }
    let (topic, queue_id) = target(&broker, &header).await?;
    let mut message = message(&broker, &request, &header, &topic, queue_id);
    let mut properties;
    if message.properties.get(property::REPLY_TO_CLIENT).is_some() {
        // Consumers derive the topic of replies from the cluster's name.
        properties = PropertiesBuf::from(message.properties);
        properties.set(property::CLUSTER, &broker.identity.cluster);
        message.properties = properties.as_properties();
    }
    let prepares = is_prepared(&message);
    if prepares {
        broker.transactions.check_room()?;
    }
    let entry = if prepares { half(&broker, message)? } else { entry(&broker, &topic, message)? };
    let written = broker.log.write(LogWrite::message(entry)).await?.ok_or("nothing was written")?;
    let written = written.first;
    if prepares {
        broker.transactions.opened(written, header.properties);
    }
    sent(SendMessageResponseHeader {
        msg_id: &broker.message_id(written.commit_log_offset).to_string(),
        queue_id,
        queue_offset: written.queue_offset,
        transaction_id: header.properties.get(property::UNIQ_KEY),
        ..Default::default()
    })
}

/// Returns the topic of a message, which is created if it does not exist, and the id of the queue.
pub(super) async fn target(
    broker: &BrokerState,
    header: &SendHeader<'_>,
) -> Result<(Arc<Topic>, i32), BoxError> {
    let topic = match broker.topics.get(header.topic) {
        Some(topic) => topic,
        None => create(broker, header).await?,
    };
    if let Some(group) = names::retried_group(header.topic) {
        let max = header.max_reconsume_times.unwrap_or(MAX_RECONSUME_TIMES);
        if header.reconsume_times > max {
            let name = names::dead_letters(group);
            return Ok((broker.topics.ensure(&name, &TopicSettings::with_queues(1)).await?, 0));
        }
    }
    if names::is_internal(&topic.name) {
        names::check(&topic.name)?;
    }
    if topic.settings.perm & perm::WRITE == 0 {
        let text = format!("the topic {} cannot be written", topic.name);
        return Err(refuse(ResponseCode::NO_PERMISSION, text));
    }
    let queue_id = match header.queue_id {
        ..0 => (broker.turn() % topic.settings.write_queues.max(1) as usize) as i32,
        id => id,
    };
    Ok((topic, queue_id))
}

/// Creates a topic with the producer's number of queues, at most that of the default topic.
async fn create(broker: &BrokerState, header: &SendHeader<'_>) -> Result<Arc<Topic>, BoxError> {
    let name = header.topic;
    names::check(name)?;
    let queues = if names::is_of_group(name) {
        1
    } else if header.default_topic == names::DEFAULT {
        u32::try_from(header.default_topic_queue_nums).unwrap_or(0).clamp(1, DEFAULT_QUEUES)
    } else {
        return broker.topics.find(name);
    };
    broker.topics.ensure(name, &TopicSettings::with_queues(queues)).await
}

/// Returns the message of a request as it will be stored.
pub(super) fn message<'a>(
    broker: &BrokerState,
    request: &'a RemotingCommand,
    header: &SendHeader<'a>,
    topic: &'a Topic,
    queue_id: i32,
) -> StoredMessage<'a> {
    StoredMessage {
        queue_id,
        topic: &topic.name,
        ..StoredMessage::from_send(request, header, broker.identity.stored, 0)
    }
}

/// Returns whether the message was sent in a transaction.
fn is_prepared(message: &StoredMessage<'_>) -> bool {
    let says_so = message.properties.get(property::TRAN_MSG);
    says_so.is_some_and(|text| text.eq_ignore_ascii_case("true"))
}

/// Returns the message as an entry of its queue, or of a queue in which it waits for its delivery
/// time.
pub(super) fn entry(
    broker: &BrokerState,
    topic: &Topic,
    message: StoredMessage<'_>,
) -> Result<LogEntry, BoxError> {
    match delay::of(message.properties, clock::now_ms())? {
        None => messages::entry(topic, &message, Visibility::Visible),
        Some(delay) => {
            let waiting = broker.topics.find(delay.topic)?;
            messages::parked(&waiting, delay.queue_id, &message, Visibility::DeliverAt(delay.due))
        }
    }
}

fn half(broker: &BrokerState, message: StoredMessage<'_>) -> Result<LogEntry, BoxError> {
    let waiting = broker.topics.find(names::HALF)?;
    messages::parked(&waiting, 0, &message, Visibility::AfterCommit)
}

#[cfg(test)]
mod tests {
    use super::{SendMessageResponseHeader, sent};

    #[test]
    fn a_response_lets_gos_client_trace() {
        let header = SendMessageResponseHeader { queue_offset: 7, ..Default::default() };
        let response = sent(header).unwrap();
        let field = |name| response.ext_fields().get(name);
        assert_eq!(field("queueOffset"), Some("7"));
        assert_eq!(field("MSG_REGION"), Some("DefaultRegion"));
        assert_eq!(field("TRACE_ON"), Some("true"));
    }
}
