//! How far groups have consumed: `GET_CONSUME_STATS` and others.

use super::super::offsets::stored_at;
use super::topic_stats::queue_name;
use super::{answer, blocking};
use crate::clients::Subscribed;
use crate::refusal::refuse;
use crate::state::BrokerState;
use crate::statistics::Span;
use crate::topics::Topic;
use rocketmq_tower::protocol::{
    ConsumeStats, GetConsumeStatsRequestHeader, MessageQueue, OffsetWrapper,
};
use rocketmq_tower::{Body, BoxError, Header, RemotingCommand, ResponseCode, State};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::sync::Arc;

/// The maximum number of queues in an answer: each has about 170 bytes, and takes a read of a message.
const MAX_QUEUES: usize = 80_000;

/// `GET_CONSUME_STATS`
pub(super) async fn of_group(
    State(broker): State<Arc<BrokerState>>,
    request: RemotingCommand,
) -> Result<Body, BoxError> {
    let header: GetConsumeStatsRequestHeader = request.header()?;
    let list = request.ext_fields().get("topicList").unwrap_or_default();
    let list: Vec<_> =
        list.split(';').filter(|topic| !topic.is_empty()).map(str::to_owned).collect();
    blocking(move || {
        let group = &header.consumer_group;
        let asked = header.topic.filter(|topic| !topic.trim().is_empty());
        let topics = match asked {
            _ if !list.is_empty() => list,
            topic => {
                let mut topics =
                    topic.map_or_else(|| broker.offsets.topics_of(group), |topic| vec![topic]);
                topics.retain(|topic| consumes(&broker, group, topic));
                topics
            }
        };
        let (mut stats, mut left) = (ConsumeStats::default(), MAX_QUEUES);
        for topic in topics {
            add(&broker, group, &topic, &mut stats, &mut left)?;
        }
        answer(&stats)
    })
    .await
}

/// Returns whether a group consumes a topic now, or has no members.
fn consumes(broker: &BrokerState, group: &str, topic: &str) -> bool {
    match broker.clients.subscribed(group, topic) {
        Subscribed::To(_) | Subscribed::Unknown => true,
        Subscribed::No => broker.clients.consumers(group).is_empty(),
    }
}

/// Adds the progress of a group in a topic.
fn add(
    broker: &BrokerState,
    group: &str,
    name: &str,
    stats: &mut ConsumeStats,
    left: &mut usize,
) -> Result<(), BoxError> {
    // The retry topic of a group is there from the start, as Java's is.
    let Ok(topic) = broker.topics.find_to_read(name) else { return Ok(()) };
    let gets = broker.statistics.groups.get(group, name);
    stats.consume_tps +=
        gets.as_ref().map_or(0.0, |stats| stats.gets.messages_in(Span::Minute).rate);
    let offsets = broker.offsets.of(group, name);
    let queues = topic.settings.read_queues as usize;
    *left = left.checked_sub(queues).ok_or_else(|| {
        let text = format!("the group consumes more than {MAX_QUEUES} queues: ask for one topic");
        refuse(ResponseCode::SYSTEM_ERROR, text)
    })?;
    for (id, queue) in topic.queues().iter().take(queues).enumerate() {
        let consumer_offset = offsets.get(id).copied().unwrap_or(0).max(0);
        let last = match consumer_offset > 0 {
            true => stored_at(broker.log.storage(), queue.number(), consumer_offset - 1)?,
            false => None,
        };
        let pulled = gets.as_ref().map_or(0, |stats| stats.pulled(id));
        let wrapper = OffsetWrapper {
            broker_offset: queue.max(),
            consumer_offset,
            last_timestamp: last.unwrap_or(0),
            pull_offset: consumer_offset.max(pulled),
        };
        stats.offset_table.insert(queue_name(broker, name, id as i32), wrapper);
    }
    Ok(())
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct AllQuery {
    #[serde(default)]
    is_order: bool,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct AllStats {
    broker_addr: String,
    consume_stats_list: Vec<BTreeMap<String, Vec<ConsumeStats>>>,
    total_diff: i64,
    total_inflight_diff: i64,
}

/// `GET_BROKER_CONSUME_STATS`: the progress of all groups in all topics.
pub(super) async fn of_all(
    State(broker): State<Arc<BrokerState>>,
    Header(AllQuery { is_order }): Header<AllQuery>,
) -> Result<Body, BoxError> {
    blocking(move || {
        let (mut list, mut left) = (Vec::new(), MAX_QUEUES);
        let (mut total_diff, mut total_inflight_diff) = (0, 0);
        for group in broker.groups.names() {
            let mut of_group = Vec::new();
            for topic in broker.offsets.topics_of(&group) {
                let is_wanted = |known: Arc<Topic>| !is_order || known.settings.order;
                if !broker.topics.get(&topic).is_some_and(is_wanted)
                    || !consumes(&broker, &group, &topic)
                {
                    continue;
                }
                let mut stats = ConsumeStats::default();
                add(&broker, &group, &topic, &mut stats, &mut left)?;
                for of in stats.offset_table.values() {
                    total_diff += of.broker_offset - of.consumer_offset;
                    total_inflight_diff += of.pull_offset - of.consumer_offset;
                }
                of_group.push(stats);
            }
            list.push(BTreeMap::from([(String::from(group), of_group)]));
        }
        answer(&AllStats {
            broker_addr: broker.identity.address.clone(),
            consume_stats_list: list,
            total_diff,
            total_inflight_diff,
        })
    })
    .await
}

#[derive(Deserialize)]
pub(super) struct TimeSpanQuery {
    topic: String,
    group: String,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct TimeSpans {
    consume_time_span_set: Vec<TimeSpan>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct TimeSpan {
    consume_time_stamp: i64,
    delay_time: i64,
    max_time_stamp: i64,
    message_queue: MessageQueue,
    min_time_stamp: i64,
}

/// `QUERY_CONSUME_TIME_SPAN`: when the first, the last and the last consumed message of each queue were
/// stored. -1 stands for no message.
pub(super) async fn time_span(
    State(broker): State<Arc<BrokerState>>,
    Header(TimeSpanQuery { topic: name, group }): Header<TimeSpanQuery>,
) -> Result<Body, BoxError> {
    let topic = broker
        .topics
        .get(&name)
        .ok_or_else(|| refuse(ResponseCode::TOPIC_NOT_EXIST, format!("topic[{name}] not exist")))?;
    blocking(move || {
        let offsets = broker.offsets.of(&group, &name);
        let queues = topic.queues().iter().take(topic.settings.write_queues as usize);
        let spans = queues.enumerate().map(|(id, queue)| {
            let stored = |offset| -> Result<i64, BoxError> {
                let stored = stored_at(broker.log.storage(), queue.number(), offset)?;
                Ok(stored.unwrap_or(-1))
            };
            let (min, max) = (queue.min(), queue.max());
            let consumed = offsets.get(id).copied().unwrap_or(-1);
            let min_time_stamp = stored(min)?;
            let waiting = if consumed < max { stored(consumed.max(min))? } else { -1 };
            Ok(TimeSpan {
                consume_time_stamp: match consumed {
                    1.. => stored(consumed - 1)?,
                    _ => min_time_stamp,
                },
                delay_time: if waiting < 0 { 0 } else { (broker.clock.now_ms() - waiting).max(0) },
                max_time_stamp: stored(max - 1)?,
                message_queue: queue_name(&broker, &name, id as i32),
                min_time_stamp,
            })
        });
        let consume_time_span_set = spans.collect::<Result<_, BoxError>>()?;
        answer(&TimeSpans { consume_time_span_set })
    })
    .await
}
