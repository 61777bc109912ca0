//! Offsets of groups that tools set: `INVOKE_BROKER_TO_RESET_OFFSET` and `CLONE_GROUP_OFFSET`.

use super::super::offsets::by_time;
use super::topic_stats::queue_name;
use super::{answer, blocking};
use crate::clients::Subscribed;
use crate::offsets::OffsetError;
use crate::refusal::refuse;
use crate::state::BrokerState;
use crate::topics::{Topic, names};
use rocketmq_tower::protocol::{ResetOffsetBody, ResetOffsetRequestHeader};
use rocketmq_tower::{Body, BoxError, Header, ResponseCode, State};
use serde::Deserialize;
use std::sync::Arc;

/// `INVOKE_BROKER_TO_RESET_OFFSET`: to a time, or one queue to an offset. The next pull of each queue is
/// told to go on from there. `isForce` makes no difference, as in Java's broker of today.
pub(crate) async fn reset(
    State(broker): State<Arc<BrokerState>>,
    Header(header): Header<ResetOffsetRequestHeader>,
) -> Result<Body, BoxError> {
    let (name, group) = (&header.topic, &header.group);
    let topic = broker.topics.get(name).ok_or_else(|| {
        refuse(ResponseCode::TOPIC_NOT_EXIST, format!("Topic {name} does not exist"))
    })?;
    if !broker.groups.contains(group) {
        let text = format!("Group {group} does not exist");
        return Err(refuse(ResponseCode::SUBSCRIPTION_GROUP_NOT_EXIST, text));
    }
    let offsets = match header.queue_id.filter(|&id| id >= 0) {
        Some(id) => match header.offset.filter(|&offset| offset != -1) {
            Some(offset) => vec![(number(id)?, checked(&topic, id, offset)?)],
            None => at_time(&broker, &topic, Some(id), header.timestamp).await?,
        },
        None => at_time(&broker, &topic, None, header.timestamp).await?,
    };
    if offsets.is_empty() {
        return Err(refuse(ResponseCode::SYSTEM_ERROR, "No queues to reset."));
    }
    broker.offsets.reset(group, name, &offsets).await.map_err(no_room)?;
    tracing::info!(group, topic = name, ?offsets, "offsets were reset");
    let queues = offsets.into_iter().map(|(id, to)| (queue_name(&broker, name, id.into()), to));
    answer(&ResetOffsetBody { offset_table: queues.collect() })
}

fn number(id: i32) -> Result<u16, BoxError> {
    u16::try_from(id).map_err(|_| refuse(ResponseCode::INVALID_PARAMETER, "no such queue"))
}

/// Fails if a queue cannot be reset to this offset.
fn checked(topic: &Topic, id: i32, offset: i64) -> Result<i64, BoxError> {
    let queue = topic.queue_to_read(id).ok_or_else(|| {
        let text = format!("{} has no queue {id}", topic.name);
        refuse(ResponseCode::INVALID_PARAMETER, text)
    })?;
    let (min, max) = (queue.min(), queue.max());
    // As in Java, one beyond the end is taken.
    if (min..=max + 1).contains(&offset) {
        return Ok(offset);
    }
    let text = format!("Target offset {offset} not in consume queue range [{min}-{max}]");
    Err(refuse(ResponseCode::SYSTEM_ERROR, text))
}

/// Returns the offsets of the first messages that were stored at `time` or later; the ends of the queues
/// if it is negative. Of one queue, or of all.
async fn at_time(
    broker: &Arc<BrokerState>,
    topic: &Arc<Topic>,
    only: Option<i32>,
    time: i64,
) -> Result<Vec<(u16, i64)>, BoxError> {
    if let Some(id) = only {
        checked(topic, id, topic.queue(id).map_or(0, |queue| queue.max()))?;
    }
    let (broker, topic) = (Arc::clone(broker), Arc::clone(topic));
    blocking(move || {
        let queues = topic.queues().iter().take(topic.settings.read_queues as usize);
        let queues =
            (0..).zip(queues).filter(|(id, _)| only.is_none_or(|only| only == i32::from(*id)));
        let offsets = queues.map(|(id, queue): (u16, _)| {
            let (min, max) = (queue.min(), queue.max());
            let offset = match time {
                ..0 => max,
                time => by_time(broker.log.storage(), queue.number(), min..max, time, false)?,
            };
            Ok((id, offset))
        });
        offsets.collect()
    })
    .await
}

fn no_room(error: OffsetError) -> BoxError {
    match error {
        full @ (OffsetError::NoRoom | OffsetError::TooManyResets) => {
            refuse(ResponseCode::SYSTEM_BUSY, full.to_string())
        }
        other => other.into(),
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct CopyQuery {
    src_group: String,
    dest_group: String,
    topic: Option<String>,
    #[serde(default)]
    offline: bool,
}

/// `CLONE_GROUP_OFFSET`: sets the offsets of a group to those of another one, in one topic or all.
pub(super) async fn copy(
    State(broker): State<Arc<BrokerState>>,
    Header(query): Header<CopyQuery>,
) -> Result<ResponseCode, BoxError> {
    let CopyQuery { src_group: from, dest_group: to, topic, offline } = query;
    names::check_group(&to)?;
    let topics = match topic.filter(|topic| !topic.trim().is_empty()) {
        Some(topic) => vec![topic],
        None => broker.offsets.topics_of(&from),
    };
    let mut copied = 0;
    for topic in topics {
        let consumes = match broker.clients.subscribed(&from, &topic) {
            Subscribed::To(_) | Subscribed::Unknown => true,
            Subscribed::No => broker.clients.consumers(&from).is_empty(),
        };
        if broker.topics.get(&topic).is_none() || !(offline || consumes) {
            continue;
        }
        let offsets = broker.offsets.of(&from, &topic);
        let offsets: Vec<_> = (0..).zip(offsets).filter(|(_, offset)| *offset >= 0).collect();
        broker.offsets.store_all(&to, &topic, &offsets).await.map_err(no_room)?;
        copied += offsets.len();
    }
    if copied == 0 {
        let text = format!("the group {from} has no such offsets");
        return Err(refuse(ResponseCode::SYSTEM_ERROR, text));
    }
    Ok(ResponseCode::SUCCESS)
}
