//! Changes of rows in the log.
//!
//! | changes | bytes |
//! |---|---|
//! | length, with this field, and the highest bit set | 4 |
//! | changes | |
//!
//! | change | bytes |
//! |---|---|
//! | table; with the highest bit, the row is deleted, and there is no value | 1 |
//! | key | 2 + n |
//! | value | 4 + n |

use super::format::ROWS;
use crate::storage::batch::Change;
use crate::storage::{StorageBatch, StorageTable};
use bytes::{Buf, BufMut, Bytes, BytesMut};

/// Marks the deletion of a row.
const DELETED: u8 = 1 << 7;

/// Returns the size of the encoded changes, in bytes.
pub(super) fn encoded_len(rows: &StorageBatch) -> usize {
    let changes = rows.changes().iter();
    let size = |(_, key, value): &Change| 7 + key.len() + value.as_ref().map_or(0, Bytes::len);
    4 + changes.map(size).sum::<usize>()
}

/// Encodes the changes of a batch, whose keys were checked.
pub(super) fn encode(rows: &StorageBatch, bytes: &mut BytesMut) {
    let start = bytes.len();
    bytes.put_u32(0);
    for (table, key, value) in rows.changes() {
        let deleted = if value.is_none() { DELETED } else { 0 };
        bytes.put_u8(*table as u8 | deleted);
        bytes.put_u16(key.len() as u16);
        bytes.put_slice(key);
        if let Some(value) = value {
            bytes.put_u32(value.len() as u32);
            bytes.put_slice(value);
        }
    }
    let length = (bytes.len() - start) as u32 | ROWS;
    bytes[start..start + 4].copy_from_slice(&length.to_be_bytes());
}

/// Decodes changes. `None` if they are from a later version of this program.
pub(super) fn decode(bytes: &[u8]) -> Option<StorageBatch> {
    let mut rest = bytes.get(4..)?;
    let mut rows = StorageBatch::default();
    while !rest.is_empty() {
        let kind = rest.try_get_u8().ok()?;
        let table = *StorageTable::ALL.get(usize::from(kind & !DELETED))?;
        let length = rest.try_get_u16().ok()?;
        let key = part(&mut rest, length.into())?;
        if kind & DELETED != 0 {
            rows.delete(table, key);
        } else {
            let length = rest.try_get_u32().ok()?;
            let value = part(&mut rest, length as usize)?;
            rows.put(table, key, Bytes::copy_from_slice(value));
        }
    }
    Some(rows)
}

fn part<'a>(rest: &mut &'a [u8], length: usize) -> Option<&'a [u8]> {
    let (part, after) = rest.split_at_checked(length)?;
    *rest = after;
    Some(part)
}
