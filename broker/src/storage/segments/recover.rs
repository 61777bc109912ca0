//! Reads the log again after a start.

use super::format::{Format, Heading, Part, ROUND_HEADER, heading, parts};
use super::open_files::OpenFiles;
use super::segment::{self, Segment, Segments};
use super::{Known, rows, search};
use crate::log::CommitLogOffset;
use crate::storage::files::{File, Folder};
use crate::storage::{StorageBatch, StorageError};
use std::io;
use std::ops::Range;
use std::sync::Arc;

/// The number of bytes that are read at once, if a round is not longer.
const READ: usize = 1024 * 1024;

/// The result of reading the log.
pub(in crate::storage) struct Recovered {
    pub(super) segments: Segments,
    pub(super) end: u64,
    pub(super) time: i64,
}

/// A part of a round, and its offset in the log. A record has no offset in itself.
pub(in crate::storage) enum Replayed<'a> {
    Record { at: CommitLogOffset, queue: u32, keyed: bool, record: &'a [u8] },
    Rows { at: CommitLogOffset, rows: StorageBatch },
}

/// Gets the parts of all rounds, in order.
pub(in crate::storage) type Replay<'a> = dyn FnMut(Replayed<'_>) -> Result<(), StorageError> + 'a;

/// Reads all that was stored from `known.start` on, and cuts off a round that was not written as a
/// whole.
pub(super) fn recover(
    folder: &dyn Folder,
    files: &Arc<OpenFiles>,
    format: Format,
    known: Known,
    skip_damage: bool,
    replay: &mut Replay<'_>,
) -> Result<Recovered, StorageError> {
    let segments = segment::open_all(folder, files).map_err(StorageError::read)?;
    let Known { start: at, durable, time, begin, .. } = known;
    let mut recovery =
        Recovery { format, segments, begin, skip_damage, current: 0, at, durable, time };
    recovery.find_start()?;
    loop {
        recovery.replay_rounds(replay)?;
        let later = search::rounds_after(format, &recovery.segments, recovery.current, recovery.at)
            .map_err(StorageError::read)?;
        match later {
            Some(later) if later.proves_damage || recovery.at < known.durable => {
                recovery.skip_to(later.first)?;
            }
            None if recovery.at < known.durable => recovery.skip_to(known.durable)?,
            later => {
                recovery.cut(folder, files, later.is_some()).map_err(StorageError::read)?;
                let Recovery { segments, at, time, .. } = recovery;
                return Ok(Recovered { segments, end: at, time });
            }
        }
    }
}

struct Recovery {
    format: Format,
    segments: Segments,
    /// The offset of the log's first byte that was not deleted.
    begin: u64,
    skip_damage: bool,
    /// The number of the segment that `at` is in.
    current: usize,
    at: u64,
    /// Everything before this offset is on the disk.
    durable: u64,
    time: i64,
}

impl Recovery {
    fn find_start(&mut self) -> Result<(), StorageError> {
        let next = self.segments.partition_point(|segment| segment.base <= self.at);
        let Some(current) = next.checked_sub(1) else {
            return match self.segments.front() {
                // Nothing was stored since the log began, or all of it was deleted.
                None if self.at == self.begin => Ok(()),
                Some(first) if self.skip_damage => {
                    self.at = first.base;
                    Ok(())
                }
                _ => self.damaged(),
            };
        };
        self.current = current;
        let segment = &self.segments[current];
        let file = segment.file().map_err(StorageError::read)?;
        let length = file.len().map_err(StorageError::read)?;
        if segment.base + length >= self.at {
            return Ok(());
        }
        if !self.skip_damage {
            return self.damaged();
        }
        // The files after it are lost.
        if let Some(next) = self.segments.get(current + 1) {
            self.at = next.base;
            self.current += 1;
            return Ok(());
        }
        file.set_len(self.at - segment.base).map_err(StorageError::write)
    }

    fn damaged(&self) -> Result<(), StorageError> {
        let base = self.segments.get(self.current).map_or(self.at, |segment| segment.base);
        Err(StorageError::Damaged { file: segment::name(base), offset: self.at })
    }

    /// Replays rounds up to the first that is not there or not whole.
    fn replay_rounds(&mut self, replay: &mut Replay<'_>) -> Result<(), StorageError> {
        while let Some(segment) = self.segments.get(self.current) {
            let first = self.at.max(self.durable);
            let mut window = Window::new(segment).map_err(StorageError::read)?;
            while let Some((heading, round)) =
                window.round(self.format, self.at).map_err(StorageError::read)?
            {
                for (start, part) in parts(round) {
                    replay(self.replayed(self.at + start as u64, part)?)?;
                }
                self.time = self.time.max(heading.header.time);
                self.at += heading.length as u64;
            }
            write_again(segment, first..self.at).map_err(StorageError::write)?;
            match self.segments.get(self.current + 1) {
                Some(next) if next.base == self.at => self.current += 1,
                _ => break,
            }
        }
        Ok(())
    }

    fn replayed<'a>(&self, at: u64, part: Part<'a>) -> Result<Replayed<'a>, StorageError> {
        Ok(match part {
            Part::Record { queue, keyed, record } => {
                Replayed::Record { at: CommitLogOffset::new(at), queue, keyed, record }
            }
            Part::Rows(bytes) => {
                let rows = rows::decode(bytes).ok_or_else(|| {
                    StorageError::read("the log is that of a later version of this program")
                })?;
                Replayed::Rows { at: CommitLogOffset::new(at), rows }
            }
        })
    }

    /// Goes on at the round at `next`: what lies before it is damaged, though it was on the disk.
    fn skip_to(&mut self, next: u64) -> Result<(), StorageError> {
        if !self.skip_damage {
            return self.damaged();
        }
        let (offset, bytes) = (self.at, next - self.at);
        tracing::error!(offset, bytes, "a part of the log is damaged, and is skipped");
        self.at = next;
        self.find_start()
    }

    /// Removes what lies after the end. `stale`: there are whole rounds, which would come back when the
    /// rounds that are written next end just before one of them.
    fn cut(&mut self, folder: &dyn Folder, files: &OpenFiles, stale: bool) -> io::Result<()> {
        let Some(current) = self.segments.get(self.current) else { return Ok(()) };
        let after = self.segments.len() > self.current + 1;
        if stale || after {
            tracing::warn!(offset = self.at, "rounds that were not written as a whole are cut off");
            // Newest first, so that those that are left after a loss of power have no gap.
            for segment in self.segments.range(self.current + 1..).rev() {
                folder.remove(&segment::name(segment.base))?;
            }
            folder.sync()?;
            let file = current.file()?;
            file.set_len(self.at - current.base)?;
            file.sync_data()?;
            self.segments.truncate(self.current + 1);
            let last = self.segments.back().map_or(0, |last| last.base);
            files.cut_after(last, file);
        }
        Ok(())
    }
}

/// Writes the bytes at these offsets of the log again, as they were read. After a sync that failed, the
/// system has them in its memory only, and takes them for written: a later sync would not write them.
fn write_again(segment: &Segment, offsets: Range<u64>) -> io::Result<()> {
    let file = segment.file()?;
    let (mut at, mut buffer) = (offsets.start, Vec::new());
    while at < offsets.end {
        let length = (offsets.end - at).min(READ as u64);
        buffer.resize(length as usize, 0);
        file.read_at(&mut buffer, at - segment.base)?;
        file.write_at(&buffer, at - segment.base)?;
        at += length;
    }
    Ok(())
}

/// Reads rounds of a segment through a buffer.
struct Window<'a> {
    segment: &'a Segment,
    file: Arc<dyn File>,
    length: u64,
    buffer: Vec<u8>,
    /// The place of the buffer's first byte in the file.
    start: u64,
}

impl<'a> Window<'a> {
    fn new(segment: &'a Segment) -> io::Result<Self> {
        let file = segment.file()?;
        Ok(Self { segment, length: file.len()?, file, buffer: Vec::new(), start: 0 })
    }

    /// Returns the round at this offset of the log, and its heading; `None` if it is not there or not
    /// whole.
    fn round(&mut self, format: Format, at: u64) -> io::Result<Option<(Heading, &[u8])>> {
        let place = at - self.segment.base;
        let Some(head) = self.bytes(place, ROUND_HEADER)? else { return Ok(None) };
        let Some(heading) = heading(head, at) else { return Ok(None) };
        let round = self.bytes(place, heading.length)?;
        Ok(round.filter(|round| format.is_whole(&heading, round)).map(|round| (heading, round)))
    }

    fn bytes(&mut self, place: u64, count: usize) -> io::Result<Option<&[u8]>> {
        if count as u64 > self.length.saturating_sub(place) {
            return Ok(None);
        }
        let buffered = self.start..self.start + self.buffer.len() as u64;
        if place < buffered.start || place + count as u64 > buffered.end {
            let length = (count.max(READ) as u64).min(self.length - place);
            self.buffer.resize(length as usize, 0);
            self.start = place;
            if let Err(error) = self.file.read_at(&mut self.buffer, place) {
                self.buffer.clear();
                return Err(error);
            }
        }
        let from = (place - self.start) as usize;
        Ok(self.buffer.get(from..from + count))
    }
}
