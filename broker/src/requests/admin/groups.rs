//! Requests about the settings of groups: to create, change, read, or delete them.

use super::super::check_body;
use super::topic_lists::{is_version, page};
use super::{answer, blocking};
use crate::groups::{GroupSettings, delete as delete_group};
use crate::refusal::refuse;
use crate::state::BrokerState;
use crate::topics::{TopicSettings, names};
use rocketmq_tower::protocol::{
    DataVersion, DeleteSubscriptionGroupRequestHeader, GetAllSubscriptionGroupRequestHeader,
    GetAllSubscriptionGroupResponseHeader, GetSubscriptionGroupConfigRequestHeader, json,
};
use rocketmq_tower::{Body, BoxError, Header, RemotingCommand, ResponseCode, State};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::collections::BTreeMap;
use std::sync::Arc;

/// The maximum number of groups of a request.
const MAX_GROUPS: usize = 1000;

/// `UPDATE_AND_CREATE_SUBSCRIPTIONGROUP`
pub(super) async fn create(
    State(broker): State<Arc<BrokerState>>,
    Body(body): Body,
) -> Result<ResponseCode, BoxError> {
    let settings = read(&body)?;
    apply(&broker, settings).await?;
    Ok(ResponseCode::SUCCESS)
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct GroupsToCreate {
    group_config_list: Vec<Value>,
}

/// `UPDATE_AND_CREATE_SUBSCRIPTIONGROUP_LIST`. All of them are checked before the first one is created.
pub(super) async fn create_all(
    State(broker): State<Arc<BrokerState>>,
    Body(body): Body,
) -> Result<ResponseCode, BoxError> {
    check_body(body.len())?;
    let list: GroupsToCreate = json::from_slice(&body)?;
    let list = list.group_config_list;
    if list.len() > MAX_GROUPS {
        let text = format!("a request creates at most {MAX_GROUPS} groups");
        return Err(refuse(ResponseCode::INVALID_PARAMETER, text));
    }
    let all = list.iter().map(|group| read(&json::to_bytes(group)?));
    for settings in all.collect::<Result<Vec<_>, _>>()? {
        apply(&broker, settings).await?;
    }
    Ok(ResponseCode::SUCCESS)
}

fn read(body: &[u8]) -> Result<GroupSettings, BoxError> {
    let settings = GroupSettings::read(body)?;
    names::check_group(&settings.config.group_name)?;
    Ok(settings)
}

async fn apply(broker: &BrokerState, settings: GroupSettings) -> Result<(), BoxError> {
    let group = settings.config.group_name.clone();
    let queues = u32::try_from(settings.config.retry_queue_nums).unwrap_or(0);
    broker.groups.update(settings).await?;
    if queues <= 1 {
        return Ok(());
    }
    // One with a single queue is made by its first message.
    let retries = names::retry(&group);
    let known = broker.topics.get(&retries);
    if known.is_none_or(|topic| topic.settings.queues() < queues as usize) {
        let settings = TopicSettings::with_queues(queues);
        broker.topics.update(&retries, &settings, &Default::default()).await?;
    }
    Ok(())
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct AllGroups<'a> {
    data_version: DataVersion,
    forbidden_table: BTreeMap<String, i32>,
    subscription_group_table: BTreeMap<&'a str, &'a GroupSettings>,
}

/// `GET_ALL_SUBSCRIPTIONGROUP_CONFIG`, all or a page of them, in order of their names.
pub(super) async fn all(
    State(broker): State<Arc<BrokerState>>,
    request: RemotingCommand,
) -> Result<(Header<GetAllSubscriptionGroupResponseHeader>, Body), BoxError> {
    let header: GetAllSubscriptionGroupRequestHeader = request.header()?;
    let data_version = broker.groups.version.get();
    let known = request.ext_fields().get("dataVersion");
    let is_paged = header.group_seq.is_some() || header.max_group_num.is_some() || known.is_some();
    let is_same = known.is_some_and(|known| is_version(known, &data_version));
    blocking(move || {
        let names = broker.groups.names();
        let total = names.len();
        let range = match is_paged {
            true => page(header.group_seq, header.max_group_num, is_same, total),
            false => 0..total,
        };
        let names = names.into_iter().skip(range.start).take(range.len());
        let settings: Vec<_> = names.filter_map(|name| broker.groups.get(&name)).collect();
        let table = settings.iter().map(|group| (group.config.group_name.as_str(), &**group));
        let body = answer(&AllGroups {
            data_version,
            forbidden_table: BTreeMap::new(),
            subscription_group_table: table.collect(),
        })?;
        let total_group_num = Some(i32::try_from(total).unwrap_or(i32::MAX));
        Ok((Header(GetAllSubscriptionGroupResponseHeader { total_group_num }), body))
    })
    .await
}

/// `GET_SUBSCRIPTIONGROUP_CONFIG`. As in Java, a group is created if it does not exist.
pub(super) async fn one(
    State(broker): State<Arc<BrokerState>>,
    Header(header): Header<GetSubscriptionGroupConfigRequestHeader>,
) -> Result<Body, BoxError> {
    broker.groups.used(&header.group);
    match broker.groups.get(&header.group) {
        Some(settings) => answer(&*settings),
        None => {
            let code = ResponseCode::SUBSCRIPTION_GROUP_NOT_EXIST;
            Err(refuse(code, "No group in this broker"))
        }
    }
}

/// `DELETE_SUBSCRIPTIONGROUP`
pub(crate) async fn delete(
    State(broker): State<Arc<BrokerState>>,
    Header(header): Header<DeleteSubscriptionGroupRequestHeader>,
) -> Result<ResponseCode, BoxError> {
    let deletion = delete_group(broker, header.group_name, header.clean_offset);
    // A task, as it goes on if the connection ends.
    tokio::spawn(deletion).await??;
    Ok(ResponseCode::SUCCESS)
}
