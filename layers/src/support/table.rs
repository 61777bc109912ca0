//! A small table that is filled as keys turn up, and read without a lock.

use rocketmq_tower_core::sync::lock;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, OnceLock};

/// What a [`Table`] finds its entries by.
pub(crate) trait TableKey: Copy + Eq {
    /// A number that spreads the keys.
    fn spread(self) -> u64;
}

impl TableKey for i32 {
    fn spread(self) -> u64 {
        u64::from(self as u32)
    }
}

/// At most `max` entries, which stay for ever. Peers choose keys: what turns up when it is full has
/// no entry, and learns so after a few looks.
#[derive(Debug)]
pub(crate) struct Table<K, V> {
    /// A power of two, more than twice the entries: a free slot is never far.
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

    /// The entry of `key`, if there is one.
    pub(crate) fn get(&self, key: K) -> Option<&V> {
        self.probe(key).map_while(OnceLock::get).find(|(known, _)| *known == key).map(|(_, v)| v)
    }

    /// The entry of `key`, made if there is none; `None` if there is no room for it.
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
        // Another thread may have been faster.
        let slot = slots.find(|slot| slot.get().is_none_or(|(known, _)| *known == key))?;
        if slot.get().is_none() {
            if self.taken.load(Ordering::Relaxed) >= self.max {
                return None;
            }
            self.taken.fetch_add(1, Ordering::Relaxed);
        }
        Some(&slot.get_or_init(|| (key, make())).1)
    }

    /// Every entry, in no order.
    pub(crate) fn iter(&self) -> impl Iterator<Item = &(K, V)> {
        self.slots.iter().filter_map(OnceLock::get)
    }

    /// The slots that `key` may be in, in order.
    fn probe(&self, key: K) -> impl Iterator<Item = &OnceLock<(K, V)>> {
        let mask = self.slots.len() - 1;
        // Fibonacci hashing: the high bits depend on all of the key.
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
