//! Requests of brokers to clients, and their responses.

use super::{MessageQueue, SubscriptionData};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// The header of `RESET_CONSUMER_CLIENT_OFFSET` (to a client, oneway) and `INVOKE_BROKER_TO_RESET_OFFSET` (to
/// a broker).
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ResetOffsetRequestHeader<T = String> {
    /// The topic.
    pub topic: T,
    /// The group.
    pub group: T,
    /// The time to reset to; -1 for the end of the queues. -1 if absent.
    #[serde(default = "minus_one")]
    pub timestamp: i64,
    /// Whether offsets may be moved ahead. False if absent.
    #[serde(default)]
    pub is_force: bool,
    /// The only queue to reset; all if absent or negative.
    pub queue_id: Option<i32>,
    /// The offset to reset that queue to.
    pub offset: Option<i64>,
}

fn minus_one() -> i64 {
    -1
}

/// Offsets by queue: the body of `RESET_CONSUMER_CLIENT_OFFSET`, for clients not in C++, and of the response
/// to `INVOKE_BROKER_TO_RESET_OFFSET`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ResetOffsetBody {
    /// The offsets. Written with objects as names.
    pub offset_table: BTreeMap<MessageQueue, i64>,
}

/// The body of `RESET_CONSUMER_CLIENT_OFFSET`, for clients in C++.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ResetOffsetBodyForC {
    /// The offsets.
    pub offset_table: Vec<MessageQueueForC>,
}

/// The offset of a queue.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct MessageQueueForC {
    /// The name of the broker.
    pub broker_name: String,
    /// The offset.
    pub offset: i64,
    /// The number of the queue.
    pub queue_id: i32,
    /// The topic.
    pub topic: String,
}

/// The header of `GET_CONSUMER_STATUS_FROM_CLIENT`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct GetConsumerStatusRequestHeader<T = String> {
    /// The topic.
    pub topic: T,
    /// The group.
    pub group: T,
    /// The address of the only client to ask.
    pub client_addr: Option<T>,
}

/// The body of the response to `GET_CONSUMER_STATUS_FROM_CLIENT`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct GetConsumerStatusBody {
    /// Offsets by client and queue. Brokers only.
    pub consumer_table: BTreeMap<String, BTreeMap<MessageQueue, i64>>,
    /// Offsets by queue. Clients only.
    pub message_queue_table: BTreeMap<MessageQueue, i64>,
}

/// The header of `GET_CONSUMER_RUNNING_INFO`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct GetConsumerRunningInfoRequestHeader<T = String> {
    /// The group.
    pub consumer_group: T,
    /// The id of the client.
    pub client_id: T,
    /// Whether the response has the stacks of the threads. False if absent.
    #[serde(default)]
    pub jstack_enable: bool,
}

/// The state of a consumer: the body of the response to `GET_CONSUMER_RUNNING_INFO`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ConsumerRunningInfo {
    /// The stacks of the threads.
    pub jstack: Option<String>,
    /// The queues that it pops from.
    pub mq_pop_table: BTreeMap<MessageQueue, PopProcessQueueInfo>,
    /// The queues that it pulls from.
    pub mq_table: BTreeMap<MessageQueue, ProcessQueueInfo>,
    /// The settings.
    pub properties: BTreeMap<String, String>,
    /// Times and rates, by topic.
    pub status_table: BTreeMap<String, ConsumeStatus>,
    /// The subscriptions.
    pub subscription_set: Vec<SubscriptionData>,
    /// Values of the application.
    pub user_consumer_info: BTreeMap<String, String>,
}

/// The state of a queue that a client pulls from.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ProcessQueueInfo {
    /// The number of messages that are not consumed yet.
    pub cached_msg_count: i32,
    /// The offset of the last of them.
    pub cached_msg_max_offset: i64,
    /// The offset of the first of them.
    pub cached_msg_min_offset: i64,
    /// Their size in MiB.
    #[serde(rename = "cachedMsgSizeInMiB")]
    pub cached_msg_size_in_mib: i32,
    /// The offset of the group.
    pub commit_offset: i64,
    /// Whether the client does not consume the queue any more.
    pub dropped: bool,
    /// When it consumed the last message.
    pub last_consume_timestamp: i64,
    /// When it locked the queue last.
    pub last_lock_timestamp: i64,
    /// When it pulled last.
    pub last_pull_timestamp: i64,
    /// Whether it holds the lock of the queue.
    pub locked: bool,
    /// The number of messages that are being consumed in order.
    pub transaction_msg_count: i32,
    /// The offset of the last of them.
    pub transaction_msg_max_offset: i64,
    /// The offset of the first of them.
    pub transaction_msg_min_offset: i64,
    /// How often it tried to unlock the queue.
    pub try_unlock_times: i64,
}

/// The state of a queue that a client pops from.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct PopProcessQueueInfo {
    /// Whether the client does not consume the queue any more.
    #[serde(rename = "droped")]
    pub dropped: bool,
    /// When it popped last.
    pub last_pop_timestamp: i64,
    /// The number of messages that are not acknowledged yet.
    pub wait_ack_count: i32,
}

/// Times and rates of a topic.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ConsumeStatus {
    /// The number of messages that failed within the last hour.
    pub consume_failed_msgs: i64,
    /// Messages that fail, per second.
    #[serde(rename = "consumeFailedTPS")]
    pub consume_failed_tps: f64,
    /// Messages that are consumed, per second.
    #[serde(rename = "consumeOKTPS")]
    pub consume_ok_tps: f64,
    /// The mean time of consuming, in milliseconds.
    #[serde(rename = "consumeRT")]
    pub consume_rt: f64,
    /// The mean time of a pull, in milliseconds.
    #[serde(rename = "pullRT")]
    pub pull_rt: f64,
    /// Messages that are pulled, per second.
    #[serde(rename = "pullTPS")]
    pub pull_tps: f64,
}

/// The header of `CONSUME_MESSAGE_DIRECTLY`. The body of the request to a client is the stored message.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ConsumeMessageDirectlyRequestHeader<T = String> {
    /// The group.
    pub consumer_group: T,
    /// The id of the client.
    pub client_id: Option<T>,
    /// The id of the message.
    pub msg_id: Option<T>,
    /// The name of the broker.
    pub broker_name: Option<T>,
    /// The topic.
    pub topic: Option<T>,
    /// System bits of the topic.
    pub topic_sys_flag: Option<i32>,
    /// System bits of the group.
    pub group_sys_flag: Option<i32>,
}

/// The body of the response to `CONSUME_MESSAGE_DIRECTLY`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ConsumeMessageDirectlyResult {
    /// Whether the listener commits by itself. True if absent.
    pub auto_commit: bool,
    /// The result of the listener.
    pub consume_result: Option<ConsumeResult>,
    /// Whether the listener consumes in order.
    pub order: bool,
    /// The error of the listener.
    pub remark: Option<String>,
    /// The time that the listener took, in milliseconds.
    pub spent_time_mills: i64,
}

impl Default for ConsumeMessageDirectlyResult {
    /// Returns Java's defaults.
    fn default() -> Self {
        Self {
            auto_commit: true,
            consume_result: None,
            order: false,
            remark: None,
            spent_time_mills: 0,
        }
    }
}

/// The result of a consumer's listener. Java: `CMResult`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
#[non_exhaustive]
pub enum ConsumeResult {
    /// The message is consumed.
    CrSuccess,
    /// The message is to be retried later.
    CrLater,
    /// The transaction of an ordered listener is rolled back.
    CrRollback,
    /// The transaction of an ordered listener is committed.
    CrCommit,
    /// The listener failed.
    CrThrowException,
    /// The listener returned nothing.
    CrReturnNull,
    /// A result that this library does not know.
    #[serde(other)]
    Unknown,
}
