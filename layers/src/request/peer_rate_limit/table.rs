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

/// The table is not looked through for entries that are over before it has this many.
const FEW: usize = 1024;

/// A full table is looked through no more often than this.
const PAUSE: Duration = Duration::from_secs(1);

#[derive(Clone, Copy, Debug)]
pub(super) struct Settings {
    pub(super) per_second: u32,
    pub(super) burst: u32,
    pub(super) max_peers: usize,
    pub(super) ipv6_prefix: u8,
}

/// All peers. An entry is needed while a connection has it, or it is not spent.
pub(super) struct Table {
    settings: Settings,
    rate: Rate,
    start: Instant,
    peers: Mutex<Peers>,
    /// For those for whom there is no room.
    others: Arc<Bucket>,
    refused: AtomicU64,
}

struct Peers {
    buckets: HashMap<IpAddr, Arc<Bucket>>,
    /// With so many it is time to look for what is over.
    sweep_at: usize,
    /// Not before this.
    sweep_after: u64,
}

/// What requests of a connection are counted in.
#[derive(Clone, Debug)]
pub(super) enum Place {
    Own(Arc<Bucket>),
    /// There may be room later.
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

    /// Whether one more request is in measure; if so, it counts there, if not, here.
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

    /// 64 bits of nanoseconds last for centuries.
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
    /// Drops what is over, if there is much: each entry is looked at a few times in its life.
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
