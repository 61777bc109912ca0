//! `CHANGE_MESSAGE_INVISIBLETIME`

use super::{handle, queue_of_message, refused};
use crate::pop::{Change, GroupQueue, revive_queue};
use crate::refusal::refuse;
use crate::state::BrokerState;
use rocketmq_tower::protocol::{
    ChangeInvisibleTimeRequestHeader, ChangeInvisibleTimeResponseHeader,
};
use rocketmq_tower::{BoxError, Header, RemotingCommand, ResponseCode, State};
use std::sync::Arc;

/// Sets when a message is visible again, if it is not acknowledged. The message has another handle then.
///
/// It fails if the message is not in flight. Java's broker would deliver it once more.
pub(crate) async fn invisible_time(
    State(broker): State<Arc<BrokerState>>,
    request: RemotingCommand,
) -> Result<Header<ChangeInvisibleTimeResponseHeader>, BoxError> {
    let header: ChangeInvisibleTimeRequestHeader<&str> = request.header()?;
    let (group, offset, invisible) = (header.consumer_group, header.offset, header.invisible_time);
    let topic = broker.topics.find(header.topic)?;
    let queue = queue_of_message(&topic, header.queue_id)?;
    let missing = || {
        let text = format!("the message at the offset {offset} is not in flight");
        refuse(ResponseCode::NO_MESSAGE, text)
    };
    if offset < queue.min() || offset >= queue.max() {
        return Err(missing());
    }
    let handle = handle(header.extra_info)?;
    let of = GroupQueue { group, number: queue.number() };
    let log = (&*broker.log, broker.log.room_for_rows().await);
    let now = broker.clock.now_ms();
    let (pop_time, invisible_time) = if handle.is_ordered {
        let consumed = broker.offsets.get(group, &topic.name, header.queue_id);
        if consumed.is_some_and(|consumed| offset < consumed) {
            // As Java's broker answers.
            return Ok(Header(ChangeInvisibleTimeResponseHeader::default()));
        }
        let (pop_time, visible) = (handle.key.pop_time, now.saturating_add(invisible.max(0)));
        let at = (offset, pop_time);
        let known = broker.pops.change_in_order(log, of, at, visible).map_err(refused)?;
        (known.then_some(pop_time), visible.saturating_sub(pop_time))
    } else {
        let suspended = header.suspend;
        let change = Change { key: handle.key, offset, now, invisible, suspended };
        (broker.pops.change(log, of, &change).map_err(refused)?, invisible)
    };
    Ok(Header(ChangeInvisibleTimeResponseHeader {
        pop_time: pop_time.ok_or_else(missing)?,
        invisible_time,
        revive_qid: revive_queue(handle.is_ordered),
    }))
}
