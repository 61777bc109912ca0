//! A store on a simulated disk, for tests of the whole broker.

use super::crash::SimulatedTables;
use crate::Flush;
use crate::storage::StorageError;
use crate::storage::disk::{DiskOptions, DiskStorage};
use crate::storage::files::simulated::Disk;
use std::sync::Arc;

/// A disk with a store.
pub(crate) struct SimulatedStore {
    pub(crate) disk: Disk,
    tables: Arc<SimulatedTables>,
    options: DiskOptions,
}

impl SimulatedStore {
    /// Makes an empty disk. Files are short, and checkpoints are frequent.
    pub(crate) fn new(flush: Flush) -> Self {
        let disk = Disk::default();
        let tables = Arc::new(SimulatedTables::new(disk.clone()));
        let options = DiskOptions {
            segment_size: 16 * 1024,
            checkpoint_every: 8 * 1024,
            ..DiskOptions::new(flush)
        };
        Self { disk, tables, options }
    }

    /// Opens the store.
    pub(crate) fn open(&self) -> Result<DiskStorage, StorageError> {
        let folder = |name| self.disk.folder(name);
        DiskStorage::open(folder("log"), folder("index"), self.tables.clone(), self.options)
    }

    /// Takes the disk away from the broker that runs, which changes nothing more. With a seed, it loses
    /// power: what was not synced may be lost.
    pub(crate) fn take_away(&mut self, power_loss: Option<u64>) {
        self.disk.power_off();
        self.disk = match power_loss {
            Some(seed) => self.disk.crash(seed),
            None => self.disk.copy(),
        };
        self.tables = Arc::new(self.tables.on(self.disk.clone()));
    }
}
