//! Topics and their settings.

use super::perm;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// The header of `UPDATE_AND_CREATE_TOPIC`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct CreateTopicRequestHeader<T = String> {
    /// The topic.
    pub topic: T,
    /// The topic whose settings are copied. Brokers of today ignore it.
    #[serde(default)]
    pub default_topic: T,
    /// The number of queues to read from.
    pub read_queue_nums: i32,
    /// The number of queues to write to.
    pub write_queue_nums: i32,
    /// The permission, see [`perm`](super::perm).
    pub perm: i32,
    /// `SINGLE_TAG`, which is the default, or `MULTI_TAG`.
    pub topic_filter_type: Option<T>,
    /// System bits.
    pub topic_sys_flag: Option<i32>,
    /// Whether the topic is ordered.
    pub order: Option<bool>,
    /// Attributes, `+name=value,-name`.
    pub attributes: Option<T>,
}

/// The header of `DELETE_TOPIC_IN_BROKER` and `DELETE_TOPIC_IN_NAMESRV`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct DeleteTopicRequestHeader<T = String> {
    /// The topic.
    pub topic: T,
    /// The cluster to delete it from. Name servers only.
    pub cluster_name: Option<T>,
}

/// The header of `GET_TOPIC_CONFIG`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct GetTopicConfigRequestHeader<T = String> {
    /// The topic.
    pub topic: T,
}

/// The header of `GET_ALL_TOPIC_CONFIG`. Without it, the response has all topics.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct GetAllTopicConfigRequestHeader {
    /// The number of topics to skip.
    pub topic_seq: Option<i32>,
    /// The maximum number of topics.
    pub max_topic_num: Option<i32>,
}

/// The header of the response to `GET_ALL_TOPIC_CONFIG`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct GetAllTopicConfigResponseHeader {
    /// The number of all topics.
    pub total_topic_num: Option<i32>,
}

/// The header of `GET_TOPICS_BY_CLUSTER`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct GetTopicsByClusterRequestHeader<T = String> {
    /// The cluster.
    pub cluster: T,
}

/// The names of topics: the body of the responses to `GET_ALL_TOPIC_LIST_FROM_NAMESERVER`,
/// `GET_SYSTEM_TOPIC_LIST_FROM_NS`, `GET_TOPICS_BY_CLUSTER` and others.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct TopicList {
    /// The address of a broker. System topics of a name server only.
    pub broker_addr: Option<String>,
    /// The names.
    pub topic_list: Vec<String>,
}

/// The settings of a topic: the body of the response to `GET_TOPIC_CONFIG`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct TopicConfig {
    /// Attributes, by names without `+`.
    pub attributes: BTreeMap<String, String>,
    /// Whether the topic is ordered.
    pub order: bool,
    /// The permission, see [`perm`](super::perm).
    pub perm: i32,
    /// The number of queues to read from. 16 if absent.
    pub read_queue_nums: i32,
    /// How many tags a message has.
    pub topic_filter_type: TopicFilterType,
    /// The name of the topic.
    pub topic_name: String,
    /// System bits.
    pub topic_sys_flag: i32,
    /// The number of queues to write to. 16 if absent.
    pub write_queue_nums: i32,
}

impl Default for TopicConfig {
    /// Returns Java's defaults: 16 queues, which can be read and written.
    fn default() -> Self {
        Self {
            attributes: BTreeMap::new(),
            order: false,
            perm: perm::READ | perm::WRITE,
            read_queue_nums: 16,
            topic_filter_type: TopicFilterType::SingleTag,
            topic_name: String::new(),
            topic_sys_flag: 0,
            write_queue_nums: 16,
        }
    }
}

/// How many tags a message of a topic has.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
#[non_exhaustive]
pub enum TopicFilterType {
    /// At most one. The default if absent.
    #[default]
    SingleTag,
    /// Several.
    MultiTag,
    /// A type that this library does not know.
    #[serde(other)]
    Unknown,
}

/// The settings of all topics: the body of the response to `GET_ALL_TOPIC_CONFIG`, and a part of
/// [`RegisterBrokerBody`](super::RegisterBrokerBody). The mappings of static topics are left out.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct TopicConfigSerializeWrapper {
    /// The version of the settings.
    pub data_version: DataVersion,
    /// The settings, by topic.
    pub topic_config_table: BTreeMap<String, TopicConfig>,
}

/// The version of a table that brokers and name servers exchange.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct DataVersion {
    /// The number of changes.
    pub counter: i64,
    /// The epoch of the state machine that owns the table.
    pub state_version: i64,
    /// When the table was changed last.
    pub timestamp: i64,
}
