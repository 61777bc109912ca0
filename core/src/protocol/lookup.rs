//! Lookups of messages. The bodies of the responses hold stored messages.

use serde::{Deserialize, Serialize};

/// The header of `VIEW_MESSAGE_BY_ID`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ViewMessageRequestHeader<T = String> {
    /// The message's offset in the commit log, in bytes, from its id.
    pub offset: i64,
    /// The topic of the message.
    pub topic: Option<T>,
}

/// The header of `QUERY_MESSAGE`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct QueryMessageRequestHeader<T = String> {
    /// The topic.
    pub topic: T,
    /// A key of the application, or the id that the producer assigned to the message.
    pub key: T,
    /// The maximum number of messages.
    pub max_num: i32,
    /// The time after which the message was stored.
    pub begin_timestamp: i64,
    /// The time before which the message was stored.
    pub end_timestamp: i64,
    /// Whether `key` is the producer's id.
    #[serde(rename = "_UNIQUE_KEY_QUERY")]
    pub unique_key_query: Option<bool>,
    /// The kind of `key`: `K` for a key of the application, `U` for the producer's id, `T` for a tag. Clients
    /// before version 5.4 do not send it.
    pub index_type: Option<T>,
}

/// The header of the response to `QUERY_MESSAGE`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct QueryMessageResponseHeader {
    /// When the last message of the index was stored.
    pub index_last_update_timestamp: i64,
    /// The offset of that message in the commit log, in bytes.
    pub index_last_update_phyoffset: i64,
}
