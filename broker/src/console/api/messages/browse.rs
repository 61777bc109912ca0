//! The messages of a queue, page by page, and the newest ones of a topic.

use super::super::super::Shared;
use super::super::super::answer::{Answer, ApiError, MAX_PAGE, answer};
use super::super::message::{PREVIEW, message};
use super::super::report;
use super::Search;
use crate::log::CommitLogOffset;
use crate::requests::offsets::by_time;
use crate::storage::Reads;
use rocketmq_tower::message::StoredMessage;
use serde_json::{Value, json};
use std::cmp::Reverse;
use std::sync::Arc;

/// The number of messages of a page, if a request does not say it.
const PAGE: usize = 32;
/// The bytes of messages that are read for a page, except for the last one, and those that it has, about.
const MAX_READ: usize = 16 * 1024 * 1024;
const MAX_ANSWER: usize = 2 * 1024 * 1024;

/// The messages of a page.
#[derive(Default)]
struct Found {
    items: Vec<Value>,
    read: usize,
    shown: usize,
}

impl Found {
    fn is_full(&self) -> bool {
        self.read >= MAX_READ || self.shown >= MAX_ANSWER
    }

    /// Adds the message there, unless it has been deleted meanwhile.
    fn add(&mut self, shared: &Shared, at: CommitLogOffset) -> Result<(), ApiError> {
        let Some(record) = shared.broker.log.storage().record(at)? else { return Ok(()) };
        let Ok((found, _)) = StoredMessage::decode(&record) else { return Ok(()) };
        self.read += record.len();
        self.shown += found.properties.as_str().len() * 2 + found.body.len().min(PREVIEW) * 2;
        self.items.push(message(&shared.broker, &found, PREVIEW));
        Ok(())
    }
}

/// Answers with the messages from an offset or a time on, or after the last one of the page before.
pub(super) async fn page(shared: &Arc<Shared>, search: Search) -> Answer {
    let topic = shared.broker.topics.find(&search.topic)?;
    let id = search.queue.unwrap_or(0);
    let missing = || ApiError::not_found(format!("{} has no queue {id}", topic.name));
    let queue = Arc::clone(topic.queue(id).ok_or_else(missing)?);
    let size = search.page_size.unwrap_or(PAGE).clamp(1, MAX_PAGE);
    let value = report(shared, move |shared| {
        let (storage, bounds) = (shared.broker.log.storage(), queue.min()..queue.max());
        let start = match (search.after, search.offset, search.time) {
            (Some(after), ..) => after.saturating_add(1),
            (None, Some(offset), _) => offset,
            (None, None, Some(time)) => {
                by_time(storage, queue.number(), bounds.clone(), time, false)?
            }
            (None, None, None) => bounds.start,
        };
        let start = start.max(bounds.start);
        let (mut entries, mut found, mut next) = (Vec::new(), Found::default(), start);
        if start < bounds.end {
            let end = bounds.end.min(start.saturating_add(size as i64));
            storage.entries(queue.number(), start..end, Reads::All, &mut entries)?;
        }
        for entry in &entries {
            if found.is_full() {
                break;
            }
            next += 1;
            found.add(shared, entry.at)?;
        }
        let next = (next > start && next < bounds.end).then(|| (next - 1).to_string());
        let (min, max) = (bounds.start, bounds.end);
        Ok(json!({ "items": found.items, "next": next, "min": min, "max": max }))
    });
    answer(&value.await?)
}

/// Answers with the newest messages of a topic, or of one of its queues, the newest one first; in one page.
pub(super) async fn newest(shared: &Arc<Shared>, search: Search) -> Answer {
    let topic = shared.broker.topics.find(&search.topic)?;
    let size = search.page_size.unwrap_or(PAGE).clamp(1, MAX_PAGE);
    let value = report(shared, move |shared| {
        let (storage, mut entries) = (shared.broker.log.storage(), Vec::new());
        let is_wanted =
            |id: usize| search.queue.is_none_or(|queue| usize::try_from(queue) == Ok(id));
        for (_, queue) in topic.queues().iter().enumerate().filter(|(id, _)| is_wanted(*id)) {
            let (min, max) = (queue.min(), queue.max());
            let first = min.max(max.saturating_sub(size as i64));
            if first < max {
                storage.entries(queue.number(), first..max, Reads::All, &mut entries)?;
            }
            // All queues share the log: what is later in it is newer.
            entries.sort_unstable_by_key(|entry| Reverse(entry.at));
            entries.truncate(size);
        }
        let mut found = Found::default();
        for entry in &entries {
            if found.is_full() {
                break;
            }
            found.add(shared, entry.at)?;
        }
        Ok(json!({ "items": found.items, "next": Value::Null }))
    });
    answer(&value.await?)
}
