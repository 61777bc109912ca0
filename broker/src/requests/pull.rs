//! `PULL_MESSAGE` and `LITE_PULL_MESSAGE`.

use super::long_polling::{self, WaitingPull};
use super::send::forbidden;
use crate::answers::WAITING_PULL;
use crate::clients::Subscribed;
use crate::connection_rooms::ConnectionRooms;
use crate::filter::{self, Filter};
use crate::groups::GroupRules;
use crate::log::Queue;
use crate::offsets::OffsetError;
use crate::pull_query::{PullQuery, PullResult, PulledFrom};
use crate::refusal::refuse;
use crate::state::BrokerState;
use crate::topics::{Topic, names};
use rocketmq_tower::protocol::{PullMessageRequestHeader, perm, pull_sys_flag};
use rocketmq_tower::{BoxError, RemotingCommand, RequestCode, ResponseCode, State};
use std::sync::Arc;
use std::time::Duration;

/// The maximum time that a pull waits: clients give up after 30 s.
const MAX_SUSPEND: Duration = Duration::from_secs(30);

/// The time that a pull waits for room for its answer, at least.
const FOR_ROOM: Duration = Duration::from_secs(2);

/// The longest list of tags whose filter each pull makes for itself: it is about as large as the pull.
const SHORT: usize = 256;

pub(crate) async fn handle(
    State(broker): State<Arc<BrokerState>>,
    request: RemotingCommand,
) -> Result<Option<RemotingCommand>, BoxError> {
    let header: PullMessageRequestHeader<&str> = request.header()?;
    if !broker.settings.is_readable() {
        return Err(forbidden(&broker, "pulling"));
    }
    let rules = broker.groups.used(header.consumer_group);
    if !rules.consume {
        let text = format!("subscription group no permission, {}", header.consumer_group);
        return Err(refuse(ResponseCode::NO_PERMISSION, text));
    }
    let (topic, queue) = queue(&broker, &header)?;
    let filter = filter(&broker, &request, &header, rules)?;
    let reset = broker.offsets.take_reset(header.consumer_group, header.topic, header.queue_id);
    if let Some(next) = reset {
        return Ok(Some(PullResult::Reset { next }.response(&queue)?));
    }
    if header.sys_flag & pull_sys_flag::COMMIT_OFFSET != 0 && header.commit_offset >= 0 {
        let (group, topic) = (header.consumer_group, header.topic);
        names::check_group(group)?;
        let committed = broker.offsets.update(group, topic, header.queue_id, header.commit_offset);
        match committed.await {
            // The consumer commits by other requests, too, which say so. Messages go on.
            Err(OffsetError::NoRoom) => tracing::debug!(group, topic, "an offset was not kept"),
            committed => committed?,
        }
    }
    let query = PullQuery {
        offset: header.queue_offset,
        max_messages: usize::try_from(header.max_msg_nums).unwrap_or(0),
        max_bytes: header.max_msg_bytes.and_then(|bytes| usize::try_from(bytes).ok()),
        filter,
    };
    let rooms = ConnectionRooms::of(&request);
    let result = match query.without_messages(&queue) {
        Some(result) => Some(result),
        None => query.try_run(&broker, &queue, &rooms.answers).await?,
    };
    let may_wait = header.sys_flag & pull_sys_flag::SUSPEND != 0;
    let patience = match header.suspend_timeout_millis {
        ms @ 1.. if may_wait => Duration::from_millis(ms as u64).min(MAX_SUSPEND),
        _ => Duration::ZERO,
    };
    let (group, queue_id) = (header.consumer_group, header.queue_id);
    let patience = match result {
        Some(PullResult::AtEnd { .. }) if !patience.is_zero() => patience,
        Some(result) => {
            result.count(&broker, PulledFrom { group, topic: header.topic, queue_id }, &queue);
            return Ok(Some(result.response(&queue)?));
        }
        // There is no room for the answer: the peer has not read others, or there are very many. It does
        // not wait here, where others would wait for its turn.
        None => patience.max(FOR_ROOM),
    };
    let room = broker
        .waiting
        .try_take(&rooms.waiting, WAITING_PULL)
        .ok_or_else(|| refuse(ResponseCode::SYSTEM_BUSY, "too many pulls wait for messages"))?;
    let (responder, group) = (request.defer()?, group.into());
    let waiting = WaitingPull { responder, group, queue_id, rooms, patience, _room: room };
    tokio::spawn(long_polling::wait(broker, topic, queue, query, waiting));
    Ok(None)
}

fn queue(
    broker: &BrokerState,
    header: &PullMessageRequestHeader<&str>,
) -> Result<(Arc<Topic>, Arc<Queue>), BoxError> {
    let topic = broker.topics.find_to_read(header.topic)?;
    if topic.settings.perm & perm::READ == 0 {
        let text = format!("the topic {} cannot be read", topic.name);
        return Err(refuse(ResponseCode::NO_PERMISSION, text));
    }
    let queue = topic.queue_to_read(header.queue_id).map(Arc::clone).ok_or_else(|| {
        let (id, queues) = (header.queue_id, topic.settings.read_queues);
        let text = format!("{} has no queue {id} to read, but {queues} queues", topic.name);
        refuse(ResponseCode::INVALID_PARAMETER, text)
    })?;
    Ok((topic, queue))
}

/// Returns the filter of the request, or else that of the group's subscription.
fn filter(
    broker: &BrokerState,
    request: &RemotingCommand,
    header: &PullMessageRequestHeader<&str>,
    rules: GroupRules,
) -> Result<Arc<Filter>, BoxError> {
    let kind = header.expression_type.unwrap_or_default();
    if header.sys_flag & pull_sys_flag::SUBSCRIPTION != 0
        || request.request_code() == RequestCode::LITE_PULL_MESSAGE
    {
        let expression = header.subscription.unwrap_or_default();
        return match request.channel() {
            Some(channel) if expression.len() > SHORT || filter::is_sql(kind) => {
                broker.clients.connection(channel).filter(kind, expression)
            }
            _ => Filter::parse(kind, expression).map(Arc::new),
        };
    }
    let (group, topic) = (header.consumer_group, header.topic);
    if !rules.broadcast && broker.clients.broadcasts(group) {
        let text = format!("the consumer group[{group}] can not consume by broadcast way");
        return Err(refuse(ResponseCode::NO_PERMISSION, text));
    }
    let known = match broker.clients.subscribed(group, topic) {
        Subscribed::To(known) => known,
        // As after a restart. The group's clients leave out their subscriptions, and send them with the
        // next heartbeat, up to 30 s later. They compare tags again, so they can do without a filter.
        Subscribed::Unknown if !filter::is_sql(kind) => {
            return Filter::parse(kind, "").map(Arc::new);
        }
        Subscribed::Unknown | Subscribed::No => {
            let text = format!("the group {group} has not subscribed to {topic}");
            return Err(refuse(ResponseCode::SUBSCRIPTION_NOT_EXIST, text));
        }
    };
    if known.version < header.sub_version {
        let text = format!("the group {group} has an older subscription to {topic}");
        return Err(refuse(ResponseCode::SUBSCRIPTION_NOT_LATEST, text));
    }
    known.filter()
}
