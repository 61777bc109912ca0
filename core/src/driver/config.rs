//! The bounds of one connection.

use std::time::Duration;

/// What one connection may use: the bounds of every queue, buffer and wait of its driver.
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
    /// The largest frame in both directions, in bytes, length field included. 16 MiB.
    pub max_frame_length: usize,
    /// How many requests of the peer may run at once, those counted that are answered but not
    /// written yet. 1024. One more may run if the service was asked for it when there was room.
    pub max_in_flight: usize,
    /// How many requests may be read beyond those that run. 64. Then a server stops reading, unless
    /// it waits for answers of the peer, which may come behind more requests: those, and all that a
    /// client cannot take in, are answered with `SYSTEM_BUSY` and Java's `[OVERLOAD]` text.
    pub max_queued_requests: usize,
    /// Above this many unwritten bytes nothing is encoded, and a server stops reading. 64 KiB. One
    /// answer, however long, is always encoded whole.
    pub write_high_water: usize,
    /// How many calls of this side may be under way, queued ones included; more wait. 64 for
    /// servers and 65535 for clients, as Java's `serverAsyncSemaphoreValue` and
    /// `clientAsyncSemaphoreValue`.
    pub max_calls: usize,
    /// How many oneway requests of this side may wait to be written; more wait. 256 for servers
    /// and 65535 for clients, as Java's `serverOnewaySemaphoreValue` and
    /// `clientOnewaySemaphoreValue`.
    pub max_oneways: usize,
    /// How many requests may be deferred, see [`Responder`](crate::connection::Responder). 65536.
    pub max_deferred: usize,
    /// A frame that has begun and brings no further byte for this long ends the connection. 30 s.
    pub read_stall: Duration,
    /// A frame has to be complete this long after its first byte, plus a second for every 16 KiB of
    /// it that came. 120 s, Java's idle time, in which a slow frame does not count as activity.
    pub frame_timeout: Duration,
    /// A peer that takes none of what is to be written for this long is cut off. 30 s.
    pub write_stall: Duration,
    /// After the peer has ended its side, or has sent what is not a frame, the requests that run
    /// have this long to be answered. 5 s. They run to their end in any case.
    pub half_close_grace: Duration,
    /// How long the last answers may take to reach the peer after this side has ended its own. 1
    /// s.
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
