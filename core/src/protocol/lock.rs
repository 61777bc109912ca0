//! Locks of queues, which consumers hold to consume messages in order.

use super::MessageQueue;
use serde::{Deserialize, Serialize};

/// The body of `LOCK_BATCH_MQ` and `UNLOCK_BATCH_MQ`. Java: `LockBatchRequestBody`, `UnlockBatchRequestBody`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct LockBatchRequestBody {
    /// The id of the client.
    pub client_id: String,
    /// The group.
    pub consumer_group: String,
    /// The queues.
    #[serde(default)]
    pub mq_set: Vec<MessageQueue>,
    /// Whether the broker must not pass the request on to its slaves. False if absent.
    #[serde(default)]
    pub only_this_broker: bool,
}

/// The body of the response to `LOCK_BATCH_MQ`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct LockBatchResponseBody {
    /// The queues that the client holds now, named exactly as in the request.
    #[serde(rename = "lockOKMQSet")]
    pub lock_ok_mq_set: Vec<MessageQueue>,
}
