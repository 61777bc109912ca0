//! A small, insert-only table that is read without a lock.

use rocketmq_tower_core::sync::lock;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, OnceLock};

/// A key of a [`Table`].
pub(crate) trait TableKey: Copy + Eq {
    /// Returns a hash input that differs between keys.
    fn spread(self) -> u64;
}

impl TableKey for i32 {
    fn spread(self) -> u64 {
        u64::from(self as u32)
    }
}

/// Holds at most `max` entries, which are never removed. Peers choose the keys, so when the table
/// is full, new keys get no entry; a look-up finds that after a few probes.
#[derive(Debug)]
pub(crate) struct Table<K, V> {
    /// The length is a power of two and more than twice `max`, so a free slot is never far.
    slots: Box<[OnceLock<(K, V)>]>,
    taken: AtomicUsize,
    adding: Mutex<()>,
    max: usize,
}

impl<K: TableKey, V> Table<K, V> {
    pub(crate) fn new(max: usize) -> Self {
        let slots = (2 * max + 1).next_power_of_two();
        Self {
            slots: (0..slots).map(|_| OnceLock::new()).collect(),
            taken: AtomicUsize::new(0),
            adding: Mutex::new(()),
            max,
        }
    }

    /// Returns the entry of `key`, if there is one.
    pub(crate) fn get(&self, key: K) -> Option<&V> {
        self.probe(key).map_while(OnceLock::get).find(|(known, _)| *known == key).map(|(_, v)| v)
    }

    /// Returns the entry of `key`, inserting it if missing; `None` if the table is full.
    pub(crate) fn get_or_insert(&self, key: K, make: impl FnOnce() -> V) -> Option<&V> {
        match self.get(key) {
            Some(value) => Some(value),
            None if self.taken.load(Ordering::Relaxed) >= self.max => None,
            None => self.insert(key, make),
        }
    }

    fn insert(&self, key: K, make: impl FnOnce() -> V) -> Option<&V> {
        let _adding = lock(&self.adding);
        let mut slots = self.probe(key);
        // Another thread may have inserted the key meanwhile.
        let slot = slots.find(|slot| slot.get().is_none_or(|(known, _)| *known == key))?;
        if slot.get().is_none() {
            if self.taken.load(Ordering::Relaxed) >= self.max {
                return None;
            }
            self.taken.fetch_add(1, Ordering::Relaxed);
        }
        Some(&slot.get_or_init(|| (key, make())).1)
    }

    /// Iterates over all entries, in no particular order.
    pub(crate) fn iter(&self) -> impl Iterator<Item = &(K, V)> {
        self.slots.iter().filter_map(OnceLock::get)
    }

    /// Returns the slots that `key` may be in, in probing order.
    fn probe(&self, key: K) -> impl Iterator<Item = &OnceLock<(K, V)>> {
        let mask = self.slots.len() - 1;
        // Fibonacci hashing: the high bits depend on the whole key.
        let first = (key.spread().wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 32) as usize;
        (0..self.slots.len()).map(move |step| &self.slots[(first + step) & mask])
    }
}

#[cfg(test)]
mod tests {
    use super::Table;
    use std::collections::HashSet;
    use std::sync::atomic::{AtomicU64, Ordering};
    use std::thread;

    #[test]
    fn keys_beyond_the_bound_have_no_entry() {
        let table = Table::new(3);
        for key in [310, -1, i32::MAX] {
            assert_eq!(table.get(key), None);
            assert_eq!(table.get_or_insert(key, || key), Some(&key));
        }
        assert_eq!((table.get_or_insert(7, || 7), table.get(7)), (None, None));
        assert_eq!((table.get_or_insert(310, || 0), table.get(-1)), (Some(&310), Some(&-1)));
        let keys: HashSet<_> = table.iter().map(|(key, _)| *key).collect();
        assert_eq!(keys, HashSet::from([310, -1, i32::MAX]));
        assert_eq!(Table::new(0).get_or_insert(1, || 1), None);
    }

    #[test]
    fn threads_that_come_at_once_share_an_entry_and_lose_no_room() {
        let table = Table::new(100);
        thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| {
                    for key in 0..100 {
                        let count = table.get_or_insert(key, || AtomicU64::new(0));
                        count.expect("room").fetch_add(1, Ordering::Relaxed);
                    }
                });
            }
        });
        assert_eq!(table.iter().count(), 100);
        assert!(table.iter().all(|(_, count)| count.load(Ordering::Relaxed) == 4));
    }
}
