//! `QUERY_CONSUME_QUEUE`: the index of a queue.

use super::{answer, blocking};
use crate::filter;
use crate::refusal::refuse;
use crate::state::BrokerState;
use crate::storage::Reads;
use rocketmq_tower::protocol::{
    ConsumeQueueData, QueryConsumeQueueRequestHeader, QueryConsumeQueueResponseBody,
    SubscriptionData,
};
use rocketmq_tower::{BoxError, Header, RemotingCommand, ResponseCode, State};
use serde::Serialize;
use std::sync::Arc;

/// The maximum number of entries of an answer.
const MAX_ENTRIES: i64 = 1024;

/// The filter of a group that subscribes with SQL92, as tools print it.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct FilterData<'a> {
    client_version: i64,
    consumer_group: &'a str,
    expression: &'a str,
    expression_type: &'a str,
    topic: &'a str,
}

/// Returns the filter as text. Tags have none, as in Java.
fn filter_text(group: &str, data: &SubscriptionData) -> Result<String, BoxError> {
    let filter = filter::is_sql(&data.expression_type).then_some(FilterData {
        client_version: data.sub_version,
        consumer_group: group,
        expression: &data.sub_string,
        expression_type: &data.expression_type,
        topic: &data.topic,
    });
    Ok(serde_json::to_string_pretty(&filter)?)
}

/// The entries are those of Java's index without extensions: whether they are evaluated by a filter is
/// never told.
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
    let subscription_data = match header.consumer_group.as_deref() {
        Some(group) => broker.clients.subscription(group, &name).map(|text| text.data()),
        None => None,
    };
    let filter_data = match (header.consumer_group, &subscription_data) {
        (None, _) => None,
        (Some(group), None) => Some(format!("{group}@{name} is not online!")),
        (Some(group), Some(data)) => Some(filter_text(&group, data)?),
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
            subscription_data,
        })
    });
    Ok(response.with_body(body.await?.0))
}
