//! Statistics and connections, as tools ask for them.

use super::{ConsumeFromWhere, ConsumeType, MessageModel, MessageQueue, SubscriptionData};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// The header of `GET_TOPIC_STATS_INFO`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct GetTopicStatsInfoRequestHeader<T = String> {
    /// The topic.
    pub topic: T,
}

/// The offsets of a topic: the body of the response to `GET_TOPIC_STATS_INFO`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct TopicStatsTable {
    /// The offsets, by queue. Written with objects as names.
    pub offset_table: BTreeMap<MessageQueue, TopicOffset>,
    /// Messages that are stored, per second.
    pub topic_put_tps: f64,
}

/// The offsets of a queue.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct TopicOffset {
    /// When the last message was stored.
    pub last_update_timestamp: i64,
    /// The offset of the next message to be stored.
    pub max_offset: i64,
    /// The offset of the first message.
    pub min_offset: i64,
}

/// The header of `GET_CONSUME_STATS`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct GetConsumeStatsRequestHeader<T = String> {
    /// The group.
    pub consumer_group: T,
    /// The topic; all of the group if absent or empty.
    pub topic: Option<T>,
}

/// The progress of a group: the body of the response to `GET_CONSUME_STATS`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ConsumeStats {
    /// Messages that are consumed, per second.
    pub consume_tps: f64,
    /// The progress, by queue. Written with objects as names.
    pub offset_table: BTreeMap<MessageQueue, OffsetWrapper>,
}

/// The progress of a group in a queue.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct OffsetWrapper {
    /// The offset of the next message to be stored.
    pub broker_offset: i64,
    /// The offset of the next message to be consumed.
    pub consumer_offset: i64,
    /// When the last consumed message was stored.
    pub last_timestamp: i64,
    /// The offset of the next message to be pulled.
    pub pull_offset: i64,
}

/// The header of `GET_CONSUMER_CONNECTION_LIST`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct GetConsumerConnectionListRequestHeader<T = String> {
    /// The group.
    pub consumer_group: T,
}

/// The header of `GET_PRODUCER_CONNECTION_LIST`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct GetProducerConnectionListRequestHeader<T = String> {
    /// The group.
    pub producer_group: T,
}

/// A connection of a client. Java: `Connection`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ClientConnection {
    /// The address of the client.
    pub client_addr: String,
    /// The id of the client.
    pub client_id: String,
    /// The name of the language, see [`LanguageCode`](crate::LanguageCode).
    pub language: String,
    /// The version of the client, see [`MqVersion`](crate::MqVersion).
    pub version: i32,
}

/// The consumers of a group: the body of the response to `GET_CONSUMER_CONNECTION_LIST`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ConsumerConnection {
    /// The connections.
    pub connection_set: Vec<ClientConnection>,
    /// Where a group without an offset begins.
    pub consume_from_where: ConsumeFromWhere,
    /// How messages get to the consumers.
    pub consume_type: ConsumeType,
    /// Which consumers get a message.
    pub message_model: MessageModel,
    /// The subscriptions, by topic.
    pub subscription_table: BTreeMap<String, SubscriptionData>,
}

/// The producers of a group: the body of the response to `GET_PRODUCER_CONNECTION_LIST`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ProducerConnection {
    /// The connections.
    pub connection_set: Vec<ClientConnection>,
}

/// The header of `QUERY_TOPIC_CONSUME_BY_WHO`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct QueryTopicConsumeByWhoRequestHeader<T = String> {
    /// The topic.
    pub topic: T,
}

/// Groups: the body of the response to `QUERY_TOPIC_CONSUME_BY_WHO`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct GroupList {
    /// The names of the groups.
    pub group_list: Vec<String>,
}

/// The header of `QUERY_TOPICS_BY_CONSUMER`. The body of the response is a [`TopicList`](super::TopicList).
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct QueryTopicsByConsumerRequestHeader<T = String> {
    /// The group.
    pub group: T,
}

/// The header of `QUERY_CONSUME_QUEUE`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct QueryConsumeQueueRequestHeader<T = String> {
    /// The topic.
    pub topic: T,
    /// The queue.
    pub queue_id: i32,
    /// The offset in the queue to begin at.
    pub index: i64,
    /// The maximum number of entries.
    pub count: i32,
    /// The group whose filter is applied.
    pub consumer_group: Option<T>,
}

/// The body of the response to `QUERY_CONSUME_QUEUE`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct QueryConsumeQueueResponseBody {
    /// The filter of the group.
    pub filter_data: Option<String>,
    /// The offset of the next message to be stored.
    pub max_queue_index: i64,
    /// The offset of the first message.
    pub min_queue_index: i64,
    /// The entries.
    pub queue_data: Vec<ConsumeQueueData>,
    /// The subscription of the group.
    pub subscription_data: Option<SubscriptionData>,
}

/// An entry of a queue.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ConsumeQueueData {
    /// The bits of a filter.
    pub bit_map: Option<String>,
    /// Whether the filter of the group accepts the message.
    pub eval: bool,
    /// More data, as JSON.
    pub extend_data_json: Option<String>,
    /// An error.
    pub msg: Option<String>,
    /// The message's offset in the commit log, in bytes.
    pub physic_offset: i64,
    /// The message's size in bytes.
    pub physic_size: i32,
    /// The hash code of the message's tag.
    pub tags_code: i64,
}
