//! The consumer offsets: how far each group has consumed each queue.

mod of_group;
mod resets;

use crate::log::{Log, LogError, LogWrite};
use crate::sharded::Sharded;
use crate::storage::{StorageBatch, StorageTable};
pub(crate) use of_group::OffsetPair;
use resets::Resets;
use rocketmq_tower::BoxError;
use std::collections::HashMap;
use std::ops::ControlFlow;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};

/// The bounds of the table of offsets.
#[derive(Clone, Copy, Debug)]
pub(crate) struct OffsetLimits {
    /// The maximum number of pairs of group and topic.
    pub(crate) pairs: usize,
    /// The maximum size of all of them, in bytes.
    pub(crate) bytes: usize,
}

impl OffsetLimits {
    pub(crate) const DEFAULT: Self = Self { pairs: 1_000_000, bytes: 256 * 1024 * 1024 };
}

/// The bytes of a pair beside its names and offsets.
const PAIR_BYTES: usize = 128;

/// Why an offset was not set.
#[derive(Clone, Debug, thiserror::Error)]
pub(crate) enum OffsetError {
    #[error("the broker has no room for the offset of another group and topic")]
    NoRoom,
    #[error("there is no queue with this number")]
    NoQueue,
    #[error("too many offsets were reset for groups that do not pull")]
    TooManyResets,
    #[error(transparent)]
    Log(#[from] LogError),
}

/// The consumer offsets of all groups, in memory and in the store.
pub(crate) struct Offsets {
    /// By group and topic, then by the queue's id; -1 for no offset.
    tables: Sharded<HashMap<Box<str>, Vec<i64>>>,
    limits: OffsetLimits,
    pairs: AtomicUsize,
    bytes: AtomicUsize,
    resets: Resets,
    log: Arc<Log>,
}

impl Offsets {
    /// Reads the offsets from the store.
    pub(crate) fn open(log: Arc<Log>, limits: OffsetLimits) -> Result<Self, BoxError> {
        // Keeps all offsets that are stored, also if they are more than the limits.
        let limitless = OffsetLimits { pairs: usize::MAX, bytes: usize::MAX };
        let (pairs, bytes) = (AtomicUsize::new(0), AtomicUsize::new(0));
        let (tables, resets) = (Sharded::default(), Resets::default());
        let mut offsets = Self { tables, limits: limitless, pairs, bytes, resets, log };
        let mut rows = Vec::new();
        offsets.log.storage().scan(StorageTable::Offsets, b""..b"\xff", &mut |key, row| {
            rows.push((key.to_vec(), row.to_vec()));
            ControlFlow::Continue(())
        })?;
        for (key, row) in rows {
            let (group, topic, queue) = parse_key(&key).ok_or("an offset without a name")?;
            offsets.note(group, topic, queue, i64::from_be_bytes(row.as_slice().try_into()?))?;
        }
        offsets.limits = limits;
        Ok(offsets)
    }

    pub(crate) fn get(&self, group: &str, topic: &str, queue: i32) -> Option<i64> {
        let tables = self.tables.of(group);
        let table = tables.get(&*pair(group, topic))?;
        table.get(usize::try_from(queue).ok()?).copied().filter(|&offset| offset >= 0)
    }

    /// Sets an offset, and does not wait until it is stored.
    pub(crate) async fn update(
        &self,
        group: &str,
        topic: &str,
        queue: i32,
        offset: i64,
    ) -> Result<(), OffsetError> {
        let queue = u16::try_from(queue).map_err(|_| OffsetError::NoQueue)?;
        if self.note(group, topic, queue, offset)? {
            self.log.write_later(row(group, topic, queue, offset)).await?;
        }
        Ok(())
    }

    /// Sets an offset, and waits until it is stored.
    pub(crate) async fn store(
        &self,
        group: &str,
        topic: &str,
        queue: i32,
        offset: i64,
    ) -> Result<(), OffsetError> {
        let queue = u16::try_from(queue).map_err(|_| OffsetError::NoQueue)?;
        self.note(group, topic, queue, offset)?;
        // Also if it is known: it may not be stored yet, or an earlier write may have failed.
        self.log.write(row(group, topic, queue, offset)).await?;
        Ok(())
    }

    /// Sets an offset in memory, and adds its row to those that the caller writes.
    pub(crate) fn advance(
        &self,
        group: &str,
        topic: &str,
        queue: i32,
        offset: i64,
        rows: &mut StorageBatch,
    ) -> Result<(), OffsetError> {
        let queue = u16::try_from(queue).map_err(|_| OffsetError::NoQueue)?;
        self.note(group, topic, queue, offset)?;
        put_row(rows, group, topic, queue, offset);
        Ok(())
    }

    /// Sets an offset in memory, and returns whether it is another one than before.
    fn note(&self, group: &str, topic: &str, queue: u16, offset: i64) -> Result<bool, OffsetError> {
        let (pair, queue) = (pair(group, topic), usize::from(queue));
        let mut tables = self.tables.of(group);
        let known = tables.get_mut(&*pair);
        let length = known.as_ref().map_or(0, |table| table.len());
        if length <= queue {
            let grown = (queue + 1 - length) * size_of::<i64>();
            let new = if known.is_none() { PAIR_BYTES + pair.len() } else { 0 };
            self.take(usize::from(known.is_none()), grown + new)?;
        }
        let table = match known {
            Some(table) => table,
            None => tables.entry(pair).or_default(),
        };
        if table.len() <= queue {
            table.reserve_exact(queue + 1 - table.len());
            table.resize(queue + 1, -1);
        }
        Ok(std::mem::replace(&mut table[queue], offset) != offset)
    }

    /// Gives back the room of a pair that was removed.
    fn give_back(&self, pair: &str, table: &[i64]) {
        self.pairs.fetch_sub(1, Relaxed);
        self.bytes.fetch_sub(PAIR_BYTES + pair.len() + size_of_val(table), Relaxed);
    }

    /// Takes room for more pairs and bytes.
    fn take(&self, pairs: usize, bytes: usize) -> Result<(), OffsetError> {
        let all_pairs = self.pairs.fetch_add(pairs, Relaxed) + pairs;
        let all_bytes = self.bytes.fetch_add(bytes, Relaxed) + bytes;
        if all_pairs > self.limits.pairs || all_bytes > self.limits.bytes {
            self.pairs.fetch_sub(pairs, Relaxed);
            self.bytes.fetch_sub(bytes, Relaxed);
            return Err(OffsetError::NoRoom);
        }
        Ok(())
    }
}

/// Returns the key of a pair in memory.
fn pair(group: &str, topic: &str) -> Box<str> {
    [group, topic].join("\0").into()
}

/// Returns the write of an offset's row.
fn row(group: &str, topic: &str, queue: u16, offset: i64) -> LogWrite {
    let mut rows = StorageBatch::default();
    put_row(&mut rows, group, topic, queue, offset);
    LogWrite::rows(rows)
}

fn put_row(rows: &mut StorageBatch, group: &str, topic: &str, queue: u16, offset: i64) {
    rows.put(StorageTable::Offsets, key(group, topic, queue), offset.to_be_bytes().to_vec());
}

/// Returns the key of an offset's row. Names of groups and topics have no zero byte.
fn key(group: &str, topic: &str, queue: u16) -> Vec<u8> {
    let mut key = [group.as_bytes(), topic.as_bytes(), b""].join(&0);
    key.extend(queue.to_be_bytes());
    key
}

fn parse_key(key: &[u8]) -> Option<(&str, &str, u16)> {
    let (names, queue) = key.split_last_chunk::<2>()?;
    let (group, topic) = std::str::from_utf8(names).ok()?.strip_suffix('\0')?.split_once('\0')?;
    Some((group, topic, u16::from_be_bytes(*queue)))
}

#[cfg(test)]
mod tests {
    use super::{OffsetError, OffsetLimits, Offsets, key, parse_key};
    use crate::Flush;
    use crate::log::Log;
    use crate::storage::MemoryStorage;
    use std::sync::Arc;

    #[tokio::test]
    async fn what_has_no_room_is_an_error_and_what_is_known_goes_on() {
        let log = Log::start(Arc::new(MemoryStorage::default()), Flush::Sync).unwrap();
        let log = Arc::new(log);
        for limits in [
            OffsetLimits { pairs: 2, ..OffsetLimits::DEFAULT },
            OffsetLimits { bytes: 300, ..OffsetLimits::DEFAULT },
        ] {
            let offsets = Offsets::open(Arc::clone(&log), limits).unwrap();
            for group in ["a", "b"] {
                offsets.store(group, "T", 0, 1).await.unwrap();
            }
            let refused = [
                offsets.store("c", "T", 0, 1).await,
                offsets.update("c", "T", 0, 1).await,
                offsets.update("a", "U", 0, 1).await,
            ];
            assert!(refused.iter().all(|full| matches!(full, Err(OffsetError::NoRoom))));
            assert_eq!((offsets.get("c", "T", 0), offsets.get("b", "T", 0)), (None, Some(1)));
            offsets.store("b", "T", 0, 2).await.unwrap();
            assert_eq!(offsets.get("b", "T", 0), Some(2));
        }
        // All offsets that are stored are read, also if they are more than the limits.
        let none = OffsetLimits { pairs: 0, bytes: 0 };
        let offsets = Offsets::open(log, none).unwrap();
        assert_eq!(offsets.get("b", "T", 0), Some(2));
        offsets.store("b", "T", 0, 3).await.unwrap();
    }

    #[test]
    fn a_key_is_parsed_back() {
        assert_eq!(parse_key(&key("group", "%RETRY%group", 7)), Some(("group", "%RETRY%group", 7)));
        assert_eq!(parse_key(b"group"), None);
    }
}
