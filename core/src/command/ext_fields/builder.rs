//! Collects ext fields while a header is decoded. They keep their order; if a name repeats, the
//! last value wins.

use super::ExtFields;
use super::table::{Entry, Span, Table};
use crate::last_wins::last_of_each_name;
use bytes::Bytes;
use std::ops::Range;

/// Capacity reserved when the first field arrives. SEND_MESSAGE_V2 has 13 to 15 fields.
const USUAL_FIELDS: usize = 16;

/// Bytes reserved for the first text that had to be unescaped, usually the properties of a message
/// in JSON.
const USUAL_TEXT: usize = 256;

/// Up to this number of fields, a name that may be a repetition is searched for when it arrives.
/// Beyond it, repetitions are removed whenever the number of fields has doubled. So a header with
/// many names takes linear time, and one with many repetitions takes memory for its distinct names
/// only.
const SCAN_LIMIT: usize = 64;

/// Collects the fields of one frame. The frame's header is not stored here, so methods that need it
/// take it as an argument.
#[derive(Debug)]
pub(crate) struct ExtFieldsBuilder {
    entries: Vec<Entry>,
    owned: Vec<u8>,
    present: bool,
    /// One bit per hash of a name: a clear bit means that the name is new.
    seen: u64,
    /// Number of fields at which repetitions are removed next.
    sweep_at: usize,
}

impl ExtFieldsBuilder {
    /// Starts with no fields.
    pub(crate) fn new() -> Self {
        let (entries, owned) = (Vec::new(), Vec::new());
        Self { entries, owned, present: false, seen: 0, sweep_at: 2 * SCAN_LIMIT }
    }

    /// Begins `extFields`. Fields from an earlier `extFields` of the same header are discarded.
    pub(crate) fn restart(&mut self) {
        *self = Self { present: true, ..Self::new() };
    }

    /// Marks the fields as absent (`extFields` is `null`).
    pub(crate) fn absent(&mut self) {
        *self = Self::new();
    }

    /// Returns the span of a range of the frame, which the caller has checked to be UTF-8.
    #[inline]
    pub(crate) fn shared(range: Range<usize>) -> Span {
        Span::shared(range.start, range.len())
    }

    /// Returns the span of `part`. `rest` must be what follows it up to the end of the frame.
    #[inline(always)]
    pub(crate) fn place(frame: &[u8], part: &[u8], rest: &[u8]) -> Span {
        Span::shared(frame.len() - rest.len() - part.len(), part.len())
    }

    /// Returns `place`, the span of `part`, if `part` is UTF-8. Otherwise returns the span of a
    /// copy in which invalid bytes are replaced.
    pub(crate) fn text(&mut self, part: &[u8], place: Span) -> Span {
        match std::str::from_utf8(part) {
            Ok(_) => place,
            Err(_) => self.owned(&String::from_utf8_lossy(part)),
        }
    }

    /// Stores a text that is not in the frame literally, and returns its span.
    pub(crate) fn owned(&mut self, text: &str) -> Span {
        let start = self.owned.len();
        self.owned.extend_from_slice(text.as_bytes());
        Span::owned(start, text.len())
    }

    /// Stores the text that `write` appends, which must be UTF-8. Returns its span and the result
    /// of `write`.
    pub(crate) fn written<T>(
        &mut self,
        write: impl FnOnce(&mut Vec<u8>) -> Option<T>,
    ) -> Option<(Span, T)> {
        let start = self.owned.len();
        if start == 0 {
            self.owned.reserve(USUAL_TEXT);
        }
        let result = write(&mut self.owned)?;
        Some((Span::owned(start, self.owned.len() - start), result))
    }

    /// Adds a field, or replaces the value of an earlier one. `name` is the text that `key` refers
    /// to.
    #[inline(always)]
    pub(crate) fn push_named(&mut self, frame: &[u8], name: &[u8], key: Span, value: Span) {
        let bit = bit(name);
        if self.seen & bit == 0 && self.entries.len() < self.entries.capacity() {
            self.seen |= bit;
            self.entries.push(Entry { key, value });
        } else {
            self.push(frame, key, value);
        }
    }

    /// Adds a field, or replaces the value of an earlier one with the same name.
    pub(crate) fn push(&mut self, frame: &[u8], key: Span, value: Span) {
        let name = key.of(frame, &self.owned);
        let bit = bit(name);
        if self.seen & bit != 0 && self.entries.len() < SCAN_LIMIT {
            let owned = &self.owned;
            let mut entries = self.entries.iter_mut();
            if let Some(earlier) = entries.find(|entry| entry.key.of(frame, owned) == name) {
                earlier.value = value;
                return;
            }
        }
        self.seen |= bit;
        if self.entries.is_empty() {
            self.entries.reserve(USUAL_FIELDS);
        }
        self.entries.push(Entry { key, value });
        if self.entries.len() >= self.sweep_at {
            self.keep_last_of_each_name(frame);
            self.sweep_at = 2 * self.entries.len().max(SCAN_LIMIT);
        }
    }

    /// Returns the fields, which refer to `frame`.
    pub(crate) fn finish(mut self, frame: Bytes) -> ExtFields {
        if !self.present {
            return ExtFields::new();
        }
        if self.entries.len() >= SCAN_LIMIT {
            self.keep_last_of_each_name(&frame);
        }
        let Self { entries, owned, .. } = self;
        ExtFields { table: Some(Box::new(Table::new(frame, owned, entries))) }
    }

    #[cold]
    fn keep_last_of_each_name(&mut self, frame: &[u8]) {
        let named = self.entries.iter().map(|entry| (entry.key.of(frame, &self.owned), *entry));
        // Nothing is reserved in advance, as there may be few distinct names.
        self.entries = last_of_each_name(named, 0);
    }
}

/// Returns one of 64 bits for a name. Names of one header seldom share a bit; RocketMQ's
/// single-letter names never do.
#[inline]
fn bit(name: &[u8]) -> u64 {
    let (first, last) = match name {
        [first, .., last] => (*first, *last),
        [only] => (*only, 0),
        [] => (0, 0),
    };
    let mixed = usize::from(first) + 5 * usize::from(last) + 11 * name.len();
    1 << (mixed % 64)
}
