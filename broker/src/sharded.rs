//! A table in parts, each with a lock of its own.

use rocketmq_tower_core::sync::lock;
use std::collections::hash_map::RandomState;
use std::hash::BuildHasher;
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
