//! `GET_TOPIC_STATS_INFO`: the offsets of a topic.

use super::super::offsets::stored_at;
use super::{answer, blocking};
use crate::refusal::refuse;
use crate::state::BrokerState;
use crate::statistics::Span;
use rocketmq_tower::protocol::{
    GetTopicStatsInfoRequestHeader, MessageQueue, TopicOffset, TopicStatsTable,
};
use rocketmq_tower::{Body, BoxError, Header, ResponseCode, State};
use std::sync::Arc;

pub(super) async fn of_topic(
    State(broker): State<Arc<BrokerState>>,
    Header(header): Header<GetTopicStatsInfoRequestHeader>,
) -> Result<Body, BoxError> {
    let name = header.topic;
    // Lists have topics of retries before their first message.
    let topic = broker.topics.find_to_read(&name);
    let missing = |_| refuse(ResponseCode::TOPIC_NOT_EXIST, format!("topic[{name}] not exist"));
    let topic = topic.map_err(missing)?;
    blocking(move || {
        let mut table = TopicStatsTable::default();
        let puts = topic.puts().map(|puts| puts.item.messages_in(Span::Minute));
        table.topic_put_tps = puts.unwrap_or_default().rate;
        let queues = topic.queues().iter().take(topic.settings.queues());
        for (queue_id, queue) in (0..).zip(queues) {
            let (min_offset, max_offset) = (queue.min(), queue.max());
            let last = match max_offset > 0 {
                true => stored_at(broker.log.storage(), queue.number(), max_offset - 1)?,
                false => None,
            };
            let offset =
                TopicOffset { last_update_timestamp: last.unwrap_or(0), max_offset, min_offset };
            table.offset_table.insert(queue_name(&broker, &name, queue_id), offset);
        }
        answer(&table)
    })
    .await
}

/// Returns the name of a queue as tools know it.
pub(super) fn queue_name(broker: &BrokerState, topic: &str, queue_id: i32) -> MessageQueue {
    MessageQueue { broker_name: broker.identity.name.clone(), queue_id, topic: topic.to_owned() }
}
