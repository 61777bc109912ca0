//! Headers, as Java's clients write them.

use serde::{Deserialize, Serialize};
use std::time::{SystemTimeError, UNIX_EPOCH};

/// The topic whose settings are those of topics that are not there yet.
pub(crate) const DEFAULT_TOPIC: &str = "TBW102";

/// How many queues such topics get, at most.
pub(crate) const DEFAULT_QUEUES: u32 = 4;

/// `SEND_MESSAGE_V2`: names are short, since every message has them.
#[derive(Serialize)]
pub(crate) struct Send<'a> {
    #[serde(rename = "a")]
    group: &'a str,
    #[serde(rename = "b")]
    pub(crate) topic: &'a str,
    #[serde(rename = "c")]
    default_topic: &'a str,
    #[serde(rename = "d")]
    default_topic_queue_nums: u32,
    #[serde(rename = "e")]
    queue_id: u32,
    #[serde(rename = "f")]
    sys_flag: u32,
    #[serde(rename = "g")]
    born_timestamp: u64,
    #[serde(rename = "h")]
    flag: u32,
    #[serde(rename = "i")]
    properties: Option<&'a str>,
    #[serde(rename = "j")]
    reconsume_times: u32,
    #[serde(rename = "k")]
    unit_mode: bool,
}

impl<'a> Send<'a> {
    pub(crate) fn new(
        group: &'a str,
        topic: &'a str,
        queue_id: u32,
        properties: Option<&'a str>,
    ) -> Result<Self, SystemTimeError> {
        Ok(Self {
            group,
            topic,
            default_topic: DEFAULT_TOPIC,
            default_topic_queue_nums: DEFAULT_QUEUES,
            queue_id,
            sys_flag: 0,
            born_timestamp: UNIX_EPOCH.elapsed()?.as_millis() as u64,
            flag: 0,
            properties,
            reconsume_times: 0,
            unit_mode: false,
        })
    }
}

/// Where a message was put.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Sent {
    pub(crate) msg_id: String,
    pub(crate) queue_id: u32,
    pub(crate) queue_offset: u64,
}

/// `PULL_MESSAGE`
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Pull<'a> {
    consumer_group: &'a str,
    topic: &'a str,
    queue_id: u32,
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
    pub(crate) fn new(topic: &'a str, queue_id: u32, queue_offset: u64) -> Self {
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
