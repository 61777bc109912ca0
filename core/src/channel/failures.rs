//! The aborts that exchanges ran into, for stacks whose layers hide errors.

use super::exchange::ExchangeId;
use crate::error::Abort;
use crate::sync::lock;
use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

type BySlot = HashMap<u32, (ExchangeId, Abort)>;

/// The last abort of each exchange: at most one for each slot of requests in flight.
///
/// The lock is taken only if `count` is not zero: exchanges that succeed do not pay for it.
#[derive(Debug, Default)]
pub(crate) struct Failures {
    count: AtomicUsize,
    /// `None` while it is empty.
    by_slot: Mutex<Option<Box<BySlot>>>,
}

impl Failures {
    #[inline]
    pub(crate) fn is_empty(&self) -> bool {
        self.count.load(Ordering::Relaxed) == 0
    }

    /// Notes an abort, instead of an earlier one.
    pub(super) fn note(&self, id: ExchangeId, abort: Abort) {
        let mut by_slot = lock(&self.by_slot);
        let by_slot = by_slot.get_or_insert_default();
        match by_slot.entry(id.slot()) {
            // A late note of an exchange that has ended must not replace that of its successor.
            Entry::Occupied(noted) if noted.get().0.is_after(id) => {}
            Entry::Occupied(mut noted) => _ = noted.insert((id, abort)),
            Entry::Vacant(place) => _ = place.insert((id, abort)),
        }
        self.count.store(by_slot.len(), Ordering::Relaxed);
    }

    /// Removes and returns what was noted for this exchange.
    pub(crate) fn take(&self, id: ExchangeId) -> Option<Abort> {
        let mut table = lock(&self.by_slot);
        let by_slot = table.as_mut()?;
        let noted = by_slot.remove(&id.slot());
        self.count.store(by_slot.len(), Ordering::Relaxed);
        if by_slot.is_empty() {
            *table = None;
        }
        noted.filter(|(noted, _)| *noted == id).map(|(_, abort)| abort)
    }
}
