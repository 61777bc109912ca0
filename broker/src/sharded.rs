//! A table in parts, each with a lock of its own.

use rocketmq_tower_core::sync::lock;
use std::collections::HashMap;
use std::collections::hash_map::RandomState;
use std::hash::{BuildHasher, Hash};
use std::sync::{Mutex, MutexGuard};

/// The number of parts.
const PARTS: usize = 64;

/// Tables by a name, such as that of a group. A peer that fills them holds up nobody for long: growing
/// one of them, or looking through it, takes a small part of the time that one large table would take.
/// Peers cannot choose the part of a name, as the hashes differ in every process.
#[derive(Debug)]
pub(crate) struct Sharded<T> {
    parts: [Mutex<T>; PARTS],
    hasher: RandomState,
}

impl<T: Default> Default for Sharded<T> {
    fn default() -> Self {
        Self { parts: std::array::from_fn(|_| Mutex::default()), hasher: RandomState::new() }
    }
}

impl<T> Sharded<T> {
    /// Locks the part that has this name.
    pub(crate) fn of(&self, name: &str) -> MutexGuard<'_, T> {
        lock(&self.parts[self.hasher.hash_one(name) as usize % PARTS])
    }

    /// Locks one part after the other.
    pub(crate) fn each(&self) -> impl Iterator<Item = MutexGuard<'_, T>> {
        self.parts.iter().map(lock)
    }
}

/// Gives back the memory of a table from which most was removed. What a table holds counts in an
/// account, but not the room that it keeps for more.
pub(crate) fn shrink<K: Hash + Eq, V>(table: &mut HashMap<K, V>) {
    if table.capacity() > 16 && table.len() < table.capacity() / 4 {
        table.shrink_to(2 * table.len());
    }
}

#[cfg(test)]
mod tests {
    use super::shrink;
    use std::collections::HashMap;

    #[test]
    fn a_table_from_which_most_was_removed_keeps_little_room() {
        let mut table: HashMap<_, _> = (0..1000).map(|n| (n, n)).collect();
        for left in [900, 500, 3] {
            table.retain(|n, _| *n < left);
            shrink(&mut table);
            assert_eq!(table.len(), left);
            assert_eq!(table.capacity() > 1000, left > 3, "{} for {left}", table.capacity());
        }
        assert!(table.capacity() <= 16, "{}", table.capacity());
    }
}
