//! Offsets of queues and of consumer groups.

use serde::{Deserialize, Serialize};

/// The header of `GET_MAX_OFFSET`, `GET_MIN_OFFSET` and `GET_EARLIEST_MSG_STORETIME`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct TopicQueueRequestHeader<T = String> {
    /// The topic.
    pub topic: T,
    /// The queue.
    pub queue_id: i32,
    /// Whether the maximum counts only messages that consumers can see. Default: true. `GET_MAX_OFFSET` only.
    pub committed: Option<bool>,
    /// The name of the broker.
    #[serde(rename = "bname")]
    pub broker_name: Option<T>,
}

/// The header of `SEARCH_OFFSET_BY_TIMESTAMP`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SearchOffsetRequestHeader<T = String> {
    /// The topic.
    pub topic: T,
    /// The queue.
    pub queue_id: i32,
    /// The time at which a message was stored.
    pub timestamp: i64,
    /// Which message counts. [`Lower`](BoundaryType::Lower) if absent.
    #[serde(default)]
    pub boundary_type: BoundaryType,
    /// The name of the broker.
    #[serde(rename = "bname")]
    pub broker_name: Option<T>,
}

/// Which message a search by time finds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
#[non_exhaustive]
pub enum BoundaryType {
    /// The last message that was stored at the time or before.
    #[serde(alias = "upper")]
    Upper,
    /// The first message that was stored at the time or later. Any other text counts as this one.
    #[default]
    #[serde(other)]
    Lower,
}

/// The header of the responses to `GET_MAX_OFFSET`, `GET_MIN_OFFSET`, `SEARCH_OFFSET_BY_TIMESTAMP` and
/// `QUERY_CONSUMER_OFFSET`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct OffsetResponseHeader {
    /// The offset. The maximum is that of the next message to be stored.
    pub offset: i64,
}

/// The header of the response to `GET_EARLIEST_MSG_STORETIME`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct GetEarliestMsgStoretimeResponseHeader {
    /// When the first message of the queue was stored; -1 if the queue is empty.
    pub timestamp: i64,
}

/// The header of `QUERY_CONSUMER_OFFSET`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct QueryConsumerOffsetRequestHeader<T = String> {
    /// The consumer's group.
    pub consumer_group: T,
    /// The topic.
    pub topic: T,
    /// The queue.
    pub queue_id: i32,
    /// Whether a group without an offset begins at 0 if the queue still has its first message. Default: true.
    pub set_zero_if_not_found: Option<bool>,
    /// The name of the broker.
    #[serde(rename = "bname")]
    pub broker_name: Option<T>,
}

/// The header of `UPDATE_CONSUMER_OFFSET`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct UpdateConsumerOffsetRequestHeader<T = String> {
    /// The consumer's group.
    pub consumer_group: T,
    /// The topic.
    pub topic: T,
    /// The queue.
    pub queue_id: i32,
    /// The offset of the next message to consume.
    pub commit_offset: i64,
    /// The name of the broker.
    #[serde(rename = "bname")]
    pub broker_name: Option<T>,
}
