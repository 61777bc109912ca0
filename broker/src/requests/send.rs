//! `SEND_MESSAGE` in all its versions.

use super::batch;
use crate::connection_rooms::ConnectionRooms;
use crate::delay;
use crate::log::{CommitLogOffset, LogEntry, LogWrite, Visibility};
use crate::messages;
use crate::recall_handle::RecallHandle;
use crate::refusal::refuse;
use crate::state::BrokerState;
use crate::stored_properties::{REGION, stored, without_delay};
use crate::topics::{DEFAULT_QUEUES, Topic, TopicSettings, names};
use rocketmq_tower::message::{Properties, SendHeader, StoredMessage, property};
use rocketmq_tower::protocol::{SendMessageResponseHeader, perm};
use rocketmq_tower::{BoxError, RemotingCommand, RequestCode, ResponseCode, State};
use std::sync::Arc;

/// The bytes of a stored message beside its body and its own properties, at most.
pub(super) const OVERHEAD: usize = 1024;

/// Returns the response to a send. Go's client traces a message only if the response names a region and
/// turns tracing on.
pub(super) fn sent(header: SendMessageResponseHeader<&str>) -> Result<RemotingCommand, BoxError> {
    let header =
        SendMessageResponseHeader { msg_region: Some(REGION), trace_on: Some(true), ..header };
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
    let target = target(&broker, &header).await?;
    let size = request.body().len() + header.properties.as_str().len() + OVERHEAD;
    let room = broker.log.room_for(&ConnectionRooms::of(&request).writes, size).await?;
    let properties = if target.is_dead_letter {
        // It is not retried, and does not wait for that.
        stored(without_delay(header.properties).as_properties(), &broker.identity.cluster)
    } else {
        stored(header.properties, &broker.identity.cluster)
    };
    let properties = Properties::new(&properties);
    let message = StoredMessage { properties, ..message(&broker, &request, &header, &target) };
    let prepares = is_prepared(properties);
    if prepares {
        broker.transactions.check_room()?;
    }
    let entry =
        if prepares { half(&broker, message)? } else { entry(&broker, &target.topic, message)? };
    let due = match entry.visibility {
        Visibility::DeliverAt(due) if names::retried_group(&target.topic.name).is_none() => {
            Some(due)
        }
        _ => None,
    };
    // It is copied, and need not wait for the disk in memory, too.
    drop(request);
    let written =
        broker.log.write_in(room, LogWrite::message(entry)).await?.ok_or("nothing was written")?;
    let written = written.first;
    let id = properties.get(property::UNIQ_KEY);
    let recall_handle = due.and_then(|due| {
        let (topic, broker) = (&*target.topic.name, &*broker.identity.name);
        let at = CommitLogOffset::from_i64(written.commit_log_offset)?;
        RecallHandle { topic, broker, due, id: id?, at }.encode()
    });
    if prepares {
        broker.transactions.opened(written, properties);
    }
    sent(SendMessageResponseHeader {
        msg_id: &broker.message_id(written.commit_log_offset).to_string(),
        queue_id: target.queue_id,
        queue_offset: written.queue_offset,
        transaction_id: id,
        recall_handle: recall_handle.as_deref(),
        ..Default::default()
    })
}

/// The queue in which a message is stored.
pub(super) struct Target {
    pub(super) topic: Arc<Topic>,
    pub(super) queue_id: i32,
    /// The message was sent to another topic, to be consumed again, but that was tried too often.
    pub(super) is_dead_letter: bool,
}

/// Returns the queue of a message. Its topic is created if it does not exist.
pub(super) async fn target(
    broker: &BrokerState,
    header: &SendHeader<'_>,
) -> Result<Target, BoxError> {
    if !broker.settings.is_writable() {
        return Err(forbidden(broker, "sending"));
    }
    let topic = match broker.topics.get(header.topic) {
        Some(topic) => topic,
        None => create(broker, header).await?,
    };
    if let Some(group) = names::retried_group(header.topic) {
        let of_group = broker.groups.used(group).retry_max_times;
        let max = header.max_reconsume_times.unwrap_or(of_group);
        // A group that consumes in order holds locks. Its consumers retry a message themselves, and send it
        // when no try is left.
        let last = if broker.locks.has_live_lock(group) { max.saturating_sub(1) } else { max };
        if header.reconsume_times > last {
            let name = names::dead_letters(group);
            let topic = broker.topics.ensure(&name, &TopicSettings::with_queues(1)).await?;
            return Ok(Target { topic, queue_id: 0, is_dead_letter: true });
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
    // Also if the message waits elsewhere first.
    messages::queue_for_send(&topic, queue_id)?;
    Ok(Target { topic, queue_id, is_dead_letter: false })
}

/// Returns the refusal of what a tool has forbidden for the whole broker.
pub(super) fn forbidden(broker: &BrokerState, what: &str) -> BoxError {
    let text = format!("the broker[{}] {what} message is forbidden", broker.identity.stored.ip());
    refuse(ResponseCode::NO_PERMISSION, text)
}

/// Creates a topic with the producer's number of queues, at most that of the default topic.
async fn create(broker: &BrokerState, header: &SendHeader<'_>) -> Result<Arc<Topic>, BoxError> {
    let name = header.topic;
    names::check(name)?;
    let queues = if names::is_of_group(name) {
        1
    } else if names::is_default(header.default_topic) {
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
    target: &'a Target,
) -> StoredMessage<'a> {
    StoredMessage {
        queue_id: target.queue_id,
        topic: &target.topic.name,
        ..StoredMessage::from_send(request, header, broker.identity.stored, 0)
    }
}

/// Returns whether a message with these properties was sent in a transaction.
pub(super) fn is_prepared(properties: Properties<'_>) -> bool {
    let says_so = properties.get(property::TRAN_MSG);
    says_so.is_some_and(|text| text.eq_ignore_ascii_case("true"))
}

/// Returns the message as an entry of its queue, or of a queue in which it waits for its delivery
/// time.
pub(super) fn entry(
    broker: &BrokerState,
    topic: &Topic,
    message: StoredMessage<'_>,
) -> Result<LogEntry, BoxError> {
    match delay::of(message.properties, broker.clock.now_ms())? {
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
