//! Pulls.

use serde::{Deserialize, Serialize};

/// The header of `PULL_MESSAGE` and `LITE_PULL_MESSAGE`.
///
/// The body of the response holds [`StoredMessage`](crate::message::StoredMessage)s.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct PullMessageRequestHeader<T = String> {
    /// The consumer's group.
    pub consumer_group: T,
    /// The topic.
    pub topic: T,
    /// The queue.
    pub queue_id: i32,
    /// The offset in the queue to begin at.
    pub queue_offset: i64,
    /// The maximum number of messages. Brokers return one even if this is 0, which Go's client sends.
    pub max_msg_nums: i32,
    /// See [`pull_sys_flag`](super::pull_sys_flag).
    pub sys_flag: i32,
    /// The offset to commit, if the flag says so. 0 if absent.
    #[serde(default)]
    pub commit_offset: i64,
    /// How long the broker may hold the request, in milliseconds, if the flag says so. 0 if absent.
    #[serde(default)]
    pub suspend_timeout_millis: i64,
    /// The expression of the subscription, if the flag says so.
    pub subscription: Option<T>,
    /// The version of the subscription. 0 if absent.
    #[serde(default)]
    pub sub_version: i64,
    /// The type of the expression: `TAG`, which is the default, or `SQL92`.
    pub expression_type: Option<T>,
    /// The maximum number of bytes of messages.
    pub max_msg_bytes: Option<i32>,
    /// The kind of client that pulls; -1 for an SDK.
    pub request_source: Option<i32>,
    /// The id of the client for which a proxy pulls.
    #[serde(rename = "proxyFrowardClientId")]
    pub proxy_forward_client_id: Option<T>,
    /// The name of the broker.
    #[serde(rename = "bname")]
    pub broker_name: Option<T>,
}

/// The header of the response to a pull. Clients fail without its first four fields, whatever the code of
/// the response is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct PullMessageResponseHeader {
    /// The offset to pull from next.
    pub next_begin_offset: i64,
    /// The offset of the first message of the queue.
    pub min_offset: i64,
    /// The offset of the next message to be stored in the queue.
    pub max_offset: i64,
    /// The id of the broker to pull from next: [`MASTER_ID`](super::MASTER_ID), or that of a slave.
    pub suggest_which_broker_id: i64,
    /// The difference to the offset in the physical queue, of a static topic.
    pub offset_delta: Option<i64>,
    /// The system flag of the topic.
    pub topic_sys_flag: Option<i32>,
    /// The system flag of the group.
    pub group_sys_flag: Option<i32>,
    /// Why the pull is forbidden: Java's `ForbiddenType`.
    pub forbidden_type: Option<i32>,
}
