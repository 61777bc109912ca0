//! Reads records.

use super::format::set_offset;
use super::segment::{self, Segment};
use super::{SegmentLog, StorageError};
use crate::log::CommitLogOffset;
use crate::storage::files::is_out_of_files;
use crate::storage::{QueueEntry, Reads};
use bytes::{Bytes, BytesMut};
use rocketmq_tower_core::sync::read;
use std::io;
use std::sync::Arc;

/// The maximum distance between two records that are read at once, in bytes: less than what a read of
/// its own costs.
const GAP: u64 = 4096;

/// The maximum number of bytes that are read at once, if it is not a single record.
const RUN: u64 = 256 * 1024;

impl SegmentLog {
    /// Returns whether this offset is read from memory, or is known not to exist.
    pub(in crate::storage) fn is_recent(&self, at: CommitLogOffset) -> bool {
        at.as_u64() >= self.recent.start()
    }

    /// Returns the record that begins at this offset; `None` if there is none, or if it is damaged.
    pub(in crate::storage) fn record(
        &self,
        at: CommitLogOffset,
    ) -> Result<Option<Bytes>, StorageError> {
        let at = at.as_u64();
        if at < self.start() {
            return Ok(None);
        }
        let record = match self.recent.from(at) {
            Some(bytes) => {
                let whole = record_length(&bytes).and_then(|length| bytes.get(..length));
                whole.map(BytesMut::from)
            }
            None => match self.read_record(at) {
                // It was deleted meanwhile, or is in a part of the log that is lost.
                Err(_) if at < self.start() => None,
                Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => None,
                read => read.map_err(StorageError::read)?,
            },
        };
        let unsealed = record.and_then(|mut record| {
            let is_whole = self.format.unseal(&mut record, at);
            is_whole.then(|| record.freeze())
        });
        Ok(unsealed)
    }

    /// Reads the record at this offset of a file; `None` if there is none.
    fn read_record(&self, at: u64) -> io::Result<Option<BytesMut>> {
        let Some((segment, end)) = self.segment(at) else { return Ok(None) };
        let mut head = [0; 4];
        let room = end.saturating_sub(at);
        if room < head.len() as u64 {
            return Ok(None);
        }
        let file = segment.file()?;
        file.read_at(&mut head, at - segment.base)?;
        let length = record_length(&head).filter(|&length| length as u64 <= room);
        let Some(length) = length else { return Ok(None) };
        let mut record = BytesMut::zeroed(length);
        file.read_at(&mut record, at - segment.base)?;
        Ok(Some(record))
    }

    pub(super) fn segment(&self, at: u64) -> Option<(Arc<Segment>, u64)> {
        segment::find(&read(&self.segments), at, self.end())
    }

    /// Appends the records of `entries` to `body`. Records that were deleted are left out, and so are
    /// damaged ones, with an error in the program's log. Fails if a file cannot be opened.
    pub(in crate::storage) fn copy(
        &self,
        entries: &[QueueEntry],
        reads: Reads,
        body: &mut BytesMut,
    ) -> Result<(), StorageError> {
        // Deleted ones may still be in memory.
        let start = self.start();
        let deleted = entries.iter().take_while(|entry| entry.at.as_u64() < start).count();
        let mut rest = &entries[deleted..];
        while let Some(first) = rest.first() {
            let count = if self.is_recent(first.at) {
                self.copy_recent(rest, reads, body)?
            } else {
                self.copy_run(rest, reads, body)?
            };
            rest = &rest[count..];
        }
        Ok(())
    }

    /// Copies from memory. Returns the number of entries that are done.
    fn copy_recent(
        &self,
        entries: &[QueueEntry],
        reads: Reads,
        body: &mut BytesMut,
    ) -> Result<usize, StorageError> {
        let mut records = Vec::with_capacity(entries.len());
        let parts = entries.iter().map(|entry| (entry.at.as_u64(), entry.size as usize));
        let count = self.recent.parts(parts, |record| records.push(record));
        body.reserve(records.iter().map(Bytes::len).sum());
        for (record, entry) in records.iter().zip(entries) {
            let start = body.len();
            body.extend_from_slice(record);
            set_offset(&mut body[start..], entry.at.as_u64());
        }
        // The first one has left the memory just now.
        if count == 0 { self.copy_run(entries, reads, body) } else { Ok(count) }
    }

    /// Copies from a file the first entry, and those that lie close behind it. Returns the number of
    /// entries that are done.
    fn copy_run(
        &self,
        entries: &[QueueEntry],
        reads: Reads,
        body: &mut BytesMut,
    ) -> Result<usize, StorageError> {
        let Some(first) = entries.first() else { return Ok(0) };
        let Some((segment, segment_end)) = self.segment(first.at.as_u64()) else { return Ok(1) };
        let start = first.at.as_u64();
        let mut end = first.end();
        let mut run = 1;
        for entry in &entries[1..] {
            let near = entry.at.as_u64() >= end && entry.at.as_u64() - end <= GAP;
            if !near || entry.end() - start > RUN || entry.end() > segment_end {
                break;
            }
            end = entry.end();
            run += 1;
        }
        let old = body.len();
        if end <= segment_end {
            body.resize(old + (end - start) as usize, 0);
            if reads == Reads::Cached {
                let file = segment.open_file().ok_or(StorageError::NotCached)?;
                if !file.read_cached_at(&mut body[old..], start - segment.base) {
                    return Err(StorageError::NotCached);
                }
                let kept = self.keep_records(&entries[..run], start, &mut body[old..]);
                body.truncate(old + kept);
                return Ok(run);
            }
            let file = match segment.file() {
                // It is there, and is read when it can be opened again.
                Err(error) if is_out_of_files(&error) => {
                    body.truncate(old);
                    return Err(StorageError::Files(error));
                }
                file => file,
            };
            match file.and_then(|file| file.read_at(&mut body[old..], start - segment.base)) {
                Ok(()) => {
                    let kept = self.keep_records(&entries[..run], start, &mut body[old..]);
                    body.truncate(old + kept);
                    return Ok(run);
                }
                // A part of the disk cannot be read: perhaps that of a single record.
                Err(_) if run > 1 => {
                    body.truncate(old);
                    return self.copy_run(&entries[..1], reads, body);
                }
                // It was deleted meanwhile.
                Err(_) if start < self.start() => {}
                Err(error) => tracing::error!(%error, offset = start, "reading failed"),
            }
        }
        body.truncate(old);
        self.report_damage(first);
        Ok(1)
    }

    /// Moves the records of `entries` to the start of `bytes`, which were read from `start` on. Returns
    /// their length.
    fn keep_records(&self, entries: &[QueueEntry], start: u64, bytes: &mut [u8]) -> usize {
        let mut kept = 0;
        for entry in entries {
            let end = (entry.end() - start) as usize;
            let record = end - entry.size as usize;
            if self.format.unseal(&mut bytes[record..end], entry.at.as_u64()) {
                bytes.copy_within(record..end, kept);
                kept += entry.size as usize;
            } else {
                self.report_damage(entry);
            }
        }
        kept
    }

    fn report_damage(&self, entry: &QueueEntry) {
        // Otherwise it was deleted while it was read, and its file is in use again.
        if entry.at.as_u64() >= self.start() {
            let offset = entry.at.as_u64();
            tracing::error!(offset, size = entry.size, "a message is damaged, and is skipped");
        }
    }
}

/// Returns the length of a record from its first bytes.
fn record_length(record: &[u8]) -> Option<usize> {
    Some(u32::from_be_bytes(*record.first_chunk()?) as usize)
}
