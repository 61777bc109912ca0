//! Requests as clients write them, and headers of responses.

use rocketmq_tower::message::MessageId;
use rocketmq_tower::{RemotingCommand, RequestCode};
use serde::{Deserialize, Serialize};
use std::time::{SystemTime, UNIX_EPOCH};

/// Returns a request with these fields.
pub(crate) fn request(code: RequestCode, fields: &[(&str, &str)]) -> RemotingCommand {
    let request = RemotingCommand::request(code);
    fields.iter().fold(request, |request, (name, value)| request.with_ext_field(name, value))
}

/// The header of a response to a send.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Sent {
    pub(crate) msg_id: String,
    pub(crate) queue_id: i32,
    pub(crate) queue_offset: i64,
    pub(crate) transaction_id: Option<String>,
}

impl Sent {
    pub(crate) fn of(response: &RemotingCommand) -> Self {
        response.header().expect("the header of a sent message")
    }

    /// Returns the ids in it: a batch has one for each message.
    pub(crate) fn ids(&self) -> Vec<MessageId> {
        self.msg_id.split(',').map(|id| id.parse().expect("an id")).collect()
    }

    /// Returns the commit-log offset of the first message.
    pub(crate) fn commit_log_offset(&self) -> i64 {
        self.ids()[0].commit_log_offset
    }
}

/// The header of a pull. By default it pulls all messages of a queue, without waiting, for a group
/// without members.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Pull<'a> {
    pub(crate) consumer_group: &'a str,
    pub(crate) topic: &'a str,
    pub(crate) queue_id: i32,
    pub(crate) queue_offset: i64,
    pub(crate) max_msg_nums: i32,
    pub(crate) sys_flag: i32,
    pub(crate) commit_offset: i64,
    pub(crate) suspend_timeout_millis: i64,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) subscription: Option<&'a str>,
    pub(crate) sub_version: i64,
    pub(crate) expression_type: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) max_msg_bytes: Option<i32>,
}

/// Bits of a pull's `sysFlag`.
pub(crate) const COMMIT: i32 = 1;
pub(crate) const SUSPEND: i32 = 2;
pub(crate) const SUBSCRIPTION: i32 = 4;

impl<'a> Pull<'a> {
    pub(crate) fn new(topic: &'a str, queue_id: i32) -> Self {
        Self {
            consumer_group: "consumers",
            topic,
            queue_id,
            queue_offset: 0,
            max_msg_nums: 32,
            sys_flag: SUBSCRIPTION,
            commit_offset: 0,
            suspend_timeout_millis: 0,
            subscription: Some("*"),
            sub_version: 0,
            expression_type: "TAG",
            max_msg_bytes: None,
        }
    }

    pub(crate) fn at(mut self, offset: i64) -> Self {
        self.queue_offset = offset;
        self
    }

    /// Waits for messages, for at most `ms` milliseconds.
    pub(crate) fn waits(mut self, ms: i64) -> Self {
        self.sys_flag |= SUSPEND;
        self.suspend_timeout_millis = ms;
        self
    }

    /// Filters by these tags.
    pub(crate) fn of_tags(mut self, tags: &'a str) -> Self {
        self.subscription = Some(tags);
        self
    }

    /// Uses the subscription in the heartbeats of `group`.
    pub(crate) fn subscribed(mut self, group: &'a str, version: i64) -> Self {
        self.consumer_group = group;
        self.sys_flag &= !SUBSCRIPTION;
        self.subscription = None;
        self.sub_version = version;
        self
    }

    pub(crate) fn request(&self) -> RemotingCommand {
        RemotingCommand::request(RequestCode::PULL_MESSAGE).with_header(self).expect("a header")
    }
}

/// The header of a response to a pull, whatever its code.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Bounds {
    pub(crate) next_begin_offset: i64,
    pub(crate) min_offset: i64,
    pub(crate) max_offset: i64,
    pub(crate) suggest_which_broker_id: i64,
}

impl Bounds {
    pub(crate) fn of(response: &RemotingCommand) -> Self {
        response.header().expect("all four fields")
    }

    /// Returns the next offset, the minimum and the maximum.
    pub(crate) fn offsets(response: &RemotingCommand) -> (i64, i64, i64) {
        let bounds = Self::of(response);
        assert_eq!(bounds.suggest_which_broker_id, 0);
        (bounds.next_begin_offset, bounds.min_offset, bounds.max_offset)
    }
}

/// Returns the time, in milliseconds since 1970.
pub(crate) fn now_ms() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).expect("after 1970");
    since.as_millis() as i64
}
