//! Messages that consumers send back.

use serde::{Deserialize, Serialize};

/// The header of `CONSUMER_SEND_MSG_BACK`: a consumer failed to consume a message.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ConsumerSendMsgBackRequestHeader<T = String> {
    /// The message's offset in the commit log, in bytes.
    pub offset: i64,
    /// The consumer's group.
    pub group: T,
    /// The delay level. 0: by the number of retries; negative: no retry, a dead letter.
    pub delay_level: i32,
    /// The id of the message.
    pub origin_msg_id: Option<T>,
    /// The topic of the message.
    pub origin_topic: Option<T>,
    /// Whether the client belongs to a unit. False if absent.
    #[serde(default)]
    pub unit_mode: bool,
    /// The number of retries after which the message becomes a dead letter.
    pub max_reconsume_times: Option<i32>,
    /// The name of the broker.
    #[serde(rename = "bname")]
    pub broker_name: Option<T>,
}
