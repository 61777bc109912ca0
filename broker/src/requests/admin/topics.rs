//! Requests about one topic, or a list that the request has: to create, change, read, or delete it.

use super::super::check_body;
use super::super::list::AtMost;
use super::answer;
use crate::attributes::{AttributeChanges, OF_TOPICS};
use crate::refusal::{Refused, refuse};
use crate::state::BrokerState;
use crate::topics::{TopicSettings, delete as delete_topic, names, system};
use rocketmq_tower::protocol::{
    CreateTopicRequestHeader, DeleteTopicRequestHeader, GetTopicConfigRequestHeader, TopicConfig,
    TopicFilterType, json, perm,
};
use rocketmq_tower::{Body, BoxError, Header, RemotingCommand, ResponseCode, State};
use serde::Deserialize;
use std::sync::Arc;

/// The maximum number of topics of a request.
const MAX_TOPICS: usize = 1000;

/// `UPDATE_AND_CREATE_TOPIC`
pub(crate) async fn create(
    State(broker): State<Arc<BrokerState>>,
    Header(header): Header<CreateTopicRequestHeader>,
) -> Result<ResponseCode, BoxError> {
    let changes = AttributeChanges::parse(header.attributes.as_deref().unwrap_or_default())?;
    let filter_type = match header.topic_filter_type.as_deref() {
        Some("MULTI_TAG") => TopicFilterType::MultiTag,
        _ => TopicFilterType::SingleTag,
    };
    let settings = settings(&TopicConfig {
        order: header.order.unwrap_or(false),
        perm: header.perm,
        read_queue_nums: header.read_queue_nums,
        topic_filter_type: filter_type,
        topic_name: header.topic.clone(),
        topic_sys_flag: header.topic_sys_flag.unwrap_or(0),
        write_queue_nums: header.write_queue_nums,
        ..Default::default()
    })?;
    check_changeable(&broker, &header.topic)?;
    broker.topics.update(&header.topic, &settings, &changes).await?;
    Ok(ResponseCode::SUCCESS)
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct TopicsToCreate {
    topic_config_list: AtMost<TopicConfig, MAX_TOPICS>,
}

/// `UPDATE_AND_CREATE_TOPIC_LIST`. All of them are checked before the first one is created.
pub(super) async fn create_all(
    State(broker): State<Arc<BrokerState>>,
    request: RemotingCommand,
) -> Result<ResponseCode, BoxError> {
    check_body(request.body().len())?;
    let body: TopicsToCreate = json::from_slice(request.body())?;
    let list = body.topic_config_list;
    let mut refused = Refused::default();
    list.note_others("topics", &mut refused);
    refused.result()?;
    let mut checked = Vec::with_capacity(list.items.len());
    for config in list.items {
        let settings = settings(&config)?;
        check_changeable(&broker, &config.topic_name)?;
        let changes = AttributeChanges::of(config.attributes);
        let known = broker.topics.get(&config.topic_name);
        changes.apply(OF_TOPICS, known.as_ref().map(|topic| &topic.settings.attributes))?;
        checked.push((config.topic_name, settings, changes));
    }
    for (name, settings, changes) in checked {
        broker.topics.update(&name, &settings, &changes).await?;
    }
    Ok(ResponseCode::SUCCESS)
}

/// Returns the settings that tools want for a topic, without its attributes.
fn settings(config: &TopicConfig) -> Result<TopicSettings, BoxError> {
    let (name, perm) = (&config.topic_name, config.perm);
    names::check(name)?;
    let queues = |number: i32| {
        let text = || format!("{name} cannot have {number} queues");
        u32::try_from(number).map_err(|_| refuse(ResponseCode::INVALID_PARAMETER, text()))
    };
    if !(0..perm::PRIORITY).contains(&perm) {
        let text = format!("a topic's permission is 0 to {}, not {perm}", perm::PRIORITY - 1);
        return Err(refuse(ResponseCode::INVALID_PARAMETER, text));
    }
    Ok(TopicSettings {
        read_queues: queues(config.read_queue_nums)?,
        write_queues: queues(config.write_queue_nums)?,
        perm,
        topic_sys_flag: config.topic_sys_flag,
        order: config.order,
        filter_type: config.topic_filter_type,
        attributes: Default::default(),
    })
}

/// Fails if the topic is one of the broker's own.
fn check_changeable(broker: &BrokerState, name: &str) -> Result<(), BoxError> {
    if !system::is_system(&broker.identity, name) {
        return Ok(());
    }
    let text = format!("The topic[{name}] is conflict with system topic.");
    Err(refuse(ResponseCode::INVALID_PARAMETER, text))
}

/// `DELETE_TOPIC_IN_BROKER`. As in Java, a topic that does not exist is no error: it is not there any
/// more in both cases.
pub(crate) async fn delete(
    State(broker): State<Arc<BrokerState>>,
    Header(header): Header<DeleteTopicRequestHeader>,
) -> Result<ResponseCode, BoxError> {
    if header.topic.trim().is_empty() {
        return Err(refuse(ResponseCode::INVALID_PARAMETER, "The specified topic is blank."));
    }
    check_changeable(&broker, &header.topic)?;
    // A task, as it goes on if the connection ends.
    tokio::spawn(delete_topic(broker, header.topic)).await??;
    Ok(ResponseCode::SUCCESS)
}

/// `GET_TOPIC_CONFIG`
pub(super) async fn one(
    State(broker): State<Arc<BrokerState>>,
    request: RemotingCommand,
) -> Result<Body, BoxError> {
    let header: GetTopicConfigRequestHeader<&str> = request.header()?;
    let name = header.topic;
    // Lists have topics of retries before their first message.
    let config = match broker.topics.find_to_read(name) {
        Ok(topic) => topic.settings.config(name),
        Err(_) if names::is_default(name) => system::default_topic().config(name),
        Err(_) => {
            let text = format!("No topic in this broker. topic: {name}");
            return Err(refuse(ResponseCode::TOPIC_NOT_EXIST, text));
        }
    };
    answer(&config)
}
