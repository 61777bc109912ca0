//! Zeros after the last round.
//!
//! A sync after a write to new blocks of a file has metadata to write as well, often in a journal: that
//! takes almost as long as the sync itself, and up to 20 KiB. So where rounds are small, zeros are
//! written after one of them, and the next ones replace the zeros. Large rounds are cheaper without, as
//! all of their bytes would be written twice.

use crate::storage::files::File;
use std::io;

/// The mean size of rounds below which zeros are written, in bytes.
const BELOW: u64 = 12 * 1024;

/// The number of zeros that are written at a time.
const AHEAD: u64 = 256 * 1024;

/// The size of a write of zeros. The page cache would keep larger ones as units, each of which is
/// written as a whole by every sync.
const ZEROS: [u8; 4096] = [0; 4096];

/// The part of the last segment whose blocks are written.
pub(super) struct Ahead {
    /// The end of that part, as far as it is known.
    written: u64,
    /// The mean size of the last rounds.
    mean: u64,
}

impl Default for Ahead {
    fn default() -> Self {
        Self { written: 0, mean: BELOW }
    }
}

impl Ahead {
    /// Begins a file, of which this part was written before.
    pub(super) fn begin(&mut self, written: u64) {
        self.written = written;
    }

    /// Writes zeros if they are needed after a round that has this length and ends at this place of the
    /// file, but none after the file's place `end_of_segment`.
    pub(super) fn prepare(
        &mut self,
        file: &dyn File,
        end: u64,
        length: usize,
        end_of_segment: u64,
    ) -> io::Result<()> {
        self.mean = (self.mean * 15 + length as u64) / 16;
        if end <= self.written {
            return Ok(());
        }
        self.written = end;
        if self.mean < BELOW {
            let page = ZEROS.len() as u64;
            let start = end.next_multiple_of(page);
            for at in (start..(start + AHEAD).min(end_of_segment.saturating_sub(page - 1)))
                .step_by(ZEROS.len())
            {
                file.write_at(&ZEROS, at)?;
                self.written = at + page;
            }
        }
        Ok(())
    }
}
