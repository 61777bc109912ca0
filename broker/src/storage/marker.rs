//! The store's marker: a small file beside the log that says what must be there.
//!
//! It is written in place, so that it never needs new room on the disk. Numbers are big endian.
//!
//! | page | content |
//! |---|---|
//! | 0 and 1, in turn | where the log begins, each synced before the next one is written |
//! | 2 | the position of the last checkpoint, at least: it is not synced |
//!
//! | page's fields | bytes |
//! |---|---|
//! | magic | 4 |
//! | the secret of the log's checksums, which also identifies the store | 4 |
//! | three numbers | 8 each |
//! | CRC-32 of all that | 4 |

use super::files::{File, Folder};
use std::io;
use std::sync::Arc;

/// The name of the file.
const NAME: &str = "store";

/// Its name until it is complete.
const NEW: &str = "store.new";

const MAGIC: [u8; 4] = *b"RTS1";

const PAGE: u64 = 4096;

/// The page with the position of the last checkpoint.
const POSITION: u64 = 2;

/// The size of a page's fields, in bytes.
const FIELDS: usize = 36;

/// Where the log begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Begin {
    /// The offset of its first byte that was not deleted.
    pub(super) start: u64,
    /// The number of segments that were deleted before it.
    pub(super) deleted: u64,
}

/// The marker of a store.
pub(super) struct Marker {
    file: Arc<dyn File>,
    pub(super) secret: u32,
    pub(super) begin: Begin,
    /// The number of times that `begin` was written.
    written: u64,
    /// Tables of an earlier checkpoint than this one have lost something.
    pub(super) position: u64,
}

impl Marker {
    /// Opens the marker of the log in `folder`; `None` if it is missing or damaged.
    pub(super) fn open(folder: &dyn Folder) -> io::Result<Option<Self>> {
        let file = match folder.open(NAME) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            file => file?,
        };
        let mut begins = Vec::new();
        for page in [0, 1] {
            begins.extend(read_page(&*file, page)?);
        }
        let Some((secret, [written, start, deleted])) =
            begins.into_iter().max_by_key(|(_, [written, ..])| *written)
        else {
            return Ok(None);
        };
        let position = read_page(&*file, POSITION)?.filter(|(of, _)| *of == secret);
        let position = position.map_or(0, |(_, [position, ..])| position);
        Ok(Some(Self { file, secret, begin: Begin { start, deleted }, written, position }))
    }

    /// Creates the marker, in place of one that is damaged.
    pub(super) fn create(folder: &dyn Folder, secret: u32, begin: Begin) -> io::Result<Self> {
        match folder.remove(NEW) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            _ => {}
        }
        let file = folder.create(NEW)?;
        file.set_len((POSITION + 1) * PAGE)?;
        let mut marker = Self { file, secret, begin, written: 0, position: 0 };
        marker.begin(begin)?;
        marker.note(0)?;
        marker.file.sync_data()?;
        folder.rename(NEW, NAME)?;
        folder.sync()?;
        Ok(marker)
    }

    /// Stores where the log begins. When it returns, that survives a loss of power.
    pub(super) fn begin(&mut self, begin: Begin) -> io::Result<()> {
        let written = self.written + 1;
        self.write_page(written % 2, [written, begin.start, begin.deleted])?;
        self.file.sync_data()?;
        (self.written, self.begin) = (written, begin);
        Ok(())
    }

    /// Stores the position of a complete checkpoint, which may be forgotten by a loss of power.
    pub(super) fn note(&mut self, position: u64) -> io::Result<()> {
        self.write_page(POSITION, [position, 0, 0])?;
        self.position = position;
        Ok(())
    }

    fn write_page(&self, page: u64, numbers: [u64; 3]) -> io::Result<()> {
        let mut fields = Vec::with_capacity(FIELDS);
        fields.extend_from_slice(&MAGIC);
        fields.extend_from_slice(&self.secret.to_be_bytes());
        numbers.iter().for_each(|number| fields.extend_from_slice(&number.to_be_bytes()));
        let crc = crc32fast::hash(&fields);
        fields.extend_from_slice(&crc.to_be_bytes());
        self.file.write_at(&fields, page * PAGE)
    }
}

/// Reads the secret and the numbers of a page; `None` if it is not whole.
fn read_page(file: &dyn File, page: u64) -> io::Result<Option<(u32, [u64; 3])>> {
    let mut fields = [0; FIELDS];
    match file.read_at(&mut fields, page * PAGE) {
        Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => return Ok(None),
        read => read?,
    }
    let Some((rest, crc)) = fields.split_last_chunk::<4>() else { return Ok(None) };
    let Some((head, numbers)) = rest.split_first_chunk::<8>() else { return Ok(None) };
    if crc32fast::hash(rest) != u32::from_be_bytes(*crc) || head[..4] != MAGIC {
        return Ok(None);
    }
    let secret = u32::from_be_bytes([head[4], head[5], head[6], head[7]]);
    let [a, b, c] = *numbers.as_chunks::<8>().0 else { return Ok(None) };
    Ok(Some((secret, [a, b, c].map(u64::from_be_bytes))))
}
