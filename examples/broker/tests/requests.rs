//! Requests as clients write them, and what answers say.

use rocketmq_tower::message::MessageId;
use rocketmq_tower::{RemotingCommand, RequestCode};
use serde::{Deserialize, Serialize};

/// A request with these fields.
pub(super) fn request(code: RequestCode, fields: &[(&str, &str)]) -> RemotingCommand {
    let request = RemotingCommand::request(code);
    fields.iter().fold(request, |request, (name, value)| request.with_ext_field(name, value))
}

/// The answer to a send.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Sent {
    pub(super) msg_id: String,
    pub(super) queue_id: i32,
    pub(super) queue_offset: i64,
    pub(super) transaction_id: Option<String>,
}

impl Sent {
    pub(super) fn of(answer: &RemotingCommand) -> Self {
        answer.header().expect("the header of a sent message")
    }

    /// The ids in it: a batch has one for each message.
    pub(super) fn ids(&self) -> Vec<MessageId> {
        self.msg_id.split(',').map(|id| id.parse().expect("an id")).collect()
    }

    /// The commit-log offset of the (first) message.
    pub(super) fn commit_log_offset(&self) -> i64 {
        self.ids()[0].commit_log_offset
    }
}

/// A pull: of everything in a queue, without waiting, by a group that has no members.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Pull<'a> {
    pub(super) consumer_group: &'a str,
    pub(super) topic: &'a str,
    pub(super) queue_id: i32,
    pub(super) queue_offset: i64,
    pub(super) max_msg_nums: i32,
    pub(super) sys_flag: i32,
    pub(super) commit_offset: i64,
    pub(super) suspend_timeout_millis: i64,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) subscription: Option<&'a str>,
    pub(super) sub_version: i64,
    pub(super) expression_type: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) max_msg_bytes: Option<i32>,
}

/// Bits of a pull's `sysFlag`.
pub(super) const COMMIT: i32 = 1;
pub(super) const SUSPEND: i32 = 2;
pub(super) const SUBSCRIPTION: i32 = 4;

impl<'a> Pull<'a> {
    pub(super) fn new(topic: &'a str, queue_id: i32) -> Self {
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

    pub(super) fn at(mut self, offset: i64) -> Self {
        self.queue_offset = offset;
        self
    }

    /// It may be held for so many ms.
    pub(super) fn waits(mut self, ms: i64) -> Self {
        self.sys_flag |= SUSPEND;
        self.suspend_timeout_millis = ms;
        self
    }

    /// Only these tags.
    pub(super) fn of_tags(mut self, tags: &'a str) -> Self {
        self.subscription = Some(tags);
        self
    }

    /// What `group` has said in its heartbeats.
    pub(super) fn subscribed(mut self, group: &'a str, version: i64) -> Self {
        self.consumer_group = group;
        self.sys_flag &= !SUBSCRIPTION;
        self.subscription = None;
        self.sub_version = version;
        self
    }

    pub(super) fn request(&self) -> RemotingCommand {
        RemotingCommand::request(RequestCode::PULL_MESSAGE).with_header(self).expect("a header")
    }
}

/// What the answer to a pull has to say, whatever its code.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Bounds {
    pub(super) next_begin_offset: i64,
    pub(super) min_offset: i64,
    pub(super) max_offset: i64,
    pub(super) suggest_which_broker_id: i64,
}

impl Bounds {
    pub(super) fn of(answer: &RemotingCommand) -> Self {
        answer.header().expect("all four fields")
    }

    /// Next, min and max.
    pub(super) fn offsets(answer: &RemotingCommand) -> (i64, i64, i64) {
        let bounds = Self::of(answer);
        assert_eq!(bounds.suggest_which_broker_id, 0);
        (bounds.next_begin_offset, bounds.min_offset, bounds.max_offset)
    }
}
