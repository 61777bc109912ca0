//! Fields as they are decoded: in order, the last of a name wins.

use super::{Entry, ExtFields, Span};
use bytes::Bytes;
use std::collections::HashMap;
use std::ops::Range;

/// Room for this many fields is made at the first; SEND_MESSAGE_V2 has 13 to 15.
const USUAL_FIELDS: usize = 16;

/// Up to this many fields, a name that may have come before is looked for as it arrives; beyond,
/// all at once whenever their number has doubled, so that a header of many names costs no more than
/// linear time, and one of many repeated names no more room than its different ones.
const SCAN_LIMIT: usize = 64;

/// Collects the fields of one frame.
#[derive(Debug)]
pub(crate) struct ExtFieldsBuilder {
    fields: ExtFields,
    /// One bit per hash of a name: a clear bit means that the name is new.
    seen: u64,
    /// At so many fields, the repeated ones are thrown out.
    sweep_at: usize,
}

impl ExtFieldsBuilder {
    /// Starts with no fields; spans will point into `frame`.
    pub(crate) fn new(frame: Bytes) -> Self {
        let fields = ExtFields { frame, ..ExtFields::default() };
        Self { fields, seen: 0, sweep_at: 2 * SCAN_LIMIT }
    }

    /// The header has `extFields`; what came before counts no more.
    pub(crate) fn restart(&mut self) {
        self.fields.entries.clear();
        self.fields.present = true;
        self.seen = 0;
    }

    /// A field that is absent after all.
    pub(crate) fn absent(&mut self) {
        self.restart();
        self.fields.present = false;
    }

    /// A piece of the frame, which the caller has checked to be UTF-8.
    pub(crate) fn shared(range: Range<usize>) -> Span {
        Span { start: range.start, len: range.len() }
    }

    /// A piece of the frame; what is not UTF-8 is replaced.
    pub(crate) fn text(&mut self, range: Range<usize>) -> Span {
        let text = &self.fields.frame[range.clone()];
        if std::str::from_utf8(text).is_ok() {
            return Self::shared(range);
        }
        let text = String::from_utf8_lossy(text).into_owned();
        self.owned(&text)
    }

    /// A piece of text that is not in the frame as such.
    pub(crate) fn owned(&mut self, text: &str) -> Span {
        self.fields.own(text)
    }

    pub(crate) fn push(&mut self, key: Span, value: Span) {
        let entries = &self.fields.entries;
        if entries.is_empty() {
            self.fields.entries.reserve(USUAL_FIELDS);
        } else if entries.len() < SCAN_LIMIT && self.may_have_seen(key) {
            let name = self.fields.bytes(key);
            if let Some(at) = self.fields.position(name) {
                self.fields.entries[at].value = value;
                return;
            }
        }
        self.seen |= self.bit(key);
        self.fields.entries.push(Entry { key, value });
        if self.fields.entries.len() >= self.sweep_at {
            self.keep_last_of_each_name();
            self.sweep_at = 2 * self.fields.entries.len().max(SCAN_LIMIT);
        }
    }

    pub(crate) fn finish(mut self) -> ExtFields {
        if self.fields.entries.len() >= SCAN_LIMIT {
            self.keep_last_of_each_name();
        }
        self.fields
    }

    fn may_have_seen(&self, key: Span) -> bool {
        self.seen & self.bit(key) != 0
    }

    fn bit(&self, key: Span) -> u64 {
        let name = self.fields.bytes(key);
        let first = name.first().copied().unwrap_or_default();
        let last = name.last().copied().unwrap_or_default();
        1 << ((usize::from(first) + 7 * usize::from(last) + 3 * name.len()) % 64)
    }

    fn keep_last_of_each_name(&mut self) {
        let mut place: HashMap<&[u8], usize> = HashMap::new();
        let mut unique: Vec<Entry> = Vec::new();
        for entry in &self.fields.entries {
            let at = *place.entry(self.fields.bytes(entry.key)).or_insert(unique.len());
            match unique.get_mut(at) {
                Some(earlier) => earlier.value = entry.value,
                None => unique.push(*entry),
            }
        }
        self.fields.entries = unique;
    }
}
