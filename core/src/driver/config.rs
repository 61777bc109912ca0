//! The bounds of one connection.

use std::time::Duration;

/// The limits of one connection: every queue, buffer and wait of its driver has one.
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
    /// The longest frame in either direction, in bytes, including its length field. Default: 16 MiB.
    pub max_frame_length: usize,
    /// The most requests of the peer in flight, including answered requests whose response is not
    /// yet written. Default: 1024. One more may run if the service became ready while there was
    /// room.
    pub max_in_flight: usize,
    /// The most requests that are read and wait for the service. Default: 64. A server then stops
    /// reading, unless its calls wait for responses, which may arrive behind requests. Requests
    /// beyond the limit are answered with `SYSTEM_BUSY` and Java's `[OVERLOAD]` text.
    pub max_queued_requests: usize,
    /// From this many unwritten bytes on, nothing is encoded and a server stops reading. Default:
    /// 64 KiB. A frame that was begun is always encoded whole.
    pub write_high_water: usize,
    /// The most calls of this side in flight, including unsent ones; more wait. Default: 64 for
    /// servers and 65535 for clients, as Java's `serverAsyncSemaphoreValue` and
    /// `clientAsyncSemaphoreValue`.
    pub max_calls: usize,
    /// The most oneway requests of this side that are not written yet; more wait. Default: 256 for
    /// servers and 65535 for clients, as Java's `serverOnewaySemaphoreValue` and
    /// `clientOnewaySemaphoreValue`.
    pub max_oneways: usize,
    /// The most deferred requests, see [`Responder`](crate::channel::Responder). Default: 65536.
    pub max_deferred: usize,
    /// Closes the connection when no byte of a frame that was begun arrives for this long. Default:
    /// 30 s.
    pub read_stall: Duration,
    /// Closes the connection when a frame is not complete this long after its first byte, plus one
    /// second per 16 KiB received. Default: 120 s, Java's idle time.
    pub frame_timeout: Duration,
    /// Closes the connection when the peer accepts no byte of pending output for this long.
    /// Default: 30 s.
    pub write_stall: Duration,
    /// How long requests in flight may take to be answered after the peer has ended its side or sent
    /// a bad frame. Default: 5 s. They run to completion in any case.
    pub half_close_grace: Duration,
    /// How long the peer has to read the last responses after this side has ended its own. Default:
    /// 1 s.
    pub linger: Duration,
}

/// Which end of a connection a driver runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Role {
    /// Stops reading while it cannot take more, so that TCP slows the peer down.
    Server,
    /// Never stops reading, so that responses arrive whatever else the peer sends. Requests that it
    /// cannot take are answered with `SYSTEM_BUSY`.
    Client,
}

impl ConnectionConfig {
    /// The defaults of a server's connection.
    #[must_use]
    pub const fn server() -> Self {
        Self {
            max_frame_length: 16 * 1024 * 1024,
            max_in_flight: 1024,
            max_queued_requests: 64,
            write_high_water: 64 * 1024,
            max_calls: 64,
            max_oneways: 256,
            max_deferred: 65_536,
            read_stall: Duration::from_secs(30),
            frame_timeout: Duration::from_secs(120),
            write_stall: Duration::from_secs(30),
            half_close_grace: Duration::from_secs(5),
            linger: Duration::from_secs(1),
        }
    }

    /// The defaults of a client's connection.
    #[must_use]
    pub const fn client() -> Self {
        Self { max_calls: 65_535, max_oneways: 65_535, ..Self::server() }
    }
}

/// The defaults of a server's connection.
impl Default for ConnectionConfig {
    fn default() -> Self {
        Self::server()
    }
}
