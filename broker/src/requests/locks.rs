//! `LOCK_BATCH_MQ` and `UNLOCK_BATCH_MQ`: locks of queues.

use super::list::AtMost;
use super::{check_client, in_turn};
use crate::clients::{LockOwner, MAX_LOCKS};
use crate::refusal::Refused;
use crate::state::BrokerState;
use crate::topics::names;
use rocketmq_tower::protocol::{LockBatchResponseBody, MessageQueue, json};
use rocketmq_tower::{BoxError, Channel, Json, RemotingCommand, ResponseCode, State};
use serde::Deserialize;
use std::borrow::Cow;
use std::sync::Arc;

/// The body of both requests.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct LockBody<'a> {
    #[serde(borrow)]
    client_id: Cow<'a, str>,
    #[serde(borrow)]
    consumer_group: Cow<'a, str>,
    #[serde(default)]
    mq_set: AtMost<MessageQueue, MAX_LOCKS>,
}

/// `LOCK_BATCH_MQ`. Queues that are refused do not fail the others; it fails if it got none, and some
/// were refused.
pub(crate) async fn lock(
    State(broker): State<Arc<BrokerState>>,
    channel: Channel,
    request: RemotingCommand,
) -> Result<Json<LockBatchResponseBody>, BoxError> {
    in_turn(broker, channel, request, lock_all).await
}

fn lock_all(
    broker: &BrokerState,
    channel: &Channel,
    request: &RemotingCommand,
) -> Result<Json<LockBatchResponseBody>, BoxError> {
    let mut asked = read(request)?;
    let queues = std::mem::take(&mut asked.mq_set.items);
    let connection = broker.clients.connection(channel);
    let rivals = broker.clients.rivals(&asked.consumer_group, &asked.client_id, channel.id());
    let mut refused = Refused::default();
    asked.mq_set.note_others("queues", &mut refused);
    let owner = owner(&asked, channel, &rivals);
    let locked = broker.locks.lock(owner, queues, connection.account(), &mut refused);
    if locked.is_empty() {
        refused.result()?;
    }
    Ok(Json(LockBatchResponseBody { lock_ok_mq_set: locked }))
}

/// `UNLOCK_BATCH_MQ`. It fails if some of the queues could not be read; the others are unlocked.
pub(crate) async fn unlock(
    State(broker): State<Arc<BrokerState>>,
    channel: Channel,
    request: RemotingCommand,
) -> Result<ResponseCode, BoxError> {
    in_turn(broker, channel, request, unlock_all).await
}

fn unlock_all(
    broker: &BrokerState,
    channel: &Channel,
    request: &RemotingCommand,
) -> Result<ResponseCode, BoxError> {
    let asked = read(request)?;
    let rivals = broker.clients.rivals(&asked.consumer_group, &asked.client_id, channel.id());
    broker.locks.unlock(owner(&asked, channel, &rivals), &asked.mq_set.items);
    let mut refused = Refused::default();
    asked.mq_set.note_others("queues", &mut refused);
    refused.result()?;
    Ok(ResponseCode::SUCCESS)
}

fn read(request: &RemotingCommand) -> Result<LockBody<'_>, BoxError> {
    let asked: LockBody<'_> = json::from_slice(request.body())?;
    names::check_group(&asked.consumer_group)?;
    check_client(&asked.client_id)?;
    Ok(asked)
}

fn owner<'a>(asked: &'a LockBody<'a>, channel: &Channel, rivals: &'a [u64]) -> LockOwner<'a> {
    LockOwner {
        group: &asked.consumer_group,
        client: &asked.client_id,
        connection: channel.id(),
        rivals,
    }
}
