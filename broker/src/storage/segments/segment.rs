//! Segments: the files of the log.

use super::format::{ROUND_HEADER, heading};
use super::open_files::OpenFiles;
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
    files: Arc<OpenFiles>,
}

impl Segment {
    pub(super) fn new(base: u64, time: i64, files: Arc<OpenFiles>) -> Self {
        Self { base, time, files }
    }

    /// Returns the file, which may have to be opened.
    pub(super) fn file(&self) -> io::Result<Arc<dyn File>> {
        self.files.get(self.base)
    }

    /// Returns the file if it is open.
    pub(super) fn open_file(&self) -> Option<Arc<dyn File>> {
        self.files.get_open(self.base)
    }
}

/// The segments in order.
pub(super) type Segments = VecDeque<Arc<Segment>>;

/// Returns the name of the segment that begins at `base`.
pub(in crate::storage) fn name(base: u64) -> String {
    format!("{base:020}")
}

/// Returns the offset at which the segment of this name begins. `None` if it is the name of another
/// file.
pub(super) fn base(name: &str) -> Option<u64> {
    let digits = name.len() == 20 && name.bytes().all(|byte| byte.is_ascii_digit());
    digits.then(|| name.parse().ok())?
}

/// Returns the offsets at which the segments in this folder begin, in order.
pub(in crate::storage) fn segment_bases(folder: &dyn Folder) -> io::Result<Vec<u64>> {
    Ok(folder.list()?.iter().filter_map(|name| base(name)).collect())
}

/// Finds all segments of a folder. The last one's file stays open.
pub(super) fn open_all(folder: &dyn Folder, files: &Arc<OpenFiles>) -> io::Result<Segments> {
    let bases = segment_bases(folder)?;
    let segments = bases.iter().map(|&base| Ok(Arc::new(open(folder, base, files)?))).collect();
    if let Some(&last) = bases.last() {
        files.begin(last, folder.open(&name(last))?);
    }
    segments
}

fn open(folder: &dyn Folder, base: u64, files: &Arc<OpenFiles>) -> io::Result<Segment> {
    // Closed again: there may be more segments than files that the process may open.
    let file = folder.open(&name(base))?;
    let mut head = [0; ROUND_HEADER];
    let first = file.read_at(&mut head, 0).ok().and_then(|()| heading(&head, base));
    // Without a first round, the segments before it are kept until a later one shows their age.
    let time = first.map_or(i64::MAX, |first| first.header.time);
    Ok(Segment::new(base, time, Arc::clone(files)))
}

/// Returns the segment that has this offset, and the offset at which it ends; `end` is the log's.
pub(super) fn find(segments: &Segments, at: u64, end: u64) -> Option<(Arc<Segment>, u64)> {
    let next = segments.partition_point(|segment| segment.base <= at);
    let segment = segments.get(next.checked_sub(1)?)?;
    let segment_end = segments.get(next).map_or(end, |next| next.base);
    Some((Arc::clone(segment), segment_end))
}
