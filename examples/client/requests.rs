//! Request and response headers, with Java's field names.

use serde::{Deserialize, Serialize};

/// The response header of a send: where the message was stored.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Sent {
    pub(crate) msg_id: String,
    pub(crate) queue_id: i32,
    pub(crate) queue_offset: u64,
}

/// The request header of `PULL_MESSAGE`.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Pull<'a> {
    consumer_group: &'a str,
    topic: &'a str,
    queue_id: i32,
    pub(crate) queue_offset: u64,
    pub(crate) max_msg_nums: usize,
    sys_flag: u32,
    commit_offset: u64,
    suspend_timeout_millis: u64,
    subscription: &'a str,
    sub_version: u64,
    expression_type: &'a str,
}

impl<'a> Pull<'a> {
    pub(crate) fn new(topic: &'a str, queue_id: i32, queue_offset: u64) -> Self {
        Self {
            // Exists on every broker.
            consumer_group: "TOOLS_CONSUMER",
            topic,
            queue_id,
            queue_offset,
            max_msg_nums: 0,
            // The flag for a subscription in the request. Without the other flags, the broker
            // neither waits for messages nor commits an offset.
            sys_flag: 1 << 2,
            commit_offset: 0,
            suspend_timeout_millis: 0,
            subscription: "*",
            sub_version: 0,
            expression_type: "TAG",
        }
    }
}

/// The response header of every pull, whatever its code.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Pulled {
    pub(crate) next_begin_offset: u64,
}
