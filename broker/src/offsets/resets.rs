//! Offsets that tools have reset: the next pull of the group is told where to go on.

use super::{OffsetError, Offsets, pair, row};
use crate::log::LogWrite;
use crate::sharded::Sharded;
use std::collections::{BTreeMap, HashMap};
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};

/// The maximum number of queues whose offsets were reset, and that were not pulled since.
const MAX_RESETS: usize = 100_000;

/// The resets that no pull has seen yet, in memory only, as in Java.
#[derive(Default)]
pub(super) struct Resets {
    /// By group and topic, then by the queue's id.
    tables: Sharded<HashMap<Box<str>, BTreeMap<u16, i64>>>,
    count: AtomicUsize,
}

impl Offsets {
    /// Sets the offsets of a group in a topic, by the queue's id, and waits until they are stored.
    pub(crate) async fn store_all(
        &self,
        group: &str,
        topic: &str,
        offsets: &[(u16, i64)],
    ) -> Result<(), OffsetError> {
        let mut write = LogWrite::default();
        for &(queue, offset) in offsets {
            self.note(group, topic, queue, offset)?;
            write = write.append(row(group, topic, queue, offset));
        }
        self.log.write(write).await?;
        Ok(())
    }

    /// Resets the offsets of a group in a topic, and waits until they are stored. Until the group's next
    /// pull of a queue, commits of that queue are to be ignored.
    pub(crate) async fn reset(
        &self,
        group: &str,
        topic: &str,
        offsets: &[(u16, i64)],
    ) -> Result<(), OffsetError> {
        if self.resets.count.load(Relaxed) + offsets.len() > MAX_RESETS {
            return Err(OffsetError::TooManyResets);
        }
        // The offsets first: a pull may come in between.
        self.store_all(group, topic, offsets).await?;
        let mut tables = self.resets.tables.of(group);
        let table = tables.entry(pair(group, topic)).or_default();
        let before = table.len();
        table.extend(offsets.iter().copied());
        self.resets.count.fetch_add(table.len() - before, Relaxed);
        Ok(())
    }

    /// Returns whether the offset of a queue was reset since the group has pulled it.
    pub(crate) fn is_reset(&self, group: &str, topic: &str, queue: i32) -> bool {
        if self.resets.count.load(Relaxed) == 0 {
            return false;
        }
        let tables = self.resets.tables.of(group);
        let table = tables.get(&*pair(group, topic));
        u16::try_from(queue)
            .is_ok_and(|queue| table.is_some_and(|table| table.contains_key(&queue)))
    }

    /// Takes the offset to which a queue was reset since the group has pulled it.
    pub(crate) fn take_reset(&self, group: &str, topic: &str, queue: i32) -> Option<i64> {
        if self.resets.count.load(Relaxed) == 0 {
            return None;
        }
        let queue = u16::try_from(queue).ok()?;
        let mut tables = self.resets.tables.of(group);
        let pair = pair(group, topic);
        let table = tables.get_mut(&pair)?;
        let offset = table.remove(&queue)?;
        if table.is_empty() {
            tables.remove(&pair);
        }
        self.resets.count.fetch_sub(1, Relaxed);
        Some(offset)
    }

    /// Forgets the resets of groups and topics for which `gone` returns true.
    pub(super) fn forget_resets(&self, gone: impl Fn(&str, &str) -> bool) {
        if self.resets.count.load(Relaxed) == 0 {
            return;
        }
        for mut tables in self.resets.tables.each() {
            tables.retain(|pair, table| {
                let is_gone =
                    pair.split_once('\0').is_some_and(|(group, topic)| gone(group, topic));
                if is_gone {
                    self.resets.count.fetch_sub(table.len(), Relaxed);
                }
                !is_gone
            });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::{OffsetError, OffsetLimits, Offsets};
    use super::MAX_RESETS;
    use crate::Flush;
    use crate::log::Log;
    use crate::storage::MemoryStorage;
    use std::sync::Arc;
    use std::sync::atomic::Ordering::Relaxed;

    #[tokio::test]
    async fn a_reset_is_taken_once_and_resets_are_bounded() {
        let log = Log::start(Arc::new(MemoryStorage::default()), Flush::Sync).unwrap();
        let offsets = Offsets::open(Arc::new(log), OffsetLimits::DEFAULT).unwrap();
        offsets.reset("g", "T", &[(0, 5), (3, 6)]).await.unwrap();
        offsets.reset("g", "T", &[(3, 7)]).await.unwrap();
        assert_eq!(
            [0, 3, 1, -1].map(|queue| offsets.is_reset("g", "T", queue)),
            [true, true, false, false]
        );
        assert_eq!((offsets.get("g", "T", 0), offsets.get("g", "T", 3)), (Some(5), Some(7)));
        assert_eq!([(); 2].map(|()| offsets.take_reset("g", "T", 3)), [Some(7), None]);
        let many: Vec<_> = (0..1000).map(|queue| (queue, 1)).collect();
        for group in 0..MAX_RESETS / 1000 {
            let name = group.to_string();
            let reset = offsets.reset(&name, "T", &many).await;
            assert_eq!(reset.is_err(), group == MAX_RESETS / 1000 - 1, "{group}");
            assert!(matches!(reset, Ok(()) | Err(OffsetError::TooManyResets)));
        }
        drop(offsets.remove(|group, _| group == "g"));
        assert!(!offsets.is_reset("g", "T", 0));
        drop(offsets.remove(|_, _| true));
        assert_eq!(offsets.resets.count.load(Relaxed), 0);
    }
}
