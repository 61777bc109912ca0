//! Recalls of delayed messages.

use serde::{Deserialize, Serialize};

/// The header of `RECALL_MESSAGE`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct RecallMessageRequestHeader<T = String> {
    /// The producer's group.
    pub producer_group: Option<T>,
    /// The topic of the message.
    pub topic: T,
    /// The handle in the response to the send.
    pub recall_handle: T,
    /// The name of the broker.
    #[serde(rename = "bname")]
    pub broker_name: Option<T>,
}

/// The header of the response to `RECALL_MESSAGE`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct RecallMessageResponseHeader<T = String> {
    /// The id that the producer assigned to the message.
    pub msg_id: T,
}
