//! The response to a send.

use serde::{Deserialize, Serialize};

/// The header of the response to a send, in all versions of the request.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SendMessageResponseHeader<T = String> {
    /// The [`MessageId`](crate::message::MessageId); those of a batch, with commas between them.
    pub msg_id: T,
    /// The queue that the message is in.
    pub queue_id: i32,
    /// The message's index in its queue; that of the first message of a batch.
    pub queue_offset: i64,
    /// The id that the producer assigned to the message.
    pub transaction_id: Option<T>,
    /// The id that the producer assigned to the batch.
    pub batch_uniq_id: Option<T>,
    /// The handle by which a delayed message can be recalled.
    pub recall_handle: Option<T>,
    /// When a delayed message is due.
    pub delay_time: Option<i64>,
    /// The broker's region. Clients trace a message only if this and `trace_on` are present. The default
    /// of Java's broker is `DefaultRegion`.
    #[serde(rename = "MSG_REGION")]
    pub msg_region: Option<T>,
    /// Whether clients may trace the message.
    #[serde(rename = "TRACE_ON")]
    pub trace_on: Option<bool>,
}
