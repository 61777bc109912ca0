//! Writes that build on each other.

use std::sync::atomic::{AtomicBool, Ordering};

/// A chain of writes. When one of them fails, those after it fail, too: none of them is stored without
/// those before it. The sender begins a new chain with a write of all that was lost.
#[derive(Debug, Default)]
pub(crate) struct WriteChain(AtomicBool);

impl WriteChain {
    pub(crate) fn is_broken(&self) -> bool {
        self.0.load(Ordering::Acquire)
    }

    pub(super) fn set_broken(&self) {
        self.0.store(true, Ordering::Release);
    }
}
