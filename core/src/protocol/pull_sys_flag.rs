//! The bits of [`PullMessageRequestHeader::sys_flag`](super::PullMessageRequestHeader::sys_flag), as in
//! Java's `PullSysFlag`.

/// `commit_offset` is to be committed when the request arrives.
pub const COMMIT_OFFSET: i32 = 1;
/// The broker may hold the request until a message arrives, for at most `suspend_timeout_millis`.
pub const SUSPEND: i32 = 1 << 1;
/// The request has the subscription. Otherwise that of the group's heartbeats counts.
pub const SUBSCRIPTION: i32 = 1 << 2;
/// The subscription is a class that filters. Brokers of today do not have such filters.
pub const CLASS_FILTER: i32 = 1 << 3;
/// The request is from a lite pull consumer.
pub const LITE_PULL_MESSAGE: i32 = 1 << 4;
