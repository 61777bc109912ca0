//! One suite of tests for every storage.

use super::{log, tables};
use crate::storage::{MemoryStorage, Storage};

/// Checks an empty storage.
pub(crate) fn run(storage: &impl Storage) {
    tables::check(storage);
    log::check(storage);
}

#[test]
fn storage_in_memory_passes_the_suite() {
    run(&MemoryStorage::default());
}
