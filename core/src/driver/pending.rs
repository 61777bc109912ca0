//! Calls that wait for their answers.

use crate::connection::Waiter;
use std::collections::HashMap;
use std::hash::{BuildHasherDefault, Hasher};

/// Waiters by the opaque of their request. Only the driver's task touches it; a waiter's permit
/// bounds it.
#[derive(Debug, Default)]
pub(super) struct Pending {
    waiters: HashMap<u32, Waiter, BuildHasherDefault<NumberHasher>>,
}

impl Pending {
    /// Gives the waiter back if its number is in use.
    pub(super) fn insert(&mut self, number: u32, waiter: Waiter) -> Result<(), Waiter> {
        if self.waiters.contains_key(&number) {
            return Err(waiter);
        }
        self.waiters.insert(number, waiter);
        Ok(())
    }

    pub(super) fn remove(&mut self, number: u32) -> Option<Waiter> {
        let waiter = self.waiters.remove(&number);
        if self.waiters.is_empty() && self.waiters.capacity() > 64 {
            self.waiters = HashMap::default();
        }
        waiter
    }

    pub(super) fn is_empty(&self) -> bool {
        self.waiters.is_empty()
    }

    /// Forgets all waiters, who see that the connection is closed.
    pub(super) fn clear(&mut self) {
        self.waiters = HashMap::default();
    }
}

/// The keys are this side's own consecutive numbers: one multiplication spreads them, and no peer
/// can choose them.
#[derive(Debug, Default)]
pub(super) struct NumberHasher(u64);

impl Hasher for NumberHasher {
    fn write(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.write_u32(u32::from(*byte));
        }
    }

    fn write_u32(&mut self, number: u32) {
        self.0 = (self.0 ^ u64::from(number)).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    }

    fn finish(&self) -> u64 {
        self.0
    }
}
