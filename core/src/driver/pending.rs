//! Calls that wait for their responses.

use crate::channel::Caller;
use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::hash::{BuildHasherDefault, Hasher};

/// Callers by the opaque of their request. Each caller holds a permit, which bounds the table.
#[derive(Debug, Default)]
pub(super) struct Pending {
    callers: HashMap<u32, Caller, BuildHasherDefault<NumberHasher>>,
}

impl Pending {
    /// Adds a caller.
    ///
    /// # Errors
    /// Returns the caller if its number is already in use.
    pub(super) fn insert(&mut self, number: u32, caller: Caller) -> Result<(), Caller> {
        match self.callers.entry(number) {
            Entry::Occupied(_) => Err(caller),
            Entry::Vacant(entry) => {
                entry.insert(caller);
                Ok(())
            }
        }
    }

    pub(super) fn remove(&mut self, number: u32) -> Option<Caller> {
        let caller = self.callers.remove(&number);
        if self.callers.is_empty() && self.callers.capacity() > super::KEPT_CAPACITY {
            self.callers = HashMap::default();
        }
        caller
    }

    pub(super) fn is_empty(&self) -> bool {
        self.callers.is_empty()
    }

    /// Drops all callers, which fails their calls.
    pub(super) fn clear(&mut self) {
        self.callers = HashMap::default();
    }
}

/// Hashes a number with one multiplication. This is safe because this side assigns the numbers:
/// a peer cannot choose them to cause collisions.
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
