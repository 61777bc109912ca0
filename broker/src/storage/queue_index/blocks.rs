//! The file of blocks.
//!
//! It consists of groups: a page of headers, and then as many blocks. So all headers are read fast at
//! the start. Headers of blocks that are free are zeros, or get so with the next checkpoint.

use super::header::{HEADER, Header, encode};
use super::{FILE, QueueEntry, StorageError};
use crate::storage::files::{File, Folder};
use std::collections::BTreeSet;
use std::io;
use std::sync::Arc;

/// The size of a block and of a page of headers, in bytes.
pub(super) const BLOCK: usize = 4096;

/// The number of blocks in a group.
const GROUP: u32 = (BLOCK / HEADER) as u32;

/// The size of a group, in bytes.
const GROUP_SIZE: u64 = (GROUP as u64 + 1) * BLOCK as u64;

/// A block of a queue.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Block {
    /// The log's offset of its first entry.
    pub(super) first_at: u64,
    pub(super) number: u32,
    /// The checksum of its bytes.
    pub(super) crc: u32,
}

/// The blocks of the file: which are free, and how they are written.
pub(super) struct Blocks {
    file: Arc<dyn File>,
    free: BTreeSet<u32>,
    /// The number of blocks in the file.
    count: u32,
    /// Blocks that the last checkpoint still needs.
    retired: Vec<u32>,
    /// Blocks that are free, but whose headers are not zeros.
    uncleared: Vec<u32>,
}

/// Returns the file's header of a block, and where its entries are.
fn place(number: u32) -> (u64, u64) {
    let group = u64::from(number / GROUP) * GROUP_SIZE;
    let in_group = u64::from(number % GROUP);
    (group + in_group * HEADER as u64, group + (in_group + 1) * BLOCK as u64)
}

/// Reads a block into `bytes`, which has its length. Returns whether their checksum
/// is right.
pub(super) fn read_block(file: &dyn File, block: Block, bytes: &mut [u8]) -> io::Result<bool> {
    match file.read_at(bytes, place(block.number).1) {
        Ok(()) => Ok(crc32fast::hash(bytes) == block.crc),
        Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => Ok(false),
        Err(error) => Err(error),
    }
}

/// Reads a block like [`read_block`], but without waiting for the disk. `None` if that is not possible.
pub(super) fn read_cached_block(file: &dyn File, block: Block, bytes: &mut [u8]) -> Option<bool> {
    let is_read = file.read_cached_at(bytes, place(block.number).1);
    is_read.then(|| crc32fast::hash(bytes) == block.crc)
}

/// Returns the error for a block with a wrong checksum.
pub(super) fn damaged(number: u32) -> StorageError {
    StorageError::Index { file: FILE.into(), offset: place(number).1 }
}

impl Blocks {
    /// Opens the file, which is created if it does not exist and `is_new`, and returns all headers with
    /// the numbers of their blocks. The blocks without one are free.
    pub(super) fn open(
        folder: &dyn Folder,
        is_new: bool,
    ) -> io::Result<(Self, Vec<(u32, Header)>)> {
        let file = match folder.open(FILE) {
            Err(error) if is_new && error.kind() == io::ErrorKind::NotFound => {
                let file = folder.create(FILE)?;
                folder.sync()?;
                file
            }
            file => file?,
        };
        let mut blocks = Self {
            file,
            free: BTreeSet::new(),
            count: 0,
            retired: Vec::new(),
            uncleared: Vec::new(),
        };
        let headers = blocks.read_headers()?;
        Ok((blocks, headers))
    }

    fn read_headers(&mut self) -> io::Result<Vec<(u32, Header)>> {
        let len = self.file.len()?;
        let mut headers = Vec::new();
        for start in (0..len).step_by(GROUP_SIZE as usize) {
            let mut page = [0; BLOCK];
            let readable = (len - start).min(BLOCK as u64) as usize;
            self.file.read_at(&mut page[..readable], start)?;
            for bytes in page.as_chunks::<HEADER>().0 {
                let number = self.count;
                self.count += 1;
                match Header::decode(bytes) {
                    Some(header) => headers.push((number, header)),
                    None if *bytes == [0; HEADER] => _ = self.free.insert(number),
                    None => self.free_at_once(number),
                }
            }
        }
        Ok(headers)
    }

    pub(super) fn file(&self) -> Arc<dyn File> {
        self.file.clone()
    }

    /// Writes a block to a free place.
    pub(super) fn write(
        &mut self,
        queue: u32,
        first: i64,
        entries: &[QueueEntry],
    ) -> io::Result<Block> {
        let number = self.take();
        self.write_at(number, queue, first, entries).inspect_err(|_| self.free_at_once(number))
    }

    fn write_at(
        &self,
        number: u32,
        queue: u32,
        first: i64,
        entries: &[QueueEntry],
    ) -> io::Result<Block> {
        let bytes = encode(entries);
        let crc = crc32fast::hash(&bytes);
        let header = Header::of(queue, first, entries, crc).ok_or(io::ErrorKind::InvalidInput)?;
        let (header_at, entries_at) = place(number);
        self.file.write_at(&bytes, entries_at)?;
        self.file.write_at(&header.encode(), header_at)?;
        Ok(Block { first_at: header.first_at, number, crc })
    }

    fn take(&mut self) -> u32 {
        if let Some(number) = self.free.pop_first() {
            return number;
        }
        let first = self.count;
        self.count += GROUP;
        self.free.extend(first + 1..self.count);
        first
    }

    /// Frees a block when the next checkpoint is complete.
    pub(super) fn retire(&mut self, number: u32) {
        self.retired.push(number);
    }

    /// Frees a block that the last checkpoint does not need.
    pub(super) fn free_at_once(&mut self, number: u32) {
        self.free.insert(number);
        self.uncleared.push(number);
    }

    /// Frees what the last checkpoint but one needed.
    pub(super) fn free_retired(&mut self) {
        for number in std::mem::take(&mut self.retired) {
            self.free_at_once(number);
        }
    }

    /// Clears the headers of free blocks. To be called before blocks are written, as these may be reused,
    /// and again if the sync fails.
    pub(super) fn clear_headers(&self) -> io::Result<()> {
        self.uncleared
            .iter()
            .try_for_each(|number| self.file.write_at(&[0; HEADER], place(*number).0))
    }

    /// Makes what was written stay, forgets which headers were cleared, and cuts off free blocks at the end
    /// of the file.
    pub(super) fn sync(&mut self) -> io::Result<()> {
        self.file.sync_data()?;
        self.uncleared.clear();
        self.shrink();
        Ok(())
    }

    /// Cuts off groups at the end that have only free blocks. Their headers are zeros on the disk, so that
    /// nothing comes back if a loss of power undoes this.
    fn shrink(&mut self) {
        let before = self.count;
        while self.count > 0 && self.free.range(self.count - GROUP..).count() == GROUP as usize {
            self.count -= GROUP;
            _ = self.free.split_off(&self.count);
        }
        if self.count < before
            && let Err(error) = self.file.set_len(u64::from(self.count / GROUP) * GROUP_SIZE)
        {
            tracing::warn!(%error, "the index of queues could not be shortened");
        }
    }

    /// If far fewer blocks are in use than there are, returns the number from which on blocks are to be
    /// moved, so that the file can be shortened.
    pub(super) fn move_from(&self) -> Option<u32> {
        let used =
            self.count - (self.free.len() + self.retired.len()).min(self.count as usize) as u32;
        let enough = (used.div_ceil(GROUP) + 1) * GROUP;
        (self.count > 2 * enough).then_some(enough)
    }

    /// Writes the entries of a block to a place before `limit`, if there is one.
    pub(super) fn write_copy(
        &mut self,
        (queue, first): (u32, i64),
        entries: &[QueueEntry],
        limit: u32,
    ) -> io::Result<Option<Block>> {
        match self.free.first() {
            Some(&number) if number < limit => self.write(queue, first, entries).map(Some),
            _ => Ok(None),
        }
    }

    /// Returns whether there are blocks that checkpoints are to free.
    pub(super) fn has_work(&self) -> bool {
        !self.retired.is_empty() || !self.uncleared.is_empty()
    }

    pub(super) fn is_clear(&self) -> bool {
        self.uncleared.is_empty()
    }
}
