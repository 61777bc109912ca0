//! Options by which the kernel notices that a TCP peer has vanished, for servers and clients.

use socket2::{SockRef, TcpKeepalive as SystemKeepalive};
use std::io;
use std::time::Duration;
use tokio::net::TcpStream;

/// When the kernel probes a TCP peer that is silent (SO_KEEPALIVE), so that a peer that vanished
/// without a word is noticed: its host lost power, or a firewall forgot the connection. A host that
/// is alive answers probes by itself, whatever its programs do.
///
/// ```
/// use rocketmq_tower::server::listener::{TcpKeepalive, TcpOptions};
/// use std::time::Duration;
///
/// let mut keepalive = TcpKeepalive::default();
/// keepalive.idle = Duration::from_secs(20);
/// let mut options = TcpOptions::default();
/// options.keepalive = Some(keepalive);
/// options.user_timeout = Some(Duration::from_secs(50));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct TcpKeepalive {
    /// The time without a byte after which the first probe is sent (TCP_KEEPIDLE). Systems round it
    /// to seconds, at least one. Default: 60 s, two heartbeats of RocketMQ's clients: peers that send them are
    /// never probed.
    pub idle: Duration,
    /// The time between probes (TCP_KEEPINTVL), as whole seconds, at least one. Default: 10 s.
    pub interval: Duration,
    /// The number of unanswered probes after which the connection fails (TCP_KEEPCNT), 1 to 127.
    /// Default: 3. Windows has its own number.
    pub probes: u32,
}

impl Default for TcpKeepalive {
    fn default() -> Self {
        Self::DEFAULT
    }
}

impl TcpKeepalive {
    const DEFAULT: Self =
        Self { idle: Duration::from_secs(60), interval: Duration::from_secs(10), probes: 3 };

    /// Returns the option for the system, within the bounds of Linux. What the system does not know
    /// is left out.
    fn for_system(self) -> SystemKeepalive {
        let whole =
            |time: Duration| time.clamp(Duration::from_secs(1), Duration::from_secs(32_767));
        let keepalive = SystemKeepalive::new().with_time(whole(self.idle));
        #[cfg(any(
            target_os = "android",
            target_os = "freebsd",
            target_os = "ios",
            target_os = "linux",
            target_os = "macos",
            target_os = "netbsd",
        ))]
        let keepalive =
            keepalive.with_interval(whole(self.interval)).with_retries(self.probes.clamp(1, 127));
        #[cfg(windows)]
        let keepalive = keepalive.with_interval(whole(self.interval));
        keepalive
    }
}

/// How long the kernel waits for a peer.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Liveness {
    pub(crate) keepalive: Option<TcpKeepalive>,
    pub(crate) user_timeout: Option<Duration>,
}

impl Liveness {
    /// The user timeout is the time that the probes take. On Linux it also ends the probing, and a
    /// shorter one would end a connection after a single lost probe. It is longer than the driver's
    /// `write_stall`, so that a peer that does not read ends with the driver's reason.
    pub(crate) const DEFAULT: Self = Self {
        keepalive: Some(TcpKeepalive::DEFAULT),
        user_timeout: Some(Duration::from_secs(90)),
    };

    /// Sets the options of a socket.
    pub(crate) fn apply(self, stream: &TcpStream) -> io::Result<()> {
        let socket = SockRef::from(stream);
        match self.keepalive {
            Some(keepalive) => socket.set_tcp_keepalive(&keepalive.for_system())?,
            None => socket.set_keepalive(false)?,
        }
        set_user_timeout(&socket, self.user_timeout)
    }

    /// Sets the options of a socket that has none of its own: a socket that was accepted has those
    /// that its listener was given.
    pub(crate) fn apply_if_unset(self, stream: &TcpStream) -> io::Result<()> {
        let socket = SockRef::from(stream);
        if socket.keepalive()? || has_user_timeout(&socket)? {
            return Ok(());
        }
        self.apply(stream)
    }
}

#[cfg(any(target_os = "android", target_os = "linux"))]
fn set_user_timeout(socket: &SockRef<'_>, limit: Option<Duration>) -> io::Result<()> {
    socket.set_tcp_user_timeout(limit)
}

#[cfg(any(target_os = "android", target_os = "linux"))]
fn has_user_timeout(socket: &SockRef<'_>) -> io::Result<bool> {
    Ok(socket.tcp_user_timeout()?.is_some())
}

#[cfg(not(any(target_os = "android", target_os = "linux")))]
fn set_user_timeout(_: &SockRef<'_>, _: Option<Duration>) -> io::Result<()> {
    Ok(())
}

#[cfg(not(any(target_os = "android", target_os = "linux")))]
fn has_user_timeout(_: &SockRef<'_>) -> io::Result<bool> {
    Ok(false)
}
