//! `PULL_MESSAGE` and `LITE_PULL_MESSAGE`.

use super::long_polling;
use crate::filter::Filter;
use crate::log::Queue;
use crate::pull_query::{PullQuery, PullResult};
use crate::refusal::refuse;
use crate::state::BrokerState;
use crate::topics::names;
use rocketmq_tower::protocol::{PullMessageRequestHeader, perm, pull_sys_flag};
use rocketmq_tower::{BoxError, RemotingCommand, RequestCode, ResponseCode, State};
use std::sync::Arc;
use std::time::Duration;

/// The maximum time that a pull waits: clients give up after 30 s.
const MAX_SUSPEND: Duration = Duration::from_secs(30);

pub(crate) async fn handle(
    State(broker): State<Arc<BrokerState>>,
    request: RemotingCommand,
) -> Result<Option<RemotingCommand>, BoxError> {
    let header: PullMessageRequestHeader<&str> = request.header()?;
    let queue = queue(&broker, &header)?;
    let filter = filter(&broker, &header, request.request_code())?;
    if header.sys_flag & pull_sys_flag::COMMIT_OFFSET != 0 && header.commit_offset >= 0 {
        let (group, topic) = (header.consumer_group, header.topic);
        names::check(group)?;
        broker.offsets.update(group, topic, header.queue_id, header.commit_offset).await?;
    }
    let query = PullQuery {
        offset: header.queue_offset,
        max_messages: usize::try_from(header.max_msg_nums).unwrap_or(0),
        max_bytes: header.max_msg_bytes.and_then(|bytes| usize::try_from(bytes).ok()),
        filter,
    };
    let result = query.run(&broker.log, &queue).await?;
    let may_wait = header.sys_flag & pull_sys_flag::SUSPEND != 0;
    let patience = Duration::from_millis(header.suspend_timeout_millis.max(0) as u64);
    if !may_wait || patience.is_zero() || !matches!(result, PullResult::AtEnd { .. }) {
        return Ok(Some(result.response(&queue)?));
    }
    let responder = request.defer()?;
    tokio::spawn(long_polling::wait(broker, queue, query, responder, patience.min(MAX_SUSPEND)));
    Ok(None)
}

fn queue(
    broker: &BrokerState,
    header: &PullMessageRequestHeader<&str>,
) -> Result<Arc<Queue>, BoxError> {
    let topic = broker.topics.find(header.topic)?;
    if topic.settings.perm & perm::READ == 0 {
        let text = format!("the topic {} cannot be read", topic.name);
        return Err(refuse(ResponseCode::NO_PERMISSION, text));
    }
    topic.queue_to_read(header.queue_id).map(Arc::clone).ok_or_else(|| {
        let (id, queues) = (header.queue_id, topic.settings.read_queues);
        let text = format!("{} has no queue {id} to read, but {queues} queues", topic.name);
        refuse(ResponseCode::INVALID_PARAMETER, text)
    })
}

/// Returns the filter of the request, or else that of the group's subscription.
fn filter(
    broker: &BrokerState,
    header: &PullMessageRequestHeader<&str>,
    code: RequestCode,
) -> Result<Arc<Filter>, BoxError> {
    if header.sys_flag & pull_sys_flag::SUBSCRIPTION != 0 || code == RequestCode::LITE_PULL_MESSAGE
    {
        let kind = header.expression_type.unwrap_or_default();
        return Filter::parse(kind, header.subscription.unwrap_or_default()).map(Arc::new);
    }
    let (group, topic) = (header.consumer_group, header.topic);
    let Some(known) = broker.clients.subscription(group, topic) else {
        let text = format!("the group {group} has not subscribed to {topic}");
        return Err(refuse(ResponseCode::SUBSCRIPTION_NOT_EXIST, text));
    };
    if known.version < header.sub_version {
        let text = format!("the group {group} has an older subscription to {topic}");
        return Err(refuse(ResponseCode::SUBSCRIPTION_NOT_LATEST, text));
    }
    Filter::parse(&known.kind, &known.expression).map(Arc::new)
}
