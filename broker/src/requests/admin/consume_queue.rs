//! `QUERY_CONSUME_QUEUE`: the index of a queue.

use super::{answer, blocking};
use crate::clients::Subscribed;
use crate::refusal::refuse;
use crate::state::BrokerState;
use crate::storage::Reads;
use rocketmq_tower::protocol::{
    ConsumeQueueData, QueryConsumeQueueRequestHeader, QueryConsumeQueueResponseBody,
};
use rocketmq_tower::{BoxError, Header, RemotingCommand, ResponseCode, State};
use std::sync::Arc;

/// The maximum number of entries of an answer.
const MAX_ENTRIES: i64 = 1024;

pub(super) async fn query(
    State(broker): State<Arc<BrokerState>>,
    Header(header): Header<QueryConsumeQueueRequestHeader>,
) -> Result<RemotingCommand, BoxError> {
    let (name, id) = (header.topic, header.queue_id);
    let topic = broker.topics.get(&name);
    let queue =
        topic.as_ref().and_then(|topic| topic.queue(id)).map(Arc::clone).ok_or_else(|| {
            refuse(ResponseCode::SYSTEM_ERROR, format!("{id}@{name} is not exist!"))
        })?;
    let group = header.consumer_group;
    let subscription = group.as_deref().map(|group| broker.clients.subscribed(group, &name));
    let (filter, filter_data) = match subscription {
        None => (None, None),
        Some(Subscribed::To(known)) => (known.filter().ok(), None),
        Some(_) => {
            let group = group.unwrap_or_default();
            (None, Some(format!("{group}@{name} is not online!")))
        }
    };
    let (min, max) = (queue.min(), queue.max());
    let response = RemotingCommand::response(ResponseCode::SUCCESS);
    if !(min..max).contains(&header.index) {
        let text = format!("Index {} of {id}@{name} is not exist!", header.index);
        return Ok(response.with_remark(text));
    }
    let body = blocking(move || {
        let count = i64::from(header.count).clamp(0, MAX_ENTRIES);
        let range = header.index..max.min(header.index + count);
        let mut entries = Vec::new();
        broker.log.storage().entries(queue.number(), range, Reads::All, &mut entries)?;
        let queue_data = entries.iter().map(|entry| ConsumeQueueData {
            eval: filter.as_ref().is_some_and(|filter| filter.accepts(entry.tag)),
            physic_offset: entry.at.as_i64(),
            physic_size: i32::try_from(entry.size).unwrap_or(i32::MAX),
            tags_code: entry.tag.into(),
            ..Default::default()
        });
        answer(&QueryConsumeQueueResponseBody {
            filter_data,
            max_queue_index: max,
            min_queue_index: min,
            queue_data: queue_data.collect(),
            subscription_data: None,
        })
    });
    Ok(response.with_body(body.await?.0))
}
