//! Pops: pulls by which a broker shares out a queue to several consumers.

use serde::{Deserialize, Serialize};

/// The header of `POP_MESSAGE`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct PopMessageRequestHeader<T = String> {
    /// The group.
    pub consumer_group: T,
    /// The topic.
    pub topic: T,
    /// The queue; -1 for any.
    pub queue_id: i32,
    /// The maximum number of messages.
    pub max_msg_nums: i32,
    /// The time within which a message is to be acknowledged, in milliseconds.
    pub invisible_time: i64,
    /// How long the broker may hold the request, in milliseconds.
    pub poll_time: i64,
    /// When the request was created.
    pub born_time: i64,
    /// Where a group without an offset begins: 0 at the first message, 1 after the last one.
    pub init_mode: i32,
    /// The type of the expression.
    pub exp_type: Option<T>,
    /// The expression of the subscription.
    pub exp: Option<T>,
    /// Whether the group consumes in order.
    pub order: Option<bool>,
    /// The id that repeats of an ordered request have in common.
    pub attempt_id: Option<T>,
    /// The name of the broker.
    #[serde(rename = "bname")]
    pub broker_name: Option<T>,
}

/// The header of the response to `POP_MESSAGE`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct PopMessageResponseHeader<T = String> {
    /// When the messages were popped.
    pub pop_time: i64,
    /// The time within which a message is to be acknowledged, in milliseconds.
    pub invisible_time: i64,
    /// The queue in which the broker keeps what is not acknowledged.
    pub revive_qid: i32,
    /// The number of messages that are left.
    pub rest_num: i64,
    /// The first offset of each queue, `0 queue offset;0 queue offset`.
    pub start_offset_info: Option<T>,
    /// The offsets of each queue, `0 queue offset,offset;..`.
    pub msg_offset_info: Option<T>,
    /// How often the messages of each queue were retried.
    pub order_count_info: Option<T>,
}

/// The header of `ACK_MESSAGE`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct AckMessageRequestHeader<T = String> {
    /// The group.
    pub consumer_group: T,
    /// The topic.
    pub topic: T,
    /// The queue.
    pub queue_id: i32,
    /// The receipt handle, [`POP_CK`](crate::message::property::POP_CK).
    pub extra_info: T,
    /// The message's index in its queue.
    pub offset: i64,
    /// The name of the broker.
    #[serde(rename = "bname")]
    pub broker_name: Option<T>,
}

/// The header of `CHANGE_MESSAGE_INVISIBLETIME`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ChangeInvisibleTimeRequestHeader<T = String> {
    /// The group.
    pub consumer_group: T,
    /// The topic.
    pub topic: T,
    /// The queue.
    pub queue_id: i32,
    /// The receipt handle, [`POP_CK`](crate::message::property::POP_CK).
    pub extra_info: T,
    /// The message's index in its queue.
    pub offset: i64,
    /// The new time within which the message is to be acknowledged, in milliseconds.
    pub invisible_time: i64,
    /// Whether the next delivery does not count as a retry. False if absent.
    #[serde(default)]
    pub suspend: bool,
    /// The name of the broker.
    #[serde(rename = "bname")]
    pub broker_name: Option<T>,
}

/// The header of the response to `CHANGE_MESSAGE_INVISIBLETIME`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ChangeInvisibleTimeResponseHeader {
    /// When the new time began.
    pub pop_time: i64,
    /// The new time, in milliseconds.
    pub invisible_time: i64,
    /// The queue in which the broker keeps what is not acknowledged.
    pub revive_qid: i32,
}

/// The header of `NOTIFICATION`: a client asks whether there are messages to pop.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct NotificationRequestHeader<T = String> {
    /// The group.
    pub consumer_group: T,
    /// The topic.
    pub topic: T,
    /// The queue; -1 for any.
    pub queue_id: i32,
    /// How long the broker may hold the request, in milliseconds.
    pub poll_time: i64,
    /// When the request was created.
    pub born_time: i64,
    /// Whether the group consumes in order.
    pub order: Option<bool>,
    /// The id that repeats of an ordered request have in common.
    pub attempt_id: Option<T>,
    /// The name of the broker.
    #[serde(rename = "bname")]
    pub broker_name: Option<T>,
}

/// The header of the response to `NOTIFICATION`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct NotificationResponseHeader {
    /// Whether there are messages.
    pub has_msg: bool,
    /// Whether too many requests wait for messages. False if absent.
    #[serde(default)]
    pub polling_full: bool,
}
