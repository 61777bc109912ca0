//! The limits of one connection.

use super::ByteBudget;
use std::time::Duration;

/// The limits of one connection. Every queue, buffer and wait of its driver is bounded by one of
/// them.
///
/// ```
/// use rocketmq_tower_core::driver::ConnectionConfig;
/// use std::time::Duration;
///
/// let mut config = ConnectionConfig::server();
/// config.max_in_flight = 64;
/// config.write_stall = Duration::from_secs(5);
/// ```
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct ConnectionConfig {
    /// Maximum length of a frame in either direction, in bytes, including the length field.
    /// Default: 16 MiB.
    pub max_frame_length: usize,
    /// Whether JSON headers are kept as they are received, for servers that pass most commands on: see
    /// [`RemotingCodec::keep_headers`](crate::RemotingCodec::keep_headers). Default: false.
    pub keep_headers: bool,
    /// Maximum number of the peer's requests in flight, including answered requests whose response
    /// is not yet written. Default: 1024. One more may run if the service became ready before the
    /// limit was reached.
    pub max_in_flight: usize,
    /// Maximum number of requests that are read and wait for the service. Default: 64. At the
    /// limit, a server stops reading, unless its own calls wait for responses, which may arrive
    /// behind further requests. Requests beyond the limit are answered with `SYSTEM_BUSY` and
    /// Java's `[OVERLOAD]` text.
    pub max_queued_requests: usize,
    /// Maximum number of bytes that the connection holds: of requests that are not answered yet,
    /// deferred ones included, of a frame that is being read, and of responses that are not written
    /// yet. Default: 64 MiB. At the limit, a server stops reading until requests are answered, unless
    /// its own calls wait for responses; a client answers further requests with `SYSTEM_BUSY`. A
    /// longer frame is read while nothing else is held. A response whose body has at least 1 KiB is
    /// dropped if the responses before it reach the limit, and a `SYSTEM_ERROR` is sent in its
    /// place.
    pub max_held_bytes: usize,
    /// The bytes that this connection and others may hold together. Default: `None`; a
    /// [`DriverService`](super::DriverService) then gives its connections a common budget of 256 MiB.
    pub budget: Option<ByteBudget>,
    /// While at least this many encoded bytes are unwritten, no further frame is encoded and a
    /// server stops reading. Default: 64 KiB. The last frame may exceed the limit, because frames
    /// are always encoded completely.
    pub write_high_water: usize,
    /// Maximum number of this side's calls in flight, including unsent ones; further calls wait.
    /// Default: 64 for servers and 65535 for clients, as Java's `serverAsyncSemaphoreValue` and
    /// `clientAsyncSemaphoreValue`.
    pub max_calls: usize,
    /// Maximum number of this side's oneway requests that are not yet written; further ones wait.
    /// Default: 256 for servers and 65535 for clients, as Java's `serverOnewaySemaphoreValue` and
    /// `clientOnewaySemaphoreValue`.
    pub max_oneways: usize,
    /// Maximum number of deferred requests, see [`Responder`](crate::channel::Responder). Default:
    /// 65536.
    pub max_deferred: usize,
    /// Closes the connection if a frame has begun to arrive and no further byte arrives for this
    /// long. Default: 30 s.
    pub read_stall: Duration,
    /// Closes the connection if a frame is not complete this long after its first byte, plus one
    /// second per 16 KiB received. Default: 120 s, Java's idle time.
    pub frame_timeout: Duration,
    /// Closes the connection if there is output to write and the peer accepts no byte of it for
    /// this long. Default: 30 s.
    pub write_stall: Duration,
    /// Closes the connection if a call of this side times out or is dropped this long after an
    /// earlier one, and not a byte has arrived since the earlier one was sent. Default: 60 s, two
    /// heartbeats of RocketMQ's clients. Zero closes it with the first such
    /// call, `Duration::MAX` never. Oneway requests do not
    /// count, as nothing answers them.
    ///
    /// A peer that holds calls for longer, without a byte in between, needs a longer time if its
    /// callers do not wait for the end.
    pub answer_stall: Duration,
    /// How long the connection waits for requests in flight after the peer has closed its side or
    /// sent an invalid frame. Default: 5 s. The requests run to completion in any case.
    pub half_close_grace: Duration,
    /// How long a drained connection stays open for requests that are on their way, which are
    /// answered with `GO_AWAY`; see [`Driver`](super::Driver). Must be longer than a round trip, or
    /// the peer may lose requests. Also, how long the peer may take to read the last responses after
    /// this side has shut down its output. Default: 1 s.
    pub linger: Duration,
}

/// The side of a connection that a driver runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Role {
    /// Stops reading while its queues are full, so that TCP slows the peer down.
    Server,
    /// Never stops reading, so that responses arrive whatever else the peer sends. Answers requests
    /// that do not fit into the queue with `SYSTEM_BUSY`.
    Client,
}

impl ConnectionConfig {
    /// Returns the default limits of a server's connection.
    #[must_use]
    pub const fn server() -> Self {
        Self {
            max_frame_length: 16 * 1024 * 1024,
            keep_headers: false,
            max_in_flight: 1024,
            max_queued_requests: 64,
            max_held_bytes: 64 * 1024 * 1024,
            budget: None,
            write_high_water: 64 * 1024,
            max_calls: 64,
            max_oneways: 256,
            max_deferred: 65_536,
            read_stall: Duration::from_secs(30),
            frame_timeout: Duration::from_secs(120),
            write_stall: Duration::from_secs(30),
            answer_stall: Duration::from_secs(60),
            half_close_grace: Duration::from_secs(5),
            linger: Duration::from_secs(1),
        }
    }

    /// Returns the default limits of a client's connection.
    #[must_use]
    pub const fn client() -> Self {
        let mut config = Self::server();
        config.max_calls = 65_535;
        config.max_oneways = 65_535;
        config
    }
}

/// Same as [`ConnectionConfig::server`].
impl Default for ConnectionConfig {
    fn default() -> Self {
        Self::server()
    }
}
