//! Tables on a simulated disk, whose commits are on the disk or did not happen.

use crate::storage::files::simulated::Disk;
use crate::storage::tables::{Changes, Checkpoint, TableRows, Tables};
use crate::storage::{StorageError, StorageTable};
use bytes::Bytes;
use rocketmq_tower_core::sync::lock;
use std::collections::BTreeMap;
use std::ops::Bound::{Excluded, Included};
use std::ops::Range;
use std::sync::Mutex;

type Rows = [BTreeMap<Bytes, Bytes>; StorageTable::ALL.len()];

pub(in crate::storage::tests) struct SimulatedTables {
    disk: Disk,
    state: Mutex<(Option<Checkpoint>, Rows)>,
}

impl SimulatedTables {
    pub(in crate::storage::tests) fn new(disk: Disk) -> Self {
        Self { disk, state: Mutex::default() }
    }

    /// Returns the same tables on the disk of after a crash.
    pub(in crate::storage::tests) fn on(&self, disk: Disk) -> Self {
        Self { disk, state: lock(&self.state).clone().into() }
    }
}

impl Tables for SimulatedTables {
    fn checkpoint(&self) -> Result<Option<Checkpoint>, StorageError> {
        Ok(lock(&self.state).0.clone())
    }

    fn rows(&self, table: StorageTable, range: Range<&[u8]>) -> TableRows {
        let state = lock(&self.state);
        let rows = &state.1[table as usize];
        let rows = rows.range::<[u8], _>((Included(range.start), Excluded(range.end)));
        let rows: Vec<_> = rows.map(|(key, value)| Ok((key.clone(), value.clone()))).collect();
        Box::new(rows.into_iter())
    }

    fn commit(&self, changes: &Changes, checkpoint: &Checkpoint) -> Result<(), StorageError> {
        if self.disk.is_off() {
            return Err(StorageError::Write("the power is off".into()));
        }
        let mut state = lock(&self.state);
        for (rows, changes) in state.1.iter_mut().zip(changes) {
            for (key, value) in changes {
                match value {
                    Some(value) => rows.insert(key.clone(), value.clone()),
                    None => rows.remove(key),
                };
            }
        }
        state.0 = Some(checkpoint.clone());
        Ok(())
    }
}
