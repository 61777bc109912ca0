//! The JSON of the name server's responses, as Java's `fastjson` writes it, but with all keys quoted,
//! which all clients read. It must not have spaces: Go's client parses the addresses by hand.

use serde::Serialize;
use std::collections::BTreeMap;

/// The route of a topic: Java's `TopicRouteData`.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct TopicRoute<'a> {
    pub(super) broker_datas: [BrokerData<'a>; 1],
    pub(super) filter_server_table: BTreeMap<&'a str, &'a str>,
    pub(super) queue_datas: [QueueData<'a>; 1],
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct BrokerData<'a> {
    /// By the id of the broker; 0 is the master.
    pub(super) broker_addrs: BTreeMap<u64, &'a str>,
    pub(super) broker_name: &'a str,
    pub(super) cluster: &'a str,
    pub(super) enable_acting_master: bool,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct QueueData<'a> {
    pub(super) broker_name: &'a str,
    pub(super) perm: u32,
    pub(super) read_queue_nums: u32,
    pub(super) topic_sys_flag: i32,
    pub(super) write_queue_nums: u32,
}

/// All brokers and clusters: Java's `ClusterInfo`.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct ClusterInfo<'a> {
    pub(super) broker_addr_table: BTreeMap<&'a str, BrokerData<'a>>,
    pub(super) cluster_addr_table: BTreeMap<&'a str, [&'a str; 1]>,
}

/// Java's `TopicList`.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct TopicList {
    pub(super) topic_list: Vec<String>,
}

/// Java's `KVTable`.
#[derive(Debug, Serialize)]
pub(super) struct KvTable {
    pub(super) table: BTreeMap<String, String>,
}
