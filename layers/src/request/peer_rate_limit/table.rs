use super::bucket::{Bucket, Rate};
use crate::network::around;
use rocketmq_tower_core::sync::lock;
use std::collections::HashMap;
use std::fmt;
use std::net::IpAddr;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::time::Instant;

/// The table is swept for entries that are no longer needed only once it has this many.
const FEW: usize = 1024;

/// The minimum time between two sweeps of a full table.
const PAUSE: Duration = Duration::from_secs(1);

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
    peers: Mutex<Peers>,
    /// Shared by all peers for which the table has no room.
    others: Arc<Bucket>,
    refused: AtomicU64,
}

struct Peers {
    buckets: HashMap<IpAddr, Arc<Bucket>>,
    /// The number of entries at which the next sweep is due.
    sweep_at: usize,
    /// The earliest time of the next sweep, in nanoseconds since the table's start.
    sweep_after: u64,
}

/// The bucket in which a connection's requests are counted.
#[derive(Clone, Debug)]
pub(super) enum Place {
    Own(Arc<Bucket>),
    /// The shared bucket. The table may have room later, so this must not be kept.
    Others(Arc<Bucket>),
}

impl Table {
    pub(super) fn new(settings: Settings) -> Arc<Self> {
        let sweep_at = FEW.min(settings.max_peers);
        Arc::new(Self {
            settings,
            rate: Rate::new(settings.per_second, settings.burst),
            start: Instant::now(),
            peers: Mutex::new(Peers { buckets: HashMap::new(), sweep_at, sweep_after: 0 }),
            others: Arc::default(),
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

    pub(super) fn place(&self, ip: IpAddr) -> Place {
        let ip = around(ip, self.settings.ipv6_prefix);
        let mut peers = lock(&self.peers);
        if let Some(bucket) = peers.buckets.get(&ip) {
            return Place::Own(Arc::clone(bucket));
        }
        peers.make_room(self.now(), self.settings.max_peers);
        if peers.buckets.len() >= self.settings.max_peers {
            return Place::Others(Arc::clone(&self.others));
        }
        let bucket = Arc::<Bucket>::default();
        peers.buckets.insert(ip, Arc::clone(&bucket));
        Place::Own(bucket)
    }

    pub(super) fn peers(&self) -> usize {
        lock(&self.peers).buckets.len()
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

impl Peers {
    /// Drops entries that are no longer needed, once a sweep is due. `sweep_at` doubles, so that
    /// each entry is looked at only a few times in its life.
    fn make_room(&mut self, now: u64, max: usize) {
        if self.buckets.len() < self.sweep_at || now < self.sweep_after {
            return;
        }
        self.buckets.retain(|_, bucket| Arc::strong_count(bucket) > 1 || !bucket.is_spent(now));
        self.sweep_at = (2 * self.buckets.len()).clamp(FEW, max.max(FEW)).min(max);
        if self.buckets.len() < self.buckets.capacity() / 4 {
            self.buckets.shrink_to(self.sweep_at);
        }
        if self.buckets.len() >= max {
            self.sweep_after = now.saturating_add(PAUSE.as_nanos() as u64);
        }
    }
}

#[cfg(test)]
mod tests;
