//! Java's standard remarks, which clients and operators recognize by the word in brackets.
//!
//! Source: Java's `netty/NettyRemotingAbstract.java`, and for the last one
//! `broker/.../latency/BrokerFastFailure.java`, which appends figures about its queue.

/// With `SYSTEM_BUSY`: a limit on concurrent or queued requests is reached.
pub const OVERLOAD: &str = "[OVERLOAD]system busy, start flow control for a while";

/// With `SYSTEM_BUSY`: the processor currently accepts no requests.
pub const REJECT_REQUEST: &str = "[REJECTREQUEST]system busy, start flow control for a while";

/// With `GO_AWAY`: the server is shutting down.
pub const GO_AWAY: &str = "please go away";

/// With `SYSTEM_BUSY`: the request was queued for too long.
pub const TIMEOUT_CLEAN_QUEUE: &str =
    "[TIMEOUT_CLEAN_QUEUE]broker busy, start flow control for a while";
