//! The log: an append-only sequence of bytes in files, the segments.
//!
//! Offsets in the log are those of its bytes, from the first one that was ever written. Segments are
//! contiguous, and a round lies in one segment.

mod format;
mod read;
mod recent;
mod recover;
mod rows;
mod search;
mod segment;
mod spares;
#[cfg(test)]
mod tests;

use super::files::{Folder, is_out_of_files};
use super::{Round, StorageError};
use crate::Flush;
use crate::log::CommitLogOffset;
use bytes::{Bytes, BytesMut};
pub(super) use format::queue_offset;
use format::{FRAME_HEADER, Format, ROUND_HEADER, RoundHeader};
use recent::Recent;
use recover::Recovered;
pub(super) use recover::{Replay, Replayed};
use rocketmq_tower_core::sync::{lock, read, write};
pub(super) use segment::first_offset;
use segment::{Segment, Segments};
use spares::Spares;
use std::io;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, RwLock};

/// The memory that is taken at once for encoded rounds.
const BUFFER: usize = 256 * 1024;

/// How the log is kept.
#[derive(Clone, Copy, Debug)]
pub(super) struct LogOptions {
    /// The size at which a segment is full, in bytes. A longer round has a segment of its own.
    pub(super) segment_size: u64,
    /// The start of all checksums.
    pub(super) secret: u32,
    /// With [`Flush::Sync`], segments are filled with zeros ahead, so that a sync has less to write.
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
}

/// The log. `append` and `place` are called by one thread.
pub(super) struct SegmentLog {
    folder: Arc<dyn Folder>,
    options: LogOptions,
    format: Format,
    segments: RwLock<Segments>,
    recent: Recent,
    spares: Spares,
    writing: Mutex<Writing>,
    end: AtomicU64,
    /// Everything before this offset is on the disk.
    durable: AtomicU64,
    /// The names of the segments up to the one with this base are on the disk.
    named: AtomicU64,
    /// The disk has failed: what was written since may be lost.
    failed: AtomicBool,
}

/// The state of the writer.
struct Writing {
    /// The latest time of storing, in ms since 1970.
    time: i64,
    buffer: BytesMut,
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
        let recovered = recover::recover(&*folder, format, known, options.skip_damage, replay)?;
        let Recovered { segments, end, time } = recovered;
        let ahead = options.flush == Flush::Sync;
        let spares = Spares::open(Arc::clone(&folder), options.segment_size, ahead)
            .map_err(StorageError::read)?;
        Ok(Self {
            folder,
            options,
            format,
            segments: RwLock::new(segments),
            recent: Recent::new(end),
            spares,
            writing: Mutex::new(Writing { time, buffer: BytesMut::new() }),
            end: end.into(),
            durable: known.durable.into(),
            named: 0.into(),
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
            at += FRAME_HEADER as u64;
            record.at = CommitLogOffset::new(at);
            at += record.record.len() as u64;
        }
    }

    /// Appends a round. After an error other than [`StorageError::Full`], no more rounds are taken.
    pub(super) fn append(&self, round: &Round, flush: Flush) -> Result<(), StorageError> {
        let mut writing = lock(&self.writing);
        if self.failed.load(Ordering::Acquire) {
            return Err(StorageError::write("the disk has failed before"));
        }
        let base = self.end();
        let times = round.records.iter().map(|record| record.stored_at);
        let time = times.fold(writing.time, i64::max);
        let header = RoundHeader { base, durable: self.durable.load(Ordering::Acquire), time };
        let bytes = self.encode(&mut writing.buffer, header, round);
        let segment = self.segment_for(&bytes, header).map_err(|error| self.write_failed(error))?;
        let written = segment.file.write_at(&bytes, base - segment.base);
        written.map_err(|error| self.write_failed(error))?;
        writing.time = time;
        self.end.store(base + bytes.len() as u64, Ordering::Release);
        if flush == Flush::Sync {
            self.sync()?;
        }
        self.recent.push(base, bytes);
        Ok(())
    }

    fn encode(&self, buffer: &mut BytesMut, header: RoundHeader, round: &Round) -> Bytes {
        let records = round.records.iter().map(|record| FRAME_HEADER + record.record.len());
        let size = ROUND_HEADER + records.sum::<usize>() + rows::encoded_len(&round.rows);
        if buffer.capacity() < size {
            *buffer = BytesMut::with_capacity(size.max(BUFFER));
        }
        self.format.encode(header, round, buffer);
        buffer.split().freeze()
    }

    /// Returns the last segment, or a new one if the round does not fit.
    fn segment_for(&self, round: &[u8], header: RoundHeader) -> io::Result<Arc<Segment>> {
        let last = read(&self.segments).back().cloned();
        if let Some(last) = last {
            let filled = header.base - last.base;
            let size = self.options.segment_size;
            if filled < size / 2 && filled + round.len() as u64 >= size / 2 {
                self.spares.want();
            }
            if filled == 0 || filled + round.len() as u64 <= size {
                return Ok(last);
            }
        }
        self.roll(header.base, header.time)
    }

    /// Begins the next segment.
    fn roll(&self, base: u64, time: i64) -> io::Result<Arc<Segment>> {
        let name = segment::name(base);
        let file = match self.spares.take(&name)? {
            Some(file) => file,
            None => self.folder.create(&name)?,
        };
        let segment = Arc::new(Segment { base, time, file });
        write(&self.segments).push_back(Arc::clone(&segment));
        Ok(segment)
    }

    /// Returns the error of a write. With a full disk or too many open files, the log stays as it was, and the next round is
    /// written to the same place.
    fn write_failed(&self, error: io::Error) -> StorageError {
        match error.kind() {
            io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => StorageError::Full(error),
            _ if is_out_of_files(&error) => StorageError::Files(error),
            _ => {
                self.failed.store(true, Ordering::Release);
                StorageError::write(error)
            }
        }
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
            segment.file.sync_data()?;
        }
        // The first name may be new while `named` is zero, as a segment may begin there.
        if newest >= self.named.load(Ordering::Acquire) {
            self.folder.sync()?;
            self.named.fetch_max(newest + 1, Ordering::AcqRel);
        }
        Ok(())
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

    /// Deletes the segments whose records were all stored before `oldest`, in ms since 1970, and lie
    /// before `needed`. Returns the offset of the first byte that is left.
    pub(super) fn trim(&self, oldest: i64, needed: u64) -> io::Result<u64> {
        let (deleted, start) = {
            let mut segments = write(&self.segments);
            let old = |segment: &Arc<Segment>| segment.time < oldest && segment.base <= needed;
            let count = segments.iter().rposition(old).unwrap_or(0);
            let deleted: Vec<_> = segments.drain(..count).collect();
            (deleted, segments.front().map_or(0, |first| first.base))
        };
        if !deleted.is_empty() {
            for segment in deleted {
                self.spares.retire(segment)?;
            }
            // Oldest first, so that those that are left after a loss of power have no gap.
            self.folder.sync()?;
        }
        Ok(start)
    }

    /// Begins a new segment if all records were stored before `oldest`, in ms since 1970, so that all of
    /// them can be deleted.
    pub(super) fn retire_before(&self, oldest: i64) -> Result<(), StorageError> {
        let writing = lock(&self.writing);
        let end = self.end();
        let begun = read(&self.segments).back().is_some_and(|last| last.base < end);
        if begun && writing.time < oldest {
            self.roll(end, writing.time).map_err(|error| self.write_failed(error))?;
        }
        Ok(())
    }
}
