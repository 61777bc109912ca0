//! Routes of topics, and brokers.

use super::NameServerState;
use crate::refusal::refuse;
use crate::topics::{TopicSettings, names, system};
use rocketmq_tower::protocol::{
    BrokerData, ClusterInfo, GetRouteInfoRequestHeader, MASTER_ID, QueueData,
    RegisterBrokerRequestHeader, TopicRouteData,
};
use rocketmq_tower::{BoxError, Header, Json, ResponseCode, State};
use std::sync::Arc;

/// `GET_ROUTEINFO_BY_TOPIC`
pub(super) async fn of_topic(
    State(server): State<Arc<NameServerState>>,
    Header(asked): Header<GetRouteInfoRequestHeader>,
) -> Result<Json<TopicRouteData>, BoxError> {
    let settings = server.settings(&asked.topic).ok_or_else(|| {
        refuse(ResponseCode::TOPIC_NOT_EXIST, format!("no broker has the topic {}", asked.topic))
    })?;
    let perm = server.permitted(settings.perm);
    let queues = QueueData {
        broker_name: server.broker.identity.name.clone(),
        perm,
        read_queue_nums: settings.read_queues as i32,
        topic_sys_flag: settings.topic_sys_flag,
        write_queue_nums: settings.write_queues as i32,
    };
    Ok(Json(TopicRouteData {
        broker_datas: vec![server.broker_data()],
        queue_datas: vec![queues],
        ..Default::default()
    }))
}

/// `GET_BROKER_CLUSTER_INFO`
pub(super) async fn cluster(State(server): State<Arc<NameServerState>>) -> Json<ClusterInfo> {
    let (name, cluster) =
        (server.broker.identity.name.clone(), server.broker.identity.cluster.clone());
    Json(ClusterInfo {
        broker_addr_table: [(name.clone(), server.broker_data())].into(),
        cluster_addr_table: [(cluster, vec![name])].into(),
    })
}

/// `REGISTER_BROKER`: accepted from the broker of this process, refused from others.
pub(super) async fn register(
    State(server): State<Arc<NameServerState>>,
    Header(other): Header<RegisterBrokerRequestHeader>,
) -> Result<ResponseCode, BoxError> {
    if other.broker_name != server.broker.identity.name {
        let text = format!("this name server has one broker, {}", server.broker.identity.name);
        return Err(refuse(ResponseCode::NO_PERMISSION, text));
    }
    Ok(ResponseCode::SUCCESS)
}

/// `UNREGISTER_BROKER`: refused, as the broker ends with the name server.
pub(super) async fn unregister() -> Result<ResponseCode, BoxError> {
    let text = "the broker ends only with this process";
    Err(refuse(ResponseCode::NO_PERMISSION, text))
}

impl NameServerState {
    fn broker_data(&self) -> BrokerData {
        BrokerData {
            broker_addrs: [(MASTER_ID, self.broker.identity.address.clone())].into(),
            broker_name: self.broker.identity.name.clone(),
            cluster: self.broker.identity.cluster.clone(),
            ..Default::default()
        }
    }

    fn settings(&self, topic: &str) -> Option<TopicSettings> {
        if !self.broker.topics.is_listed(topic, self.broker.clock.now_ms()) {
            return None;
        }
        if names::is_default(topic) {
            return Some(system::default_topic());
        }
        let known = self.broker.topics.get(topic).map(|topic| topic.settings.clone());
        // The first retry creates it. Consumers look it up when they start, and then not again for a
        // while.
        known.or_else(|| names::retried_group(topic).map(|_| TopicSettings::with_queues(1)))
    }
}
