//! Transactions.

use serde::{Deserialize, Serialize};

/// The header of `END_TRANSACTION`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct EndTransactionRequestHeader<T = String> {
    /// The producer's group.
    pub producer_group: T,
    /// The queue offset in the response to the send of the first half.
    pub tran_state_table_offset: i64,
    /// The offset of the first half in the commit log, in bytes.
    pub commit_log_offset: i64,
    /// `COMMIT`, `ROLLBACK` or, if the outcome is unknown, `TRANSACTION_NOT` of [`sys_flag`](crate::message::sys_flag).
    pub commit_or_rollback: i32,
    /// Whether this answers `CHECK_TRANSACTION_STATE`. False if absent.
    #[serde(default)]
    pub from_transaction_check: bool,
    /// The id that the producer assigned to the message.
    pub msg_id: Option<T>,
    /// The id of the transaction.
    pub transaction_id: Option<T>,
    /// The topic of the message.
    pub topic: Option<T>,
    /// The name of the broker.
    #[serde(rename = "bname")]
    pub broker_name: Option<T>,
}

/// The header of `CHECK_TRANSACTION_STATE`, by which a broker asks a producer for the outcome, oneway. The
/// body is the message as consumers would get it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct CheckTransactionStateRequestHeader<T = String> {
    /// The queue offset of the first half.
    pub tran_state_table_offset: i64,
    /// The offset of the first half in the commit log, in bytes.
    pub commit_log_offset: i64,
    /// The id that the producer assigned to the message.
    pub msg_id: Option<T>,
    /// The id of the transaction.
    pub transaction_id: Option<T>,
    /// The [`MessageId`](crate::message::MessageId) of the first half.
    pub offset_msg_id: Option<T>,
    /// The topic of the message.
    pub topic: Option<T>,
    /// The name of the broker.
    #[serde(rename = "bname")]
    pub broker_name: Option<T>,
}
