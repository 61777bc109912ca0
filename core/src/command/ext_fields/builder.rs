//! Fields as they are decoded: in order, the last of a name wins.

use super::ExtFields;
use super::table::{Entry, Span, Table};
use crate::last_wins::last_of_each_name;
use bytes::Bytes;
use std::ops::Range;

/// Room for this many fields is made at the first; SEND_MESSAGE_V2 has 13 to 15.
const USUAL_FIELDS: usize = 16;

/// Room for so much text is made at the first that is not in the frame as such: the properties of a
/// message in JSON.
const USUAL_TEXT: usize = 256;

/// Up to this many fields, a name that may have come before is looked for as it arrives; beyond,
/// all at once whenever their number has doubled, so that a header of many names costs no more than
/// linear time, and one of many repeated names no more room than its different ones.
const SCAN_LIMIT: usize = 64;

/// Collects the fields of one frame, whose header every method is given anew.
#[derive(Debug)]
pub(crate) struct ExtFieldsBuilder {
    entries: Vec<Entry>,
    owned: Vec<u8>,
    present: bool,
    /// One bit per hash of a name: a clear bit means that the name is new.
    seen: u64,
    /// At so many fields, the repeated ones are thrown out.
    sweep_at: usize,
}

impl ExtFieldsBuilder {
    /// Starts with no fields.
    pub(crate) fn new() -> Self {
        let (entries, owned) = (Vec::new(), Vec::new());
        Self { entries, owned, present: false, seen: 0, sweep_at: 2 * SCAN_LIMIT }
    }

    /// The header has `extFields`; what came before counts no more.
    pub(crate) fn restart(&mut self) {
        *self = Self { present: true, ..Self::new() };
    }

    /// Fields that are absent after all.
    pub(crate) fn absent(&mut self) {
        *self = Self::new();
    }

    /// A piece of the frame, which the caller has checked to be UTF-8.
    #[inline]
    pub(crate) fn shared(range: Range<usize>) -> Span {
        Span::shared(range.start, range.len())
    }

    /// The place of `part` in the frame, up to whose end `rest` follows.
    #[inline(always)]
    pub(crate) fn place(frame: &[u8], part: &[u8], rest: &[u8]) -> Span {
        Span::shared(frame.len() - rest.len() - part.len(), part.len())
    }

    /// `part` of the frame, whose place this is; what is not UTF-8 is replaced.
    pub(crate) fn text(&mut self, part: &[u8], place: Span) -> Span {
        match std::str::from_utf8(part) {
            Ok(_) => place,
            Err(_) => self.owned(&String::from_utf8_lossy(part)),
        }
    }

    /// A piece of text that is not in the frame as such.
    pub(crate) fn owned(&mut self, text: &str) -> Span {
        let start = self.owned.len();
        self.owned.extend_from_slice(text.as_bytes());
        Span::owned(start, text.len())
    }

    /// The same: the UTF-8 that `write` appends, and what it returns.
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

    /// Adds the field called `name`, which is what `key` is the place of.
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

    /// Adds a field, or sets it if it came before.
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

    /// The fields, which keep the frame if they need it.
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
        // Room for none in advance: the names may be few.
        self.entries = last_of_each_name(named, 0);
    }
}

/// One of 64 bits for a name. The names of one header seldom share one: RocketMQ's single letters
/// never do.
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
