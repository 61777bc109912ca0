//! The remarks that RocketMQ's clients and operators know by their words in brackets.
//!
//! Source: Java's `netty/NettyRemotingAbstract.java`, and for the last one
//! `broker/.../latency/BrokerFastFailure.java`, which adds the figures of its queue.

/// With `SYSTEM_BUSY`: there is no room for the request.
pub const OVERLOAD: &str = "[OVERLOAD]system busy, start flow control for a while";

/// With `SYSTEM_BUSY`: the processor takes no requests now.
pub const REJECT_REQUEST: &str = "[REJECTREQUEST]system busy, start flow control for a while";

/// With `GO_AWAY`: the server shuts down.
pub const GO_AWAY: &str = "please go away";

/// With `SYSTEM_BUSY`: the request has waited for too long.
pub const TIMEOUT_CLEAN_QUEUE: &str =
    "[TIMEOUT_CLEAN_QUEUE]broker busy, start flow control for a while";
