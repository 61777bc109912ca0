use super::Bucket;
use rocketmq_tower_core::sync::lock;
use std::borrow::Borrow;
use std::collections::HashMap;
use std::hash::Hash;
use std::sync::{Arc, Mutex};
use std::time::Duration;

/// The table is swept for entries that are no longer needed only once it has this many.
const FEW: usize = 1024;

/// The minimum time between two sweeps of a full table.
const PAUSE: Duration = Duration::from_secs(1);

/// The entry of a key in a [`Keyed`] table.
pub(crate) trait Counted: Default {
    /// Whether it equals a new one.
    fn is_spent(&self, now: u64) -> bool;
}

impl Counted for Bucket {
    fn is_spent(&self, now: u64) -> bool {
        self.is_spent(now)
    }
}

/// Counts by key, for at most `max` keys. An entry is needed while someone holds it, or until it equals a
/// new one. Times are in nanoseconds since an arbitrary start.
#[derive(Debug)]
pub(crate) struct Keyed<K, V> {
    entries: Mutex<Entries<K, V>>,
    /// Shared by all keys for which the table has no room.
    others: Arc<V>,
    max: usize,
}

#[derive(Debug)]
struct Entries<K, V> {
    by_key: HashMap<K, Arc<V>>,
    /// The number of entries at which the next sweep is due.
    sweep_at: usize,
    /// The earliest time of the next sweep.
    sweep_after: u64,
}

/// What a key is counted in.
#[derive(Clone, Debug)]
pub(crate) enum Place<V> {
    Own(Arc<V>),
    /// The shared entry. The table may have room later, so this must not be kept.
    Others(Arc<V>),
}

impl<K: Hash + Eq, V: Counted> Keyed<K, V> {
    pub(crate) fn new(max: usize) -> Self {
        let entries = Entries { by_key: HashMap::new(), sweep_at: FEW.min(max), sweep_after: 0 };
        Self { entries: Mutex::new(entries), others: Arc::default(), max }
    }

    /// Returns the place of `key`, which `own` makes an owned key of.
    pub(crate) fn place<Q>(&self, key: &Q, now: u64, own: impl FnOnce(&Q) -> K) -> Place<V>
    where
        K: Borrow<Q>,
        Q: Hash + Eq + ?Sized,
    {
        let mut entries = lock(&self.entries);
        if let Some(entry) = entries.by_key.get(key) {
            return Place::Own(Arc::clone(entry));
        }
        entries.make_room(now, self.max);
        if entries.by_key.len() >= self.max {
            return Place::Others(Arc::clone(&self.others));
        }
        let entry = Arc::<V>::default();
        entries.by_key.insert(own(key), Arc::clone(&entry));
        Place::Own(entry)
    }

    /// Returns the number of entries.
    pub(crate) fn len(&self) -> usize {
        lock(&self.entries).by_key.len()
    }

    #[cfg(test)]
    pub(crate) fn capacity(&self) -> usize {
        lock(&self.entries).by_key.capacity()
    }
}

impl<K: Hash + Eq, V: Counted> Entries<K, V> {
    /// Drops entries that are no longer needed, once a sweep is due. `sweep_at` doubles, so that
    /// each entry is looked at only a few times in its life.
    fn make_room(&mut self, now: u64, max: usize) {
        if self.by_key.len() < self.sweep_at || now < self.sweep_after {
            return;
        }
        self.by_key.retain(|_, entry| Arc::strong_count(entry) > 1 || !entry.is_spent(now));
        self.sweep_at = (2 * self.by_key.len()).clamp(FEW, max.max(FEW)).min(max);
        if self.by_key.len() < self.by_key.capacity() / 4 {
            self.by_key.shrink_to(self.sweep_at);
        }
        if self.by_key.len() >= max {
            self.sweep_after = now.saturating_add(PAUSE.as_nanos() as u64);
        }
    }
}
