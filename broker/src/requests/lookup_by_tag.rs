//! Finds messages by their tags, by the hashes of tags in the indexes of queues. Java's broker has them in its
//! index of keys, which takes room for each message.

use super::offsets::by_time;
use crate::log::{CommitLogOffset, index};
use crate::storage::{MAX_ENTRIES, Reads, Storage, StorageError};
use crate::topics::Topic;
use std::cmp::Reverse;
use std::ops::RangeInclusive;

/// The maximum number of entries that are looked at, of 12 bytes each, in all queues of a topic.
const MAX_SCANNED: usize = 1024 * 1024;

/// Returns the places of messages that may have this tag, and were stored within these times, newest first,
/// at most `max`. Looks at the newest messages of each queue.
pub(super) fn places(
    storage: &dyn Storage,
    topic: &Topic,
    tag: &str,
    times: &RangeInclusive<i64>,
    max: usize,
) -> Result<Vec<CommitLogOffset>, StorageError> {
    let (hash, queues) = (index::tag_hash(tag.trim()), topic.queues());
    let share = MAX_SCANNED / queues.len().max(1);
    let (mut places, mut entries) = (Vec::new(), Vec::new());
    for queue in queues {
        let bounds = queue.min()..queue.max();
        let end = times.end().saturating_add(1);
        let first = by_time(storage, queue.number(), bounds.clone(), *times.start(), false)?;
        let mut end = by_time(storage, queue.number(), bounds, end, false)?;
        let first = first.max(end.saturating_sub_unsigned(share as u64));
        let mut found = 0;
        while end > first && found < max {
            let start = first.max(end - MAX_ENTRIES as i64);
            entries.clear();
            // A part of the index may end before.
            while start + (entries.len() as i64) < end {
                let known = entries.len();
                let rest = start + known as i64..end;
                storage.entries(queue.number(), rest, Reads::All, &mut entries)?;
                if entries.len() == known {
                    break;
                }
            }
            let before = places.len();
            places.extend(entries.iter().filter(|entry| entry.tag == hash).map(|entry| entry.at));
            found += places.len() - before;
            end = start;
        }
    }
    places.sort_unstable_by_key(|at| Reverse(*at));
    places.truncate(max);
    Ok(places)
}
