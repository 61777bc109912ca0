//! Brokers, as name servers see them.

use super::{BrokerData, TopicConfigSerializeWrapper};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// The header of `REGISTER_BROKER`, which a broker sends to each name server every 30 s.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct RegisterBrokerRequestHeader<T = String> {
    /// The name that master and slaves have in common.
    pub broker_name: T,
    /// The address, `host:port`.
    pub broker_addr: T,
    /// The name of the cluster.
    pub cluster_name: T,
    /// The address for replication, `host:port`.
    pub ha_server_addr: T,
    /// The id; [`MASTER_ID`](super::MASTER_ID) for a master.
    pub broker_id: i64,
    /// The time without a registration after which the broker is dropped, in milliseconds.
    pub heartbeat_timeout_millis: Option<i64>,
    /// Whether a slave may act for a master that is gone.
    pub enable_acting_master: Option<bool>,
    /// Whether the body is compressed, in a format of its own that this crate does not read. False if absent.
    #[serde(default)]
    pub compressed: bool,
    /// The CRC-32 of the body; 0 if it is not checked.
    #[serde(default)]
    pub body_crc32: i32,
}

/// The body of `REGISTER_BROKER`, not compressed.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct RegisterBrokerBody {
    /// Filter servers. Brokers of today have none.
    pub filter_server_list: Vec<String>,
    /// The topics of the broker.
    pub topic_config_serialize_wrapper: TopicConfigSerializeWrapper,
}

/// The header of the response to `REGISTER_BROKER`. Its body is a [`KVTable`](super::KVTable) of ordered
/// topics.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct RegisterBrokerResponseHeader<T = String> {
    /// The address of the master for replication.
    pub ha_server_addr: Option<T>,
    /// The address of the master.
    pub master_addr: Option<T>,
}

/// The header of `UNREGISTER_BROKER`, and of `QUERY_DATA_VERSION`, whose body is a
/// [`DataVersion`](super::DataVersion). Java: `UnRegisterBrokerRequestHeader`,
/// `QueryDataVersionRequestHeader`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct BrokerRequestHeader<T = String> {
    /// The name that master and slaves have in common.
    pub broker_name: T,
    /// The address, `host:port`.
    pub broker_addr: T,
    /// The name of the cluster.
    pub cluster_name: T,
    /// The id; [`MASTER_ID`](super::MASTER_ID) for a master.
    pub broker_id: i64,
}

/// The header of the response to `QUERY_DATA_VERSION`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct QueryDataVersionResponseHeader {
    /// Whether the name server has another version of the topics.
    pub changed: bool,
}

/// All brokers and clusters: the body of the response to `GET_BROKER_CLUSTER_INFO`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ClusterInfo {
    /// The brokers, by name.
    pub broker_addr_table: BTreeMap<String, BrokerData>,
    /// The names of brokers, by cluster.
    pub cluster_addr_table: BTreeMap<String, Vec<String>>,
}
