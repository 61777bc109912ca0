//! Requests about members of groups: heartbeats, lists of members, locks of queues.

use crate::clients::heart_beat::{ConsumerData, HeartBeat, SubscriptionData};
use crate::clients::{GroupUpdate, QueueName, Subscription};
use crate::filter::Filter;
use crate::refusal::refuse;
use crate::state::BrokerState;
use crate::topics::{TopicSettings, names};
use rocketmq_tower::{BoxError, Channel, RemotingCommand, ResponseCode};
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// The maximum length of a client's id, and of the name of a group of producers, in bytes.
const MAX_NAME: usize = 1024;

fn success() -> RemotingCommand {
    RemotingCommand::response(ResponseCode::SUCCESS)
}

fn channel(request: &RemotingCommand) -> Result<&Channel, BoxError> {
    request.channel().ok_or_else(|| "a request without a connection".into())
}

/// `HEART_BEAT`, in both versions.
pub(crate) async fn heart_beat(
    broker: Arc<BrokerState>,
    request: RemotingCommand,
) -> Result<RemotingCommand, BoxError> {
    let beat: HeartBeat = serde_json::from_slice(request.body())?;
    check_length(&beat.client_id)?;
    let channel = channel(&request)?;
    for producer in &beat.producer_data_set {
        check_length(&producer.group_name)?;
        broker.clients.producer_beats(&producer.group_name, &beat.client_id, channel);
    }
    let mut all = GroupUpdate::default();
    for consumer in beat.consumer_data_set {
        let update =
            consumer_beats(&broker, &beat.client_id, channel, consumer, beat.without_sub).await?;
        all.changed |= update.changed;
        all.needs_subscriptions |= update.needs_subscriptions;
    }
    let mut response = success();
    if beat.heartbeat_fingerprint != 0 {
        let again = if beat.without_sub { all.needs_subscriptions } else { all.changed };
        response = response
            .with_ext_field("IS_SUPPORT_HEART_BEAT_V2", "true")
            .with_ext_field("IS_SUB_CHANGE", if again { "true" } else { "false" });
    }
    Ok(response)
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

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Unregister<'a> {
    #[serde(rename = "clientID")]
    client_id: &'a str,
    producer_group: Option<&'a str>,
    consumer_group: Option<&'a str>,
}

/// `UNREGISTER_CLIENT`
pub(crate) async fn unregister(
    broker: Arc<BrokerState>,
    request: RemotingCommand,
) -> Result<RemotingCommand, BoxError> {
    let header: Unregister<'_> = request.header()?;
    broker.clients.leaves(header.client_id, header.producer_group, header.consumer_group);
    Ok(success())
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct OfGroup<'a> {
    consumer_group: &'a str,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct ConsumerIds {
    consumer_id_list: Vec<String>,
}

/// `GET_CONSUMER_LIST_BY_GROUP`
pub(crate) async fn consumers(
    broker: Arc<BrokerState>,
    request: RemotingCommand,
) -> Result<RemotingCommand, BoxError> {
    let header: OfGroup<'_> = request.header()?;
    let consumer_id_list = broker.clients.consumers(header.consumer_group);
    if consumer_id_list.is_empty() {
        let text = format!("the group {} has no members", header.consumer_group);
        return Err(refuse(ResponseCode::SYSTEM_ERROR, text));
    }
    Ok(success().with_body(serde_json::to_vec(&ConsumerIds { consumer_id_list })?))
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Queues {
    consumer_group: String,
    client_id: String,
    #[serde(default)]
    mq_set: Vec<QueueName>,
}

#[derive(Serialize)]
struct Locked {
    #[serde(rename = "lockOKMQSet")]
    queues: Vec<QueueName>,
}

/// `LOCK_BATCH_MQ`
pub(crate) async fn lock(
    broker: Arc<BrokerState>,
    request: RemotingCommand,
) -> Result<RemotingCommand, BoxError> {
    let asked: Queues = serde_json::from_slice(request.body())?;
    check_length(&asked.consumer_group)?;
    check_length(&asked.client_id)?;
    let queues = broker.locks.lock(&asked.consumer_group, &asked.client_id, asked.mq_set);
    Ok(success().with_body(serde_json::to_vec(&Locked { queues })?))
}

/// `UNLOCK_BATCH_MQ`
pub(crate) async fn unlock(
    broker: Arc<BrokerState>,
    request: RemotingCommand,
) -> Result<RemotingCommand, BoxError> {
    let asked: Queues = serde_json::from_slice(request.body())?;
    broker.locks.unlock(&asked.consumer_group, &asked.client_id, &asked.mq_set);
    Ok(success())
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct ClientConfig {
    subscription_data: Option<SubscriptionData>,
}

/// `CHECK_CLIENT_CONFIG`: checks whether the broker supports the filter of a subscription.
pub(crate) async fn check_config(
    _: Arc<BrokerState>,
    request: RemotingCommand,
) -> Result<RemotingCommand, BoxError> {
    let config: ClientConfig = serde_json::from_slice(request.body())?;
    if let Some(data) = config.subscription_data {
        let (kind, expression) = data.expression();
        Filter::parse(kind, expression)?;
    }
    Ok(success())
}
