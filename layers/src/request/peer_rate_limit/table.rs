use crate::network::around;
use crate::support::rate::{Bucket, Keyed, Place, Rate};
use std::fmt;
use std::net::IpAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use tokio::time::Instant;

#[derive(Clone, Copy, Debug)]
pub(super) struct Settings {
    pub(super) per_second: u32,
    pub(super) burst: u32,
    pub(super) max_peers: usize,
    pub(super) ipv6_prefix: u8,
}

/// All peers. An entry is needed while a connection holds it, or until a full burst is available
/// again.
pub(super) struct Table {
    settings: Settings,
    rate: Rate,
    start: Instant,
    peers: Keyed<IpAddr, Bucket>,
    refused: AtomicU64,
}

impl Table {
    pub(super) fn new(settings: Settings) -> Arc<Self> {
        Arc::new(Self {
            settings,
            rate: Rate::new(settings.per_second.into(), settings.burst.into()),
            start: Instant::now(),
            peers: Keyed::new(settings.max_peers),
            refused: AtomicU64::new(0),
        })
    }

    pub(super) fn settings(&self) -> Settings {
        self.settings
    }

    /// Whether one more request is within the rate. If so, it is counted in `bucket`, otherwise in
    /// the table's `refused`.
    pub(super) fn take(&self, bucket: &Bucket) -> bool {
        let taken = bucket.take(self.now(), self.rate);
        if !taken {
            self.refused.fetch_add(1, Ordering::Relaxed);
        }
        taken
    }

    pub(super) fn place(&self, ip: IpAddr) -> Place<Bucket> {
        let ip = around(ip, self.settings.ipv6_prefix);
        self.peers.place(&ip, self.now(), |ip| *ip)
    }

    pub(super) fn peers(&self) -> usize {
        self.peers.len()
    }

    pub(super) fn refused(&self) -> u64 {
        self.refused.load(Ordering::Relaxed)
    }

    /// Nanoseconds since the table's start. 64 bits of them last for centuries.
    fn now(&self) -> u64 {
        self.start.elapsed().as_nanos() as u64
    }
}

impl fmt::Debug for Table {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Table")
            .field("settings", &self.settings)
            .field("peers", &self.peers())
            .field("refused", &self.refused())
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;
