//! Storage in a folder: the log, and what is derived from it.
//!
//! The log has everything. The indexes and the tables have the state of the last checkpoint on the
//! disk; a start replays from the log what came after it.

use super::checkpoint::{Checkpointer, State};
use super::files::{Folder, RealFolder, create_folder};
use super::fjall_tables::FjallTables;
use super::inventory::{self, Inventory};
use super::key_index::KeyIndex;
use super::queue_index::QueueIndex;
use super::segments::{Known, LogOptions, Replayed, SegmentLog, queue_offset};
use super::tables::{LiveTables, Tables};
use super::{QueueEntry, Reads, Round, Storage, StorageError, StorageTable, Visit};
use crate::Flush;
use crate::log::{CommitLogOffset, index};
use bytes::{Bytes, BytesMut};
use std::ops::{ControlFlow, Range};
use std::path::Path;
use std::sync::Arc;

/// How the store is kept.
#[derive(Clone, Copy, Debug)]
pub(crate) struct DiskOptions {
    pub(crate) flush: Flush,
    /// The size of the log's files, in bytes.
    pub(crate) segment_size: u64,
    /// Goes on after a damaged part of the log instead of failing.
    pub(crate) skip_damage: bool,
    /// The size of the log after a checkpoint at which the next one is made, in bytes.
    pub(crate) checkpoint_every: u64,
}

impl DiskOptions {
    /// The default size of the log's files.
    pub(crate) const SEGMENT_SIZE: u64 = 64 * 1024 * 1024;

    pub(crate) fn new(flush: Flush) -> Self {
        Self {
            flush,
            segment_size: Self::SEGMENT_SIZE,
            skip_damage: false,
            checkpoint_every: 64 * 1024 * 1024,
        }
    }
}

/// Storage in a folder.
pub(crate) struct DiskStorage {
    checkpointer: Checkpointer,
}

/// Opens the store in `folder`, which is created if it does not exist.
pub(crate) fn open(folder: &Path, options: DiskOptions) -> Result<DiskStorage, StorageError> {
    let failed = |error| StorageError::Folder(folder.into(), error);
    if folder.join("keyspaces").exists() {
        return Err(StorageError::OldFormat(folder.into()));
    }
    create_folder(folder).map_err(failed)?;
    create_folder(&folder.join("tables")).map_err(failed)?;
    // First the tables, which only one process can open.
    let tables = FjallTables::open(&folder.join("tables")).map_err(|error| match error {
        StorageError::InUse(_) => StorageError::InUse(folder.into()),
        error => error,
    })?;
    let part = |name| RealFolder::open(&folder.join(name)).map(Arc::new).map_err(failed);
    DiskStorage::open(part("log")?, part("index")?, Arc::new(tables), options)
}

impl DiskStorage {
    /// Opens a store whose parts are in these places.
    pub(super) fn open(
        log: Arc<dyn Folder>,
        index: Arc<dyn Folder>,
        tables: Arc<dyn Tables>,
        options: DiskOptions,
    ) -> Result<Self, StorageError> {
        let found = inventory::take(&*log, &*index, &*tables, options.skip_damage)?;
        let opened = match Opened::open(&log, &index, tables.clone(), options, &found, false) {
            Err(StorageError::Index { file, offset }) => {
                tracing::warn!(file, offset, "the index is damaged, and is made anew");
                Opened::open(&log, &index, tables, options, &found, true)?
            }
            opened => opened?,
        };
        let Opened { log, queues, keys, live, is_rebuilt } = opened;
        let Inventory { checkpoint, marker, .. } = found;
        let state = State::new(log, queues, keys, live, checkpoint, marker);
        if is_rebuilt {
            let stored = state.checkpoint();
            let finish = || inventory::finish_rebuild(&*index).map_err(StorageError::disk);
            if let Err(error) = stored.and_then(|()| finish()) {
                let error = &error as &dyn std::error::Error;
                tracing::warn!(error, "the next start makes the indexes anew again");
            }
        }
        let checkpointer = Checkpointer::start(state, options.checkpoint_every);
        Ok(Self { checkpointer: checkpointer.map_err(StorageError::read)? })
    }

    fn state(&self) -> &State {
        self.checkpointer.state()
    }

    /// Makes a checkpoint now.
    #[cfg(test)]
    pub(super) fn checkpoint(&self) -> Result<(), StorageError> {
        self.checkpointer.checkpoint()
    }
}

/// The log, and what is derived from it.
struct Opened {
    log: SegmentLog,
    queues: QueueIndex,
    keys: KeyIndex,
    live: LiveTables,
    is_rebuilt: bool,
}

impl Opened {
    /// Opens all parts and replays the log from the checkpoint. With `rebuild`, the indexes are made from
    /// the whole log.
    fn open(
        log: &Arc<dyn Folder>,
        index: &Arc<dyn Folder>,
        tables: Arc<dyn Tables>,
        options: DiskOptions,
        found: &Inventory,
        rebuild: bool,
    ) -> Result<Self, StorageError> {
        let (checkpoint, rebuild) = (&found.checkpoint, rebuild || found.rebuild);
        let first = CommitLogOffset::new(found.marker.begin.start);
        let position = CommitLogOffset::new(checkpoint.position).max(first);
        let from = if rebuild { first } else { position };
        if rebuild {
            inventory::begin_rebuild(&**index).map_err(StorageError::disk)?;
        }
        let queues = QueueIndex::open(&**index, first..from)?;
        let keys = KeyIndex::open(Arc::clone(index), first..from)?;
        let live = LiveTables::new(tables);
        let log_options = LogOptions {
            segment_size: options.segment_size,
            secret: checkpoint.secret,
            flush: options.flush,
            skip_damage: options.skip_damage,
        };
        let mut replay = |part: Replayed<'_>| {
            match part {
                Replayed::Rows { at, rows } if at >= position => _ = live.apply(rows),
                Replayed::Rows { .. } => {}
                Replayed::Record { at, queue, keyed, record } => {
                    let Some(offset) = queue_offset(record) else { return Ok(()) };
                    let (tag, hashes) = index::describe(record);
                    queues.push(
                        queue,
                        offset,
                        QueueEntry { at, size: record.len() as u32, tag },
                    )?;
                    if keyed {
                        hashes.iter().for_each(|hash| keys.push(hash, at));
                    }
                }
            }
            Ok(())
        };
        let known = Known {
            start: from.as_u64(),
            durable: position.as_u64().max(found.marker.position),
            time: checkpoint.time,
            begin: first.as_u64(),
        };
        let log = SegmentLog::open(Arc::clone(log), log_options, known, &mut replay)?;
        live.scan(StorageTable::Ends, &[]..&[0xff; 5], &mut |number, end| {
            if let (Ok(number), Ok(end)) = (number.try_into(), end.try_into()) {
                queues.ensure(u32::from_be_bytes(number), i64::from_be_bytes(end));
            }
            ControlFlow::Continue(())
        })?;
        Ok(Self { log, queues, keys, live, is_rebuilt: rebuild })
    }
}

impl Storage for DiskStorage {
    fn scan(
        &self,
        table: StorageTable,
        range: Range<&[u8]>,
        visit: &mut Visit<'_>,
    ) -> Result<(), StorageError> {
        self.state().tables.scan(table, range, visit)
    }

    fn place(&self, round: &mut Round) -> Result<(), StorageError> {
        self.state().log.place(round);
        Ok(())
    }

    fn append(&self, round: Round, flush: Flush) -> Result<(), StorageError> {
        round.rows.check()?;
        self.checkpointer.append(round, flush)
    }

    fn record(&self, at: CommitLogOffset) -> Result<Option<Bytes>, StorageError> {
        self.state().log.record(at)
    }

    fn is_recent(&self, at: CommitLogOffset) -> bool {
        self.state().log.is_recent(at)
    }

    fn entries(
        &self,
        queue: u32,
        offsets: Range<i64>,
        reads: Reads,
        entries: &mut Vec<QueueEntry>,
    ) -> Result<(), StorageError> {
        self.state().queues.entries(queue, offsets, reads, entries)
    }

    fn copy(
        &self,
        entries: &[QueueEntry],
        reads: Reads,
        body: &mut BytesMut,
    ) -> Result<(), StorageError> {
        self.state().log.copy(entries, reads, body)
    }

    fn bounds(&self, queue: u32) -> Result<Range<i64>, StorageError> {
        Ok(self.state().queues.bounds(queue))
    }

    fn log_bounds(&self) -> Range<u64> {
        let state = self.state();
        state.log.start()..state.log.end()
    }

    fn first_time(&self) -> Result<Option<i64>, StorageError> {
        self.state().log.first_time()
    }

    fn next_queue(&self) -> u32 {
        self.state().queues.next_number()
    }

    fn find(&self, hash: u64, max: usize) -> Result<Vec<CommitLogOffset>, StorageError> {
        self.state().keys.find(hash, max)
    }

    fn trim(&self, oldest: i64) -> Result<Vec<(u32, i64)>, StorageError> {
        self.checkpointer.trim(oldest)
    }
}
