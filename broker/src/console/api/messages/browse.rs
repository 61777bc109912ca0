//! The messages of a queue, page by page.

use super::super::super::Shared;
use super::super::super::answer::{Answer, ApiError, MAX_PAGE, answer};
use super::super::message::{PREVIEW, message};
use super::super::report;
use super::Search;
use crate::requests::offsets::by_time;
use crate::storage::Reads;
use rocketmq_tower::message::StoredMessage;
use serde_json::json;
use std::sync::Arc;

/// The number of messages of a page, if a request does not say it.
const PAGE: usize = 32;
/// The bytes of messages that are read for a page, except for the last one, and those that it has, about.
const MAX_READ: usize = 16 * 1024 * 1024;
const MAX_ANSWER: usize = 2 * 1024 * 1024;

/// Answers with the messages from an offset or a time on, or after the last one of the page before.
pub(super) async fn page(shared: &Arc<Shared>, search: Search) -> Answer {
    let topic = shared.broker.topics.find(&search.topic)?;
    let missing = || ApiError::not_found(format!("{} has no queue {}", topic.name, search.queue));
    let queue = Arc::clone(topic.queue(search.queue).ok_or_else(missing)?);
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
        let (mut entries, mut items) = (Vec::new(), Vec::new());
        if start < bounds.end {
            let end = bounds.end.min(start.saturating_add(size as i64));
            storage.entries(queue.number(), start..end, Reads::All, &mut entries)?;
        }
        let (mut next, mut read, mut shown) = (start, 0, 0);
        for entry in &entries {
            if read >= MAX_READ || shown >= MAX_ANSWER {
                break;
            }
            next += 1;
            // It may have been deleted meanwhile.
            let Some(record) = storage.record(entry.at)? else { continue };
            let Ok((found, _)) = StoredMessage::decode(&record) else { continue };
            read += record.len();
            shown += found.properties.as_str().len() * 2 + found.body.len().min(PREVIEW) * 2;
            items.push(message(&shared.broker, &found, PREVIEW));
        }
        let next = (next > start && next < bounds.end).then(|| (next - 1).to_string());
        Ok(json!({ "items": items, "next": next, "min": bounds.start, "max": bounds.end }))
    });
    answer(&value.await?)
}
