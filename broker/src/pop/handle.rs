//! Receipt handles, and the offsets of popped messages in responses, in Java's formats.

use super::batch::BatchKey;
use crate::topics::names;
use std::fmt::Write as _;

/// The number in handles of messages that are popped in order.
pub(crate) const ORDERED: i32 = 999;

/// The number in handles of other messages. In Java's broker it is the id of a queue of its own.
pub(crate) const UNORDERED: i32 = 0;

/// The property `POP_CK` of a popped message, without its topic.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Handle {
    pub(crate) key: BatchKey,
    /// In milliseconds.
    pub(crate) invisible: i64,
    pub(crate) is_ordered: bool,
}

impl Handle {
    /// Parses `start popTime invisibleTime reviveQid ..`; what follows is in the headers of requests, too.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let mut parts = text.split(' ');
        let mut number = || parts.next()?.parse::<i64>().ok();
        let key = BatchKey { start: number()?, pop_time: number()? };
        Some(Self { key, invisible: number()?, is_ordered: number()? == i64::from(ORDERED) })
    }

    /// Returns the property of one message.
    pub(crate) fn property(&self, of: &HandleOf<'_>) -> String {
        let BatchKey { start, pop_time } = self.key;
        let (invisible, id) = (self.invisible, revive_queue(self.is_ordered));
        let HandleOf { topic, broker, queue_id, offset } = of;
        let retry = retry_mark(topic);
        format!("{start} {pop_time} {invisible} {id} {retry} {broker} {queue_id} {offset}")
    }
}

/// The message of a handle.
#[derive(Clone, Copy, Debug)]
pub(crate) struct HandleOf<'a> {
    pub(crate) topic: &'a str,
    pub(crate) broker: &'a str,
    pub(crate) queue_id: i32,
    pub(crate) offset: i64,
}

/// Returns the number in handles.
pub(crate) fn revive_queue(is_ordered: bool) -> i32 {
    if is_ordered { ORDERED } else { UNORDERED }
}

/// Returns the mark of retry topics.
fn retry_mark(topic: &str) -> u8 {
    u8::from(names::retried_group(topic).is_some())
}

/// Returns the topic that a mark stands for.
pub(crate) fn marked_topic(topic: &str, group: &str, mark: &str) -> Option<String> {
    match mark {
        "0" => Some(topic.to_owned()),
        "1" => Some(names::pop_retry(group, topic)),
        _ => None,
    }
}

/// How often messages that were popped in order were popped before.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct OrderCounts {
    pub(crate) queue_id: i32,
    /// The offsets and counts of those that were popped before.
    pub(crate) messages: Vec<(i64, i32)>,
    /// The count of the one that was popped least.
    pub(crate) least: i32,
}

impl OrderCounts {
    pub(crate) fn to_string(&self, topic: &str) -> String {
        let (retry, queue, mut text) = (retry_mark(topic), self.queue_id, String::new());
        for (offset, count) in &self.messages {
            _ = write!(text, "{retry} qo{queue}%{offset} {count};");
        }
        // Writing to a text does not fail.
        _ = write!(text, "{retry} {queue} {}", self.least);
        text
    }
}

/// The offsets in the response to a pop, `startOffsetInfo` and `msgOffsetInfo`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct PoppedOffsets {
    pub(crate) starts: String,
    pub(crate) messages: String,
}

impl PoppedOffsets {
    /// Adds a queue.
    pub(crate) fn add(&mut self, topic: &str, queue_id: i32, start: i64, offsets: &[i64]) {
        let retry = retry_mark(topic);
        let next = if self.starts.is_empty() { "" } else { ";" };
        _ = write!(self.starts, "{next}{retry} {queue_id} {start}");
        _ = write!(self.messages, "{next}{retry} {queue_id} ");
        for (n, offset) in offsets.iter().enumerate() {
            let next = if n == 0 { "" } else { "," };
            _ = write!(self.messages, "{next}{offset}");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{BatchKey, Handle, HandleOf, PoppedOffsets, marked_topic};

    #[test]
    fn a_handle_is_read_back() {
        let key = BatchKey { start: 7, pop_time: 1_700_000_000_000 };
        let handle = Handle { key, invisible: 60_000, is_ordered: false };
        let of = HandleOf { topic: "%RETRY%g_T", broker: "broker-a", queue_id: 0, offset: 9 };
        let text = handle.property(&of);
        assert_eq!(text, "7 1700000000000 60000 0 1 broker-a 0 9");
        assert_eq!(Handle::parse(&text), Some(handle));
        let ordered = Handle { is_ordered: true, ..handle };
        assert_eq!(Handle::parse("7 1700000000000 60000 999"), Some(ordered));
        for bad in ["", "7", "7 8 9", "7 8 9 x", "7  8 9 0"] {
            assert_eq!(Handle::parse(bad), None, "{bad:?}");
        }
    }

    #[test]
    fn offsets_have_javas_form() {
        let mut offsets = PoppedOffsets::default();
        offsets.add("T", 3, 2, &[2, 5]);
        offsets.add("%RETRY%g_T", 0, 0, &[1]);
        assert_eq!(offsets.starts, "0 3 2;1 0 0");
        assert_eq!(offsets.messages, "0 3 2,5;1 0 1");
    }

    #[test]
    fn a_mark_names_the_topic_or_its_retries() {
        assert_eq!(marked_topic("T", "g", "0").as_deref(), Some("T"));
        assert_eq!(marked_topic("T", "g", "1").as_deref(), Some("%RETRY%g_T"));
        assert_eq!(marked_topic("T", "g", "2"), None);
    }
}
