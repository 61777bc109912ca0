//! The consumer offsets: how far each group has consumed each queue.

use crate::log::{Log, LogError, LogWrite};
use crate::storage::{StorageBatch, StorageTable};
use rocketmq_tower::BoxError;
use rocketmq_tower_core::sync::lock;
use std::collections::HashMap;
use std::ops::ControlFlow;
use std::sync::{Arc, Mutex};

/// The maximum number of pairs of group and topic.
const MAX_TABLES: usize = 1_000_000;

/// The consumer offsets of all groups, in memory and in the store.
pub(crate) struct Offsets {
    /// By group and topic, then by the queue's id; -1 for no offset.
    tables: Mutex<HashMap<(String, String), Vec<i64>>>,
    log: Arc<Log>,
}

impl Offsets {
    /// Reads the offsets from the store.
    pub(crate) fn open(log: Arc<Log>) -> Result<Self, BoxError> {
        let offsets = Self { tables: Mutex::default(), log };
        let mut rows = Vec::new();
        offsets.log.storage().scan(StorageTable::Offsets, b""..b"\xff", &mut |key, row| {
            rows.push((key.to_vec(), row.to_vec()));
            ControlFlow::Continue(())
        })?;
        for (key, row) in rows {
            let (group, topic, queue) = parse_key(&key).ok_or("an offset without a name")?;
            offsets.note(group, topic, queue, i64::from_be_bytes(row.as_slice().try_into()?));
        }
        Ok(offsets)
    }

    pub(crate) fn get(&self, group: &str, topic: &str, queue: i32) -> Option<i64> {
        let tables = lock(&self.tables);
        let table = tables.get(&(group.to_owned(), topic.to_owned()))?;
        table.get(usize::try_from(queue).ok()?).copied().filter(|&offset| offset >= 0)
    }

    /// Sets an offset, and does not wait until it is stored.
    pub(crate) async fn update(
        &self,
        group: &str,
        topic: &str,
        queue: i32,
        offset: i64,
    ) -> Result<(), LogError> {
        let Ok(queue) = u16::try_from(queue) else { return Ok(()) };
        if self.note(group, topic, queue, offset) == Noted::New {
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
    ) -> Result<(), LogError> {
        let Ok(queue) = u16::try_from(queue) else { return Ok(()) };
        if self.note(group, topic, queue, offset) == Noted::NoRoom {
            return Ok(());
        }
        // Also if it is known: it may not be stored yet, or an earlier write may have failed.
        self.log.write(row(group, topic, queue, offset)).await.map(drop)
    }

    fn note(&self, group: &str, topic: &str, queue: u16, offset: i64) -> Noted {
        let mut tables = lock(&self.tables);
        let name = (group.to_owned(), topic.to_owned());
        if tables.len() >= MAX_TABLES && !tables.contains_key(&name) {
            return Noted::NoRoom;
        }
        let table = tables.entry(name).or_default();
        let queue = usize::from(queue);
        if table.len() <= queue {
            table.resize(queue + 1, -1);
        }
        match std::mem::replace(&mut table[queue], offset) {
            old if old == offset => Noted::Known,
            _ => Noted::New,
        }
    }
}

/// The effect of an offset in memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Noted {
    New,
    Known,
    NoRoom,
}

/// Returns the write of an offset's row.
fn row(group: &str, topic: &str, queue: u16, offset: i64) -> LogWrite {
    let mut rows = StorageBatch::default();
    rows.put(StorageTable::Offsets, key(group, topic, queue), offset.to_be_bytes().to_vec());
    LogWrite::rows(rows)
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
    use super::{key, parse_key};

    #[test]
    fn a_key_is_parsed_back() {
        assert_eq!(parse_key(&key("group", "%RETRY%group", 7)), Some(("group", "%RETRY%group", 7)));
        assert_eq!(parse_key(b"group"), None);
    }
}
