//! Routes of topics, and brokers.

use super::NameServerState;
use super::bodies::{BrokerData, ClusterInfo, QueueData, TopicList, TopicRoute};
use crate::refusal::refuse;
use crate::topics::{DEFAULT_QUEUES, TopicSettings, names, perm};
use rocketmq_tower::{BoxError, RemotingCommand, ResponseCode};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::sync::Arc;

fn success(body: &impl Serialize) -> Result<RemotingCommand, BoxError> {
    Ok(RemotingCommand::response(ResponseCode::SUCCESS).with_body(serde_json::to_vec(body)?))
}

#[derive(Deserialize)]
struct OfTopic<'a> {
    topic: &'a str,
}

/// `GET_ROUTEINFO_BY_TOPIC`
pub(super) async fn of_topic(
    server: Arc<NameServerState>,
    request: RemotingCommand,
) -> Result<RemotingCommand, BoxError> {
    let OfTopic { topic } = request.header()?;
    let settings = server.settings(topic).ok_or_else(|| {
        refuse(ResponseCode::TOPIC_NOT_EXIST, format!("no broker has the topic {topic}"))
    })?;
    success(&TopicRoute {
        broker_datas: [server.broker_data()],
        filter_server_table: BTreeMap::new(),
        queue_datas: [QueueData {
            broker_name: &server.broker.name,
            perm: settings.perm,
            read_queue_nums: settings.read_queues,
            topic_sys_flag: settings.topic_sys_flag,
            write_queue_nums: settings.write_queues,
        }],
    })
}

/// `GET_BROKER_CLUSTER_INFO`
pub(super) async fn cluster(
    server: Arc<NameServerState>,
    _: RemotingCommand,
) -> Result<RemotingCommand, BoxError> {
    let (name, cluster) = (server.broker.name.as_str(), server.broker.cluster.as_str());
    success(&ClusterInfo {
        broker_addr_table: BTreeMap::from([(name, server.broker_data())]),
        cluster_addr_table: BTreeMap::from([(cluster, [name])]),
    })
}

/// `GET_ALL_TOPIC_LIST_FROM_NAMESERVER`
pub(super) async fn topics(
    server: Arc<NameServerState>,
    _: RemotingCommand,
) -> Result<RemotingCommand, BoxError> {
    let mut topic_list: Vec<_> =
        server.topics.all().iter().map(|topic| topic.name.clone()).collect();
    topic_list.push(names::DEFAULT.to_owned());
    topic_list.sort_unstable();
    success(&TopicList { topic_list })
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Registration<'a> {
    broker_name: &'a str,
}

/// `REGISTER_BROKER`: accepted from the broker of this process, refused from others.
pub(super) async fn register(
    server: Arc<NameServerState>,
    request: RemotingCommand,
) -> Result<RemotingCommand, BoxError> {
    let Registration { broker_name } = request.header()?;
    if broker_name != server.broker.name {
        let text = format!("this name server has one broker, {}", server.broker.name);
        return Err(refuse(ResponseCode::NO_PERMISSION, text));
    }
    Ok(RemotingCommand::response(ResponseCode::SUCCESS))
}

/// `UNREGISTER_BROKER`: refused, as the broker ends with the name server.
pub(super) async fn unregister(
    _: Arc<NameServerState>,
    _: RemotingCommand,
) -> Result<RemotingCommand, BoxError> {
    let text = "the broker ends only with this process";
    Err(refuse(ResponseCode::NO_PERMISSION, text))
}

impl NameServerState {
    fn broker_data(&self) -> BrokerData<'_> {
        BrokerData {
            broker_addrs: BTreeMap::from([(0, self.broker.address.as_str())]),
            broker_name: &self.broker.name,
            cluster: &self.broker.cluster,
            enable_acting_master: false,
        }
    }

    fn settings(&self, topic: &str) -> Option<TopicSettings> {
        if topic == names::DEFAULT {
            let perm = perm::READ_WRITE | perm::INHERIT;
            return Some(TopicSettings { perm, ..TopicSettings::with_queues(DEFAULT_QUEUES) });
        }
        let known = self.topics.get(topic).map(|topic| topic.settings.clone());
        // The first heartbeat of a consumer creates it. Consumers look it up before that, and then not
        // again for a while.
        known.or_else(|| names::retried_group(topic).map(|_| TopicSettings::with_queues(1)))
    }
}
