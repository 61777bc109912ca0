//! Finds the blocks of each queue at the start.

use super::FILE;
use super::blocks::{Block, Blocks, damaged};
use super::header::{ENTRIES, Header};
use super::queue::Queue;
use crate::log::CommitLogOffset;
use crate::storage::StorageError;
use crate::storage::files::Folder;
use std::cmp::Reverse;
use std::collections::{HashMap, VecDeque};
use std::io;
use std::ops::Range;
use std::sync::Arc;

pub(super) struct Opened {
    pub(super) blocks: Blocks,
    pub(super) queues: HashMap<u32, Arc<Queue>>,
}

/// Opens the index as it was at the checkpoint at the end of `log`. All of that checkpoint's entries are
/// in blocks that have no later ones, so that the others are free.
pub(super) fn open(
    folder: &dyn Folder,
    log: &Range<CommitLogOffset>,
) -> Result<Opened, StorageError> {
    let is_new = log.is_empty();
    let (mut blocks, mut headers) = match Blocks::open(folder, is_new) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            return Err(StorageError::Index { file: FILE.into(), offset: 0 });
        }
        opened => opened.map_err(StorageError::read)?,
    };
    headers.retain(|(number, header)| {
        let is_stored = header.last_at < log.end.as_u64();
        if !is_stored {
            blocks.free_at_once(*number);
        }
        is_stored
    });
    // The newest block of each queue first, and of copies of a block the longest.
    headers.sort_unstable_by_key(|(_, header)| {
        (header.queue, Reverse(header.first), Reverse(header.count))
    });
    let mut queues = HashMap::new();
    for headers in headers.chunk_by(|(_, a), (_, b)| a.queue == b.queue) {
        let queue = queue(headers, &mut blocks, log.start.as_u64())?;
        queues.insert(queue.number, Arc::new(queue));
    }
    Ok(Opened { blocks, queues })
}

/// Makes a queue of its headers, and frees the blocks that are copies of others or trimmed.
fn queue(
    headers: &[(u32, Header)],
    free: &mut Blocks,
    log_start: u64,
) -> Result<Queue, StorageError> {
    let (_, last) = headers[0];
    let stored = last.first + i64::from(last.count);
    let mut base = stored;
    let mut blocks = VecDeque::new();
    for (number, header) in headers {
        let is_next = blocks.is_empty()
            || header.first + ENTRIES as i64 == base && header.count as usize == ENTRIES;
        if is_next {
            base = header.first;
            let Header { first_at, crc, .. } = *header;
            blocks.push_front(Block { first_at, number: *number, crc });
        } else if header.first == base || header.last_at < log_start {
            free.free_at_once(*number);
        } else {
            return Err(damaged(*number));
        }
    }
    Ok(Queue::with_blocks(last.queue, base, blocks, stored))
}
