//! The log: an append-only sequence of bytes in files, the segments.
//!
//! Offsets in the log are those of its bytes, from the first one that was ever written. Segments are
//! contiguous, and a round lies in one segment.

mod ahead;
mod buffers;
mod first;
mod format;
mod open_files;
mod read;
mod recent;
mod recover;
mod rows;
mod search;
mod segment;
mod spares;
#[cfg(test)]
mod tests;

use super::files::{File, Folder, is_full};
use super::{Round, StorageError};
use crate::Flush;
use crate::log::CommitLogOffset;
use ahead::Ahead;
use buffers::Buffers;
use bytes::Bytes;
pub(super) use format::queue_offset;
use format::{Format, ROUND_HEADER, RoundHeader, is_record};
use open_files::{MAX_WRITTEN, OpenFiles};
use recent::Recent;
use recover::Recovered;
pub(super) use recover::{Replay, Replayed};
use rocketmq_tower_core::sync::{lock, read, write};
use segment::{Segment, Segments};
pub(super) use segment::{name, segment_bases};
use spares::Spares;
use std::io;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, RwLock};

/// How the log is kept.
#[derive(Clone, Copy, Debug)]
pub(super) struct LogOptions {
    /// The size at which a segment is full, in bytes. A longer round has a segment of its own.
    pub(super) segment_size: u64,
    /// The start of all checksums.
    pub(super) secret: u32,
    /// With [`Flush::Sync`], segments are prepared, so that a sync has less to write.
    pub(super) flush: Flush,
    /// Goes on after a damaged part instead of failing.
    pub(super) skip_damage: bool,
}

/// The state of the log as far as the last checkpoint tells it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Known {
    /// The offset of the round from which on the log is replayed.
    pub(super) start: u64,
    /// Everything before this offset is on the disk.
    pub(super) durable: u64,
    /// No record before `durable` was stored later, in ms since 1970.
    pub(super) time: i64,
    /// The offset of the first byte that was not deleted, if there is no file.
    pub(super) begin: u64,
}

/// Segments that can be deleted.
#[derive(Clone, Copy, Debug)]
pub(super) struct Old {
    pub(super) count: usize,
    /// The offset at which they end.
    pub(super) end: u64,
}

/// The log. `append` and `place` are called by one thread.
pub(super) struct SegmentLog {
    folder: Arc<dyn Folder>,
    options: LogOptions,
    format: Format,
    segments: RwLock<Segments>,
    files: Arc<OpenFiles>,
    recent: Recent,
    spares: Spares,
    writing: Mutex<Writing>,
    end: AtomicU64,
    /// Everything before this offset is on the disk.
    durable: AtomicU64,
    /// The names of the segments up to the one with this base are on the disk.
    named: AtomicU64,
    /// How many files were removed that could not be begun, and how many of these removals are on the disk.
    removed: AtomicU64,
    removed_synced: AtomicU64,
    /// The disk has failed: what was written since may be lost.
    failed: AtomicBool,
}

/// The state of the writer.
struct Writing {
    /// The latest time of storing, in ms since 1970.
    time: i64,
    buffers: Buffers,
    ahead: Ahead,
}

impl SegmentLog {
    /// Opens the log in `folder`. `replay` gets, in order, all that was stored from `known.start` on.
    pub(super) fn open(
        folder: Arc<dyn Folder>,
        options: LogOptions,
        known: Known,
        replay: &mut Replay<'_>,
    ) -> Result<Self, StorageError> {
        let format = Format::new(options.secret);
        let files = Arc::new(OpenFiles::new(Arc::clone(&folder)));
        let skip = options.skip_damage;
        let recovered = recover::recover(&*folder, &files, format, known, skip, replay)?;
        let Recovered { segments, end, time } = recovered;
        let keep = options.flush == Flush::Sync;
        let spares = Spares::open(Arc::clone(&folder), options.segment_size, keep)
            .map_err(StorageError::read)?;
        Ok(Self {
            folder,
            options,
            format,
            segments: RwLock::new(segments),
            files,
            recent: Recent::new(end),
            spares,
            writing: Writing { time, buffers: Buffers::default(), ahead: Ahead::default() }.into(),
            end: end.into(),
            durable: known.durable.into(),
            named: 0.into(),
            removed: 0.into(),
            removed_synced: 0.into(),
            failed: false.into(),
        })
    }

    /// Returns the offset of the next round.
    pub(super) fn end(&self) -> u64 {
        self.end.load(Ordering::Acquire)
    }

    /// Returns the latest time of storing, in ms since 1970.
    pub(super) fn time(&self) -> i64 {
        lock(&self.writing).time
    }

    /// Returns the offset of the first byte that was not deleted.
    pub(super) fn start(&self) -> u64 {
        read(&self.segments).front().map_or(0, |first| first.base)
    }

    /// Sets the offsets of the records of the next round.
    pub(super) fn place(&self, round: &mut Round) {
        let mut at = self.end() + ROUND_HEADER as u64;
        for record in &mut round.records {
            record.at = CommitLogOffset::new(at);
            at += record.record.len() as u64;
        }
    }

    /// Appends a round. After an error that [is final](StorageError::is_final), no more rounds are taken.
    pub(super) fn append(&self, round: &Round, flush: Flush) -> Result<(), StorageError> {
        let mut writing = lock(&self.writing);
        if self.failed.load(Ordering::Acquire) {
            return Err(StorageError::write("the disk has failed before"));
        }
        if !round.records.iter().all(|record| is_record(&record.record)) {
            return Err(StorageError::Record);
        }
        let base = self.end();
        let times = round.records.iter().map(|record| record.stored_at);
        let time = times.fold(writing.time, i64::max);
        let header = RoundHeader { base, durable: self.durable.load(Ordering::Acquire), time };
        let bytes = self.encode(&mut writing.buffers, header, round);
        let segment = self.segment_for(&mut writing, &bytes, header);
        let segment = segment.map_err(|error| self.write_failed(error))?;
        // The last one's file is open.
        let file = segment.file().map_err(|error| self.write_failed(error))?;
        let written = file.write_at(&bytes, base - segment.base);
        written.map_err(|error| self.write_failed(error))?;
        if flush == Flush::Sync {
            let end = base + bytes.len() as u64 - segment.base;
            let limit = self.options.segment_size;
            match writing.ahead.prepare(&*file, end, bytes.len(), limit) {
                // There was still room for the round itself.
                Err(error) if is_full(&error) => {}
                zeros => zeros.map_err(|error| self.write_failed(error))?,
            }
        }
        writing.time = time;
        self.end.store(base + bytes.len() as u64, Ordering::Release);
        if flush == Flush::Sync || self.files.written() >= MAX_WRITTEN {
            self.sync()?;
        }
        self.recent.push(base, bytes);
        Ok(())
    }

    fn encode(&self, buffers: &mut Buffers, header: RoundHeader, round: &Round) -> Bytes {
        let records = round.records.iter().map(|record| record.record.len());
        let size = ROUND_HEADER + records.sum::<usize>() + rows::encoded_len(&round.rows);
        let buffer = buffers.with_room(size, header.base, self.recent.start());
        self.format.encode(header, round, buffer);
        buffer.split().freeze()
    }

    /// Returns the last segment, or a new one if the round does not fit.
    fn segment_for(
        &self,
        writing: &mut Writing,
        round: &[u8],
        header: RoundHeader,
    ) -> io::Result<Arc<Segment>> {
        let last = read(&self.segments).back().cloned();
        if let Some(last) = last {
            let filled = header.base - last.base;
            if filled == 0 || filled + round.len() as u64 <= self.options.segment_size {
                return Ok(last);
            }
        }
        self.roll(writing, header.base, header.time)
    }

    /// Begins the next segment.
    fn roll(&self, writing: &mut Writing, base: u64, time: i64) -> io::Result<Arc<Segment>> {
        let name = segment::name(base);
        let (file, written) = match self.spares.take(&name)? {
            Some(file) => (file, self.options.segment_size),
            None => (self.create(&name)?, 0),
        };
        let segment = Arc::new(Segment::new(base, time, Arc::clone(&self.files)));
        self.files.begin(base, file);
        write(&self.segments).push_back(Arc::clone(&segment));
        writing.ahead.begin(written);
        Ok(segment)
    }

    /// Creates a file. With [`Flush::Sync`], it has its length at once, so that no sync has to write a
    /// new one.
    fn create(&self, name: &str) -> io::Result<Arc<dyn File>> {
        let file = self.folder.create(name)?;
        if self.options.flush == Flush::Sync
            && let Err(error) = file.set_len(self.options.segment_size)
        {
            // Otherwise it could not be created when there is room again. As the next round may fit into the
            // last segment, the removal has to be on the disk before that round counts.
            self.folder.remove(name)?;
            self.removed.fetch_add(1, Ordering::AcqRel);
            return Err(error);
        }
        Ok(file)
    }

    /// Returns the error of a write. With a full disk or too many open files, the log stays as it was, and
    /// the next round is written to the same place.
    fn write_failed(&self, error: io::Error) -> StorageError {
        let error = StorageError::disk(error);
        if error.is_final() {
            self.failed.store(true, Ordering::Release);
        }
        error
    }

    /// Makes everything that was appended survive a loss of power. Returns the offset up to which it
    /// does.
    pub(super) fn sync(&self) -> Result<u64, StorageError> {
        let (end, durable) = (self.end(), self.durable.load(Ordering::Acquire));
        self.sync_from(durable, end).map_err(|error| {
            self.failed.store(true, Ordering::Release);
            StorageError::write(error)
        })?;
        self.durable.fetch_max(end, Ordering::AcqRel);
        self.files.synced(end);
        Ok(end)
    }

    fn sync_from(&self, durable: u64, end: u64) -> io::Result<()> {
        if durable >= end {
            return Ok(());
        }
        let (written, newest): (Vec<_>, _) = {
            let segments = read(&self.segments);
            let first = segments.partition_point(|segment| segment.base <= durable);
            let written = segments.range(first.saturating_sub(1)..).map(Arc::clone);
            (written.collect(), segments.back().map_or(0, |last| last.base))
        };
        for segment in written {
            match segment.file() {
                // Deleted meanwhile.
                Err(_) if segment.base < self.start() => {}
                file => file?.sync_data()?,
            }
        }
        let removed = self.removed.load(Ordering::Acquire);
        let is_removed = self.removed_synced.load(Ordering::Acquire) >= removed;
        // The first name may be new while `named` is zero, as a segment may begin there.
        if newest >= self.named.load(Ordering::Acquire) || !is_removed {
            self.folder.sync()?;
            self.named.fetch_max(newest + 1, Ordering::AcqRel);
            self.removed_synced.fetch_max(removed, Ordering::AcqRel);
        }
        Ok(())
    }

    /// Returns whether no more rounds are taken.
    pub(super) fn has_failed(&self) -> bool {
        self.failed.load(Ordering::Acquire)
    }

    /// Makes all later appends fail: what is derived from the log could not be kept.
    pub(super) fn fail(&self) {
        self.failed.store(true, Ordering::Release);
    }

    /// Returns the start of the log after all records were deleted that were stored before `oldest`, in
    /// ms since 1970, as far as that is possible.
    pub(super) fn start_after(&self, oldest: i64) -> u64 {
        let segments = read(&self.segments);
        let first = segments.iter().rfind(|segment| segment.time < oldest);
        first.or(segments.front()).map_or(0, |segment| segment.base)
    }

    /// Returns the number of segments that begin before this offset.
    pub(super) fn count_before(&self, offset: u64) -> u64 {
        read(&self.segments).partition_point(|segment| segment.base < offset) as u64
    }

    /// Returns the segments whose records were all stored before `oldest`, in ms since 1970, and lie
    /// before `needed`.
    pub(super) fn old_segments(&self, oldest: i64, needed: u64) -> Old {
        let segments = read(&self.segments);
        let old = |segment: &Arc<Segment>| segment.time < oldest && segment.base <= needed;
        let count = segments.iter().rposition(old).unwrap_or(0);
        Old { count, end: segments.get(count).map_or(0, |first| first.base) }
    }

    #[cfg(test)]
    pub(super) fn trim(&self, oldest: i64, needed: u64) -> io::Result<u64> {
        self.delete(self.old_segments(oldest, needed), false)
    }

    /// Deletes the oldest segments. With `needs_room`, no files are kept to be used again. Returns the
    /// offset of the first byte that is left. Called by one thread at a time.
    pub(super) fn delete(&self, old: Old, needs_room: bool) -> io::Result<u64> {
        let (deleted, start) = {
            let mut segments = write(&self.segments);
            let deleted: Vec<_> = segments.drain(..old.count).collect();
            (deleted, segments.front().map_or(0, |first| first.base))
        };
        self.files.forget_before(start);
        if self.spares.retire(deleted, needs_room)? {
            // Oldest first, so that those that are left after a loss of power have no gap.
            self.folder.sync()?;
        }
        Ok(start)
    }

    /// Begins a new segment if all records were stored before `oldest`, in ms since 1970, so that all of
    /// them can be deleted.
    pub(super) fn retire_before(&self, oldest: i64) -> Result<(), StorageError> {
        let mut writing = lock(&self.writing);
        let end = self.end();
        let begun = read(&self.segments).back().is_some_and(|last| last.base < end);
        if begun && writing.time < oldest {
            let time = writing.time;
            self.roll(&mut writing, end, time).map_err(|error| self.write_failed(error))?;
        }
        Ok(())
    }
}
