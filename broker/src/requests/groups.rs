//! Requests about members of groups: heartbeats, lists of members, locks of queues.

use crate::clients::{GroupUpdate, Subscription};
use crate::filter::Filter;
use crate::refusal::refuse;
use crate::state::BrokerState;
use crate::topics::{TopicSettings, names};
use rocketmq_tower::protocol::{
    CheckClientRequestBody, ConsumerData, ConsumerList, GetConsumerListByGroupRequestHeader,
    HeartbeatData, HeartbeatResponseHeader, LockBatchRequestBody, LockBatchResponseBody,
    UnregisterClientRequestHeader,
};
use rocketmq_tower::{BoxError, Channel, Header, Json, RemotingCommand, ResponseCode, State};
use std::sync::Arc;

/// The maximum length of a client's id, and of the name of a group of producers, in bytes.
const MAX_NAME: usize = 1024;

/// `HEART_BEAT`, in both versions.
pub(crate) async fn heart_beat(
    State(broker): State<Arc<BrokerState>>,
    channel: Channel,
    Json(beat): Json<HeartbeatData>,
) -> Result<RemotingCommand, BoxError> {
    check_length(&beat.client_id)?;
    for producer in &beat.producer_data_set {
        check_length(&producer.group_name)?;
        broker.clients.producer_beats(&producer.group_name, &beat.client_id, &channel);
    }
    let mut all = GroupUpdate::default();
    for consumer in beat.consumer_data_set {
        let update =
            consumer_beats(&broker, &beat.client_id, &channel, consumer, beat.without_sub).await?;
        all.changed |= update.changed;
        all.needs_subscriptions |= update.needs_subscriptions;
    }
    let response = RemotingCommand::response(ResponseCode::SUCCESS);
    if beat.heartbeat_fingerprint == 0 {
        return Ok(response);
    }
    let again = if beat.without_sub { all.needs_subscriptions } else { all.changed };
    Ok(response.with_header(&HeartbeatResponseHeader {
        is_support_heart_beat_v2: Some(true),
        is_sub_change: Some(again),
    })?)
}

/// Fails if a name is too long. Names are kept, so they need a bound.
fn check_length(name: &str) -> Result<(), BoxError> {
    if name.len() <= MAX_NAME {
        return Ok(());
    }
    let text = format!("a name has at most {MAX_NAME} bytes, not {}", name.len());
    Err(refuse(ResponseCode::INVALID_PARAMETER, text))
}

async fn consumer_beats(
    broker: &BrokerState,
    client: &str,
    channel: &Channel,
    consumer: ConsumerData,
    without_subscriptions: bool,
) -> Result<GroupUpdate, BoxError> {
    let group = &consumer.group_name;
    names::check(group)?;
    // For messages that the group sends back. Clients have looked up its route before.
    broker.topics.ensure(&names::retry(group), &TopicSettings::with_queues(1)).await?;
    let subscriptions = (!without_subscriptions)
        .then(|| consumer.subscription_data_set.into_iter().map(Subscription::from).collect());
    Ok(broker.clients.consumer_beats(group, client, channel, subscriptions))
}

/// `UNREGISTER_CLIENT`
pub(crate) async fn unregister(
    State(broker): State<Arc<BrokerState>>,
    Header(left): Header<UnregisterClientRequestHeader>,
) -> ResponseCode {
    let (producer, consumer) = (left.producer_group.as_deref(), left.consumer_group.as_deref());
    broker.clients.leaves(&left.client_id, producer, consumer);
    ResponseCode::SUCCESS
}

/// `GET_CONSUMER_LIST_BY_GROUP`
pub(crate) async fn consumers(
    State(broker): State<Arc<BrokerState>>,
    Header(asked): Header<GetConsumerListByGroupRequestHeader>,
) -> Result<Json<ConsumerList>, BoxError> {
    let consumer_id_list = broker.clients.consumers(&asked.consumer_group);
    if consumer_id_list.is_empty() {
        let text = format!("the group {} has no members", asked.consumer_group);
        return Err(refuse(ResponseCode::SYSTEM_ERROR, text));
    }
    Ok(Json(ConsumerList { consumer_id_list }))
}

/// `LOCK_BATCH_MQ`
pub(crate) async fn lock(
    State(broker): State<Arc<BrokerState>>,
    Json(asked): Json<LockBatchRequestBody>,
) -> Result<Json<LockBatchResponseBody>, BoxError> {
    check_length(&asked.consumer_group)?;
    check_length(&asked.client_id)?;
    let locked = broker.locks.lock(&asked.consumer_group, &asked.client_id, asked.mq_set);
    Ok(Json(LockBatchResponseBody { lock_ok_mq_set: locked }))
}

/// `UNLOCK_BATCH_MQ`
pub(crate) async fn unlock(
    State(broker): State<Arc<BrokerState>>,
    Json(asked): Json<LockBatchRequestBody>,
) -> ResponseCode {
    broker.locks.unlock(&asked.consumer_group, &asked.client_id, &asked.mq_set);
    ResponseCode::SUCCESS
}

/// `CHECK_CLIENT_CONFIG`: checks whether the broker supports the filter of a subscription.
pub(crate) async fn check_config(
    Json(config): Json<CheckClientRequestBody>,
) -> Result<ResponseCode, BoxError> {
    if let Some(data) = config.subscription_data {
        Filter::parse(&data.expression_type, &data.sub_string)?;
    }
    Ok(ResponseCode::SUCCESS)
}
