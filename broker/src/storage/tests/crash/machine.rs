//! A machine with a store, which loses power, is killed, and has faults of its disk.

use super::ledger::{Ledger, LedgerRecord, apply};
use super::tables::SimulatedTables;
use crate::Flush;
use crate::storage::disk::{DiskOptions, DiskStorage};
use crate::storage::files::simulated::{Disk, Random};
use crate::storage::{Storage, StorageError};
use std::collections::BTreeMap;
use std::sync::Arc;

type Rows = BTreeMap<Vec<u8>, Vec<u8>>;

pub(super) struct Machine {
    pub(super) disk: Disk,
    tables: Arc<SimulatedTables>,
    pub(super) storage: Option<DiskStorage>,
    pub(super) ledger: Ledger,
    /// The rows after each round, with those of no round first.
    rows: Vec<Rows>,
    /// The number of rounds that a loss of power must keep.
    pub(super) durable: usize,
    /// A round whose append has failed: it may be there after a crash.
    uncertain: Option<(Vec<LedgerRecord>, Rows)>,
    pub(super) options: DiskOptions,
    pub(super) random: Random,
}

impl Machine {
    pub(super) fn new(options: DiskOptions, seed: u64) -> Self {
        let disk = Disk::default();
        let mut machine = Self {
            tables: Arc::new(SimulatedTables::new(disk.clone())),
            disk,
            storage: None,
            ledger: Ledger::default(),
            rows: vec![Rows::new()],
            durable: 0,
            uncertain: None,
            options,
            random: Random::new(seed),
        };
        machine.storage = Some(machine.try_open().unwrap());
        machine
    }

    fn try_open(&self) -> Result<DiskStorage, StorageError> {
        let folder = |name| self.disk.folder(name);
        DiskStorage::open(folder("log"), folder("index"), self.tables.clone(), self.options)
    }

    /// Opens the store on the disk as it is now.
    pub(super) fn reopen(&mut self) -> Result<DiskStorage, StorageError> {
        self.tables = Arc::new(self.tables.on(self.disk.clone()));
        self.try_open()
    }

    pub(super) fn storage(&self) -> &DiskStorage {
        self.storage.as_ref().unwrap()
    }

    /// Appends a round. After an error that is final, the machine is to be crashed.
    pub(super) fn append(&mut self, flush: Flush) -> Result<(), StorageError> {
        let storage = self.storage.as_ref().unwrap();
        let (round, records) = self.ledger.next(storage, &mut self.random);
        let mut rows = self.rows.last().unwrap().clone();
        apply(&round, &mut rows);
        match storage.append(round, flush) {
            Ok(()) => {
                self.ledger.rounds.push(records);
                self.rows.push(rows);
                self.uncertain = None;
                if matches!(flush, Flush::Sync) {
                    self.durable = self.ledger.rounds.len();
                }
                Ok(())
            }
            Err(error) => {
                self.uncertain = Some((records, rows));
                Err(error)
            }
        }
    }

    /// Makes a checkpoint, which makes all rounds durable.
    pub(super) fn checkpoint(&mut self) -> Result<(), StorageError> {
        self.storage().checkpoint()?;
        self.durable = self.ledger.rounds.len();
        Ok(())
    }

    pub(super) fn trim(&mut self, oldest: i64) -> Result<(), StorageError> {
        self.ledger.oldest = self.ledger.oldest.max(oldest);
        self.storage().trim(oldest).map(drop)
    }

    /// Stops the store as a loss of power or the end of the process would do: it changes nothing more.
    pub(super) fn stop(&mut self) {
        self.disk.power_off();
        self.storage = None;
    }

    /// Starts again after a loss of power. `interrupted` lets the power fail again during the start.
    pub(super) fn crash(&mut self, seed: u64, interrupted: Option<u64>) {
        self.stop();
        self.disk = self.disk.crash(seed);
        self.restart(interrupted);
        // What was found on the disk is there for good.
        self.durable = self.ledger.rounds.len();
    }

    /// Starts again after the process was killed: the operating system still has all that was written.
    pub(super) fn kill(&mut self) {
        let must = self.ledger.rounds.len();
        self.stop();
        self.disk = self.disk.copy();
        self.restart(None);
        assert!(self.ledger.rounds.len() >= must, "a killed process has lost rounds");
    }

    fn restart(&mut self, interrupted: Option<u64>) {
        self.tables = Arc::new(self.tables.on(self.disk.clone()));
        if let Some(changes) = interrupted {
            self.disk.power_off_after(changes);
            let storage = self.try_open();
            if storage.is_err() || self.disk.is_off() {
                drop(storage);
                assert!(self.disk.is_off(), "a start failed without a fault");
                self.disk = self.disk.crash(changes);
                return self.restart(None);
            }
            self.disk.power_on();
            self.storage = Some(storage.unwrap());
        } else {
            self.storage = Some(self.try_open().unwrap());
        }
        self.check_restarted();
    }

    /// Cuts the ledger to what the store has, which must be all that is durable.
    fn check_restarted(&mut self) {
        let found = Ledger::rounds_in(self.storage());
        let rounds = &mut self.ledger.rounds;
        assert!(found >= self.durable, "{found} rounds, but {} are durable", self.durable);
        if let Some((records, rows)) = self.uncertain.take() {
            rounds.push(records);
            self.rows.push(rows);
        }
        assert!(found <= rounds.len(), "{found} rounds, but {} were appended", rounds.len());
        rounds.truncate(found);
        self.rows.truncate(found + 1);
        self.check();
    }

    pub(super) fn check(&self) {
        self.ledger.check(self.storage());
        assert_eq!(Ledger::rows(self.storage()), *self.rows.last().unwrap());
    }
}
