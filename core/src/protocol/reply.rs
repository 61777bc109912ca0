//! Replies, which a broker passes on to the client that waits for them.

use serde::{Deserialize, Serialize};

/// The header of `PUSH_REPLY_MESSAGE_TO_CLIENT`. Its body is that of the reply.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ReplyMessageRequestHeader<T = String> {
    /// The group of the consumer that replies.
    pub producer_group: T,
    /// The topic of the reply.
    pub topic: T,
    /// The topic whose settings are copied if `topic` does not exist.
    pub default_topic: T,
    /// The maximum number of queues of a topic that is created this way.
    pub default_topic_queue_nums: i32,
    /// The queue.
    pub queue_id: i32,
    /// System bits, see [`sys_flag`](crate::message::sys_flag).
    pub sys_flag: i32,
    /// When the reply was created.
    pub born_timestamp: i64,
    /// A number for the application's own use.
    pub flag: i32,
    /// The properties of the reply, as the text of [`Properties`](crate::message::Properties).
    pub properties: Option<T>,
    /// How often the message was retried.
    pub reconsume_times: Option<i32>,
    /// Whether the client belongs to a unit. False if absent.
    #[serde(default)]
    pub unit_mode: bool,
    /// The address of the consumer.
    pub born_host: T,
    /// The address of the broker.
    pub store_host: T,
    /// When the broker got the reply.
    pub store_timestamp: i64,
}
