//! Requests as clients write them, and headers of responses.

use rocketmq_tower::message::MessageId;
use rocketmq_tower::protocol::{
    MASTER_ID, PullMessageRequestHeader, PullMessageResponseHeader, SendMessageResponseHeader,
    SubscriptionData, pull_sys_flag,
};
use rocketmq_tower::{RemotingCommand, RequestCode};
use std::ops::Deref;
use std::time::{SystemTime, UNIX_EPOCH};

/// Returns a request with these fields.
pub(crate) fn request(code: RequestCode, fields: &[(&str, &str)]) -> RemotingCommand {
    let request = RemotingCommand::request(code);
    fields.iter().fold(request, |request, (name, value)| request.with_ext_field(name, value))
}

/// The header of a response to a send.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Sent(SendMessageResponseHeader);

impl Deref for Sent {
    type Target = SendMessageResponseHeader;

    fn deref(&self) -> &Self::Target {
        &self.0
    }
}

impl Sent {
    pub(crate) fn of(response: &RemotingCommand) -> Self {
        Self(response.header().expect("the header of a sent message"))
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

/// A pull. By default it pulls all messages of a queue, without waiting, for a group without members.
#[derive(Clone, Debug)]
pub(crate) struct Pull<'a>(pub(crate) PullMessageRequestHeader<&'a str>);

impl<'a> Pull<'a> {
    pub(crate) fn new(topic: &'a str, queue_id: i32) -> Self {
        Self(PullMessageRequestHeader {
            consumer_group: "consumers",
            topic,
            queue_id,
            max_msg_nums: 32,
            sys_flag: pull_sys_flag::SUBSCRIPTION,
            subscription: Some(SubscriptionData::ALL),
            expression_type: Some("TAG"),
            ..Default::default()
        })
    }

    pub(crate) fn at(mut self, offset: i64) -> Self {
        self.0.queue_offset = offset;
        self
    }

    /// Pulls at most this number of messages.
    pub(crate) fn at_most(mut self, messages: i32) -> Self {
        self.0.max_msg_nums = messages;
        self
    }

    /// Waits for messages, for at most `ms` milliseconds.
    pub(crate) fn waits(mut self, ms: i64) -> Self {
        self.0.sys_flag |= pull_sys_flag::SUSPEND;
        self.0.suspend_timeout_millis = ms;
        self
    }

    /// Commits an offset.
    pub(crate) fn commits(mut self, offset: i64) -> Self {
        self.0.sys_flag |= pull_sys_flag::COMMIT_OFFSET;
        self.0.commit_offset = offset;
        self
    }

    /// Filters by these tags.
    pub(crate) fn of_tags(mut self, tags: &'a str) -> Self {
        self.0.subscription = Some(tags);
        self
    }

    /// Filters by this expression.
    pub(crate) fn of_sql(mut self, expression: &'a str) -> Self {
        self.0.expression_type = Some("SQL92");
        self.of_tags(expression)
    }

    /// Uses the subscription in the heartbeats of `group`.
    pub(crate) fn subscribed(mut self, group: &'a str, version: i64) -> Self {
        self.0.consumer_group = group;
        self.0.sys_flag &= !pull_sys_flag::SUBSCRIPTION;
        self.0.subscription = None;
        self.0.sub_version = version;
        self
    }

    pub(crate) fn request(&self) -> RemotingCommand {
        RemotingCommand::request(RequestCode::PULL_MESSAGE).with_header(&self.0).expect("a header")
    }
}

/// Returns the next offset, the minimum and the maximum of the response to a pull, whatever its code.
pub(crate) fn bounds(response: &RemotingCommand) -> (i64, i64, i64) {
    let bounds: PullMessageResponseHeader = response.header().expect("all four fields");
    assert_eq!(bounds.suggest_which_broker_id, MASTER_ID);
    (bounds.next_begin_offset, bounds.min_offset, bounds.max_offset)
}

/// Returns the time, in milliseconds since 1970.
pub(crate) fn now_ms() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).expect("after 1970");
    since.as_millis() as i64
}
