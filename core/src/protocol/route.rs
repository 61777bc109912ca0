//! The routes of topics.

use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// The header of `GET_ROUTEINFO_BY_TOPIC`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct GetRouteInfoRequestHeader<T = String> {
    /// The topic.
    pub topic: T,
    /// Whether the client reads standard JSON only.
    pub accept_standard_json_only: Option<bool>,
}

/// Where the queues of a topic are: the body of the response to `GET_ROUTEINFO_BY_TOPIC`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct TopicRouteData {
    /// The brokers.
    pub broker_datas: Vec<BrokerData>,
    /// Filter servers by the address of their broker. Brokers of today have none.
    pub filter_server_table: BTreeMap<String, Vec<String>>,
    /// The queues of an ordered topic, `broker:queues;broker:queues`.
    pub order_topic_conf: Option<String>,
    /// The queues on each broker.
    pub queue_datas: Vec<QueueData>,
}

/// A master broker and its slaves.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct BrokerData {
    /// The addresses, `host:port`, by the ids of the brokers. The id of the master is
    /// [`MASTER_ID`](super::MASTER_ID).
    pub broker_addrs: BTreeMap<i64, String>,
    /// The name that master and slaves have in common.
    pub broker_name: String,
    /// The name of the cluster.
    pub cluster: String,
    /// Whether a slave may act for a master that is gone.
    pub enable_acting_master: bool,
    /// The name of the zone.
    pub zone_name: Option<String>,
}

/// The queues of a topic on one broker.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct QueueData {
    /// The name of the broker.
    pub broker_name: String,
    /// The permission, see [`perm`](super::perm).
    pub perm: i32,
    /// The number of queues to read from.
    pub read_queue_nums: i32,
    /// System bits of the topic.
    pub topic_sys_flag: i32,
    /// The number of queues to write to.
    pub write_queue_nums: i32,
}
