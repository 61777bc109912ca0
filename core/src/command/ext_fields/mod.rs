//! The string-to-string fields of a command's header.

mod builder;
#[cfg(test)]
mod tests;

pub(crate) use builder::ExtFieldsBuilder;

use bytes::Bytes;
use std::fmt;

/// The `extFields` of a command: text by name, in the order of the wire, each name once.
///
/// Fields that came from the wire are not copied: they are slices of the frame's header, so keeping
/// an `ExtFields` keeps that part of the read buffer alive (see
/// [`RemotingCodec`](crate::codec::RemotingCodec) for how much that can be). Fields
/// that are inserted share one growing string. Look-ups scan; a header has a dozen fields.
///
/// RocketMQ tells apart a header without fields and one with an empty set of them (`extFields`
/// absent or `{}` in JSON); [`is_present`](Self::is_present) says which. The binary header cannot
/// carry the difference.
///
/// ```
/// use rocketmq_tower_core::ExtFields;
///
/// let mut fields = ExtFields::new();
/// fields.insert("topic", "TopicTest");
/// fields.insert("queueId", "3");
/// assert_eq!(fields.get("topic"), Some("TopicTest"));
/// assert_eq!(fields.iter().last(), Some(("queueId", "3")));
/// ```
#[derive(Clone, Default)]
pub struct ExtFields {
    /// The frame's header, for the spans of decoded fields.
    frame: Bytes,
    /// The text of inserted and of unescaped fields.
    owned: String,
    entries: Vec<Entry>,
    /// Bytes of `owned` that no entry refers to any more.
    waste: usize,
    present: bool,
}

#[derive(Clone, Copy)]
struct Entry {
    key: Span,
    value: Span,
}

/// A piece of `frame` or, when the top bit of `start` is set, of `owned`.
#[derive(Clone, Copy)]
pub(crate) struct Span {
    start: usize,
    len: usize,
}

/// No allocation reaches `isize::MAX` bytes, so the top bit of an offset is free.
const OWNED: usize = 1 << (usize::BITS - 1);

/// `owned` is rewritten when it holds more waste than this and than it holds text.
const MAX_WASTE: usize = 1024;

impl ExtFields {
    /// No fields at all: `extFields` is absent.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// The value of the field `name`.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&str> {
        let at = self.position(name.as_bytes())?;
        Some(self.text(self.entries[at].value))
    }

    /// Whether there is a field `name`.
    #[must_use]
    pub fn contains(&self, name: &str) -> bool {
        self.position(name.as_bytes()).is_some()
    }

    /// Sets the field `name`, in its old place if it exists, else at the end.
    pub fn insert(&mut self, name: &str, value: &str) {
        self.present = true;
        let at = self.position(name.as_bytes());
        let value = self.own(value);
        match at {
            Some(at) => {
                let old = std::mem::replace(&mut self.entries[at].value, value);
                self.discard(old);
            }
            None => {
                let key = self.own(name);
                self.entries.push(Entry { key, value });
            }
        }
    }

    /// Takes the field `name` out and tells whether it was there.
    pub fn remove(&mut self, name: &str) -> bool {
        let Some(at) = self.position(name.as_bytes()) else {
            return false;
        };
        let Entry { key, value } = self.entries.remove(at);
        self.discard(key);
        self.discard(value);
        true
    }

    /// How many fields there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// Whether there is no field.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// Whether the header has `extFields` at all, be they empty.
    #[must_use]
    pub fn is_present(&self) -> bool {
        self.present
    }

    /// Makes the header have `extFields`, be they empty: Java does so for every command with a
    /// header class.
    pub fn set_present(&mut self) {
        self.present = true;
    }

    /// Names and values in order.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.entries.iter().map(|entry| (self.text(entry.key), self.text(entry.value)))
    }

    /// Names and values as the bytes that go on the wire: UTF-8 that needs no second check.
    pub(crate) fn raw(&self) -> impl Iterator<Item = (&[u8], &[u8])> {
        self.entries.iter().map(|entry| (self.bytes(entry.key), self.bytes(entry.value)))
    }

    fn position(&self, name: &[u8]) -> Option<usize> {
        self.entries.iter().position(|entry| self.bytes(entry.key) == name)
    }

    fn bytes(&self, span: Span) -> &[u8] {
        let start = span.start & !OWNED;
        let source = if span.start & OWNED == 0 { &self.frame[..] } else { self.owned.as_bytes() };
        &source[start..start + span.len]
    }

    fn text(&self, span: Span) -> &str {
        // Every span was checked to be UTF-8 when it was made; the default is never taken.
        std::str::from_utf8(self.bytes(span)).unwrap_or_default()
    }

    fn own(&mut self, text: &str) -> Span {
        let start = self.owned.len() | OWNED;
        self.owned.push_str(text);
        Span { start, len: text.len() }
    }

    fn discard(&mut self, span: Span) {
        if span.start & OWNED == 0 {
            return;
        }
        self.waste += span.len;
        if self.waste > MAX_WASTE && self.waste > self.owned.len() / 2 {
            self.compact();
        }
    }

    fn compact(&mut self) {
        let mut owned = String::with_capacity(self.owned.len().saturating_sub(self.waste));
        for entry in &mut self.entries {
            for span in [&mut entry.key, &mut entry.value] {
                if span.start & OWNED != 0 {
                    let start = span.start & !OWNED;
                    span.start = owned.len() | OWNED;
                    owned.push_str(&self.owned[start..start + span.len]);
                }
            }
        }
        self.owned = owned;
        self.waste = 0;
    }
}

/// The same names with the same values, in any order; and both present or both absent.
impl PartialEq for ExtFields {
    fn eq(&self, other: &Self) -> bool {
        self.present == other.present
            && self.len() == other.len()
            && self.iter().all(|(name, value)| other.get(name) == Some(value))
    }
}

impl Eq for ExtFields {}

impl fmt::Debug for ExtFields {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_map().entries(self.iter()).finish()
    }
}

impl<K: AsRef<str>, V: AsRef<str>> Extend<(K, V)> for ExtFields {
    fn extend<I: IntoIterator<Item = (K, V)>>(&mut self, fields: I) {
        self.present = true;
        for (name, value) in fields {
            self.insert(name.as_ref(), value.as_ref());
        }
    }
}

impl<K: AsRef<str>, V: AsRef<str>> FromIterator<(K, V)> for ExtFields {
    fn from_iter<I: IntoIterator<Item = (K, V)>>(fields: I) -> Self {
        let mut this = Self::new();
        this.extend(fields);
        this
    }
}
