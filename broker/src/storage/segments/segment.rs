//! Segments: the files of the log.

use super::format::{ROUND_HEADER, heading};
use crate::storage::files::{File, Folder};
use std::collections::VecDeque;
use std::io;
use std::sync::Arc;

/// A file of the log. It begins where the one before it ended, and is named by that offset.
pub(super) struct Segment {
    /// The offset of its first byte in the log.
    pub(super) base: u64,
    /// No record before this segment was stored later, in ms since 1970.
    pub(super) time: i64,
    pub(super) file: Arc<dyn File>,
}

/// The segments in order.
pub(super) type Segments = VecDeque<Arc<Segment>>;

/// Returns the name of the segment that begins at `base`.
pub(super) fn name(base: u64) -> String {
    format!("{base:020}")
}

/// Returns the offset at which the segment of this name begins. `None` if it is the name of another
/// file.
pub(super) fn base(name: &str) -> Option<u64> {
    let digits = name.len() == 20 && name.bytes().all(|byte| byte.is_ascii_digit());
    digits.then(|| name.parse().ok())?
}

/// Returns the offset of the first byte of the log in this folder.
pub(in crate::storage) fn first_offset(folder: &dyn Folder) -> io::Result<u64> {
    Ok(folder.list()?.iter().find_map(|name| base(name)).unwrap_or(0))
}

/// Opens all segments of a folder.
pub(super) fn open_all(folder: &dyn Folder) -> io::Result<Segments> {
    let bases = folder.list()?.into_iter().filter_map(|name| base(&name));
    bases.map(|base| Ok(Arc::new(open(folder, base)?))).collect()
}

fn open(folder: &dyn Folder, base: u64) -> io::Result<Segment> {
    let file = folder.open(&name(base))?;
    let mut head = [0; ROUND_HEADER];
    let first = file.read_at(&mut head, 0).ok().and_then(|()| heading(&head, base));
    // Without a first round, the segments before it are kept until a later one shows their age.
    let time = first.map_or(i64::MAX, |first| first.header.time);
    Ok(Segment { base, time, file })
}

/// Returns the segment that has this offset, and the offset at which it ends; `end` is the log's.
pub(super) fn find(segments: &Segments, at: u64, end: u64) -> Option<(Arc<Segment>, u64)> {
    let next = segments.partition_point(|segment| segment.base <= at);
    let segment = segments.get(next.checked_sub(1)?)?;
    let segment_end = segments.get(next).map_or(end, |next| next.base);
    Some((Arc::clone(segment), segment_end))
}
