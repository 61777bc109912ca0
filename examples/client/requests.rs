//! Headers, as Java's clients write them.

use serde::{Deserialize, Serialize};

/// Where a message was put.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Sent {
    pub(crate) msg_id: String,
    pub(crate) queue_id: i32,
    pub(crate) queue_offset: u64,
}

/// `PULL_MESSAGE`
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
            // Every broker has this group.
            consumer_group: "TOOLS_CONSUMER",
            topic,
            queue_id,
            queue_offset,
            max_msg_nums: 0,
            // The subscription is in the request. The broker does not wait for messages, and takes
            // no note of what was consumed.
            sys_flag: 1 << 2,
            commit_offset: 0,
            suspend_timeout_millis: 0,
            subscription: "*",
            sub_version: 0,
            expression_type: "TAG",
        }
    }
}

/// What the answers to all pulls have.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Pulled {
    pub(crate) next_begin_offset: u64,
}
