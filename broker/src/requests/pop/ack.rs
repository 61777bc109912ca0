//! `ACK_MESSAGE` and `BATCH_ACK_MESSAGE`

use super::batch_ack::{BatchAck, BatchAckBody};
use super::{handle, queue_of_message, refused};
use crate::pop::{GroupOffset, GroupQueue, Handle, OrderAck, marked_topic};
use crate::refusal::{Refused, refuse};
use crate::requests::check_body;
use crate::state::BrokerState;
use crate::topics::Topic;
use rocketmq_tower::protocol::{AckMessageRequestHeader, json};
use rocketmq_tower::{BoxError, RemotingCommand, ResponseCode, State};
use std::sync::Arc;

/// Acknowledges a message. One that is not in flight any more is a success, as in Java's broker: clients
/// repeat requests.
pub(crate) async fn one(
    State(broker): State<Arc<BrokerState>>,
    request: RemotingCommand,
) -> Result<ResponseCode, BoxError> {
    let header: AckMessageRequestHeader<&str> = request.header()?;
    let (group, offset) = (header.consumer_group, header.offset);
    let topic = broker.topics.find(header.topic)?;
    let queue = queue_of_message(&topic, header.queue_id)?;
    let (min, max) = (queue.min(), queue.max());
    if offset < min || offset > max {
        let text = format!("the offset {offset} is not in the queue, which has {min} to {max}");
        return Err(refuse(ResponseCode::NO_MESSAGE, text));
    }
    let handle = handle(header.extra_info)?;
    if handle.is_ordered {
        ordered(&broker, group, &topic, header.queue_id, offset, &handle).await?;
        return Ok(ResponseCode::SUCCESS);
    }
    let distance = offset.checked_sub(handle.key.start);
    let log = (&*broker.log, broker.log.room_for_rows().await);
    let of = GroupQueue { group, number: queue.number() };
    let is_it = |of: u16| distance == Some(of.into());
    broker.pops.acknowledge(log, of, handle.key, is_it).map_err(refused)?;
    Ok(ResponseCode::SUCCESS)
}

/// Acknowledges messages of several batches. A batch that is refused does not fail the others.
pub(crate) async fn several(
    State(broker): State<Arc<BrokerState>>,
    request: RemotingCommand,
) -> Result<ResponseCode, BoxError> {
    let length = request.body().len();
    check_body(length)?;
    let none = || refuse(ResponseCode::NO_MESSAGE, "there is nothing to acknowledge");
    if length == 0 {
        return Err(none());
    }
    let body: BatchAckBody<'_> = json::from_slice(request.body())?;
    let mut refused = Refused::default();
    if body.acks.items.is_empty() {
        body.acks.note_others("batches", &mut refused);
        refused.result()?;
        return Err(none());
    }
    for ack in &body.acks.items {
        refused.note(batch(&broker, ack).await);
    }
    body.acks.note_others("batches", &mut refused);
    refused.result()?;
    Ok(ResponseCode::SUCCESS)
}

async fn batch(broker: &BrokerState, ack: &BatchAck<'_>) -> Result<(), BoxError> {
    let group = &*ack.consumer_group;
    let unknown = || refuse(ResponseCode::INVALID_PARAMETER, "a topic is marked in an unknown way");
    let name = marked_topic(&ack.topic, group, &ack.retry).ok_or_else(unknown)?;
    let topic = broker.topics.find(&name)?;
    let queue = queue_of_message(&topic, ack.queue_id)?;
    let handle = ack.handle();
    let bits = ack.bits()?;
    if handle.is_ordered {
        for offset in bits.iter().filter_map(|bit| handle.key.start.checked_add(bit.into())) {
            ordered(broker, group, &topic, ack.queue_id, offset, &handle).await?;
        }
        return Ok(());
    }
    let log = (&*broker.log, broker.log.room_for_rows().await);
    let of = GroupQueue { group, number: queue.number() };
    let acked = |distance| bits.has(distance);
    broker.pops.acknowledge(log, of, handle.key, acked).map_err(refused)
}

async fn ordered(
    broker: &BrokerState,
    group: &str,
    topic: &Topic,
    queue_id: i32,
    offset: i64,
    handle: &Handle,
) -> Result<(), BoxError> {
    let log = (&*broker.log, broker.log.room_for_rows().await);
    let of = GroupQueue { group, number: queue_of_message(topic, queue_id)?.number() };
    let message = GroupOffset { topic: &topic.name, queue_id, offset };
    let times = (handle.key.pop_time, broker.clock.now_ms());
    let acked = broker.pops.acknowledge_in_order(log, &broker.offsets, of, message, times);
    match acked.map_err(refused)? {
        OrderAck::Consumed { .. } | OrderAck::Stale => Ok(()),
        OrderAck::Unknown => {
            let text = format!("the message at the offset {offset} was not popped");
            Err(refuse(ResponseCode::MESSAGE_ILLEGAL, text))
        }
    }
}
