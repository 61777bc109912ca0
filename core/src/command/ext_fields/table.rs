//! The storage of ext fields: spans into the frame and into an owned buffer.

use bytes::Bytes;

/// The names and values of a command that has ext fields.
#[derive(Clone, Debug, Default)]
pub(super) struct Table {
    /// The frame's header, for the spans of decoded fields.
    pub(super) frame: Bytes,
    /// The text of inserted fields and of fields that were unescaped, as UTF-8.
    pub(super) owned: Vec<u8>,
    pub(super) entries: Vec<Entry>,
    /// Number of bytes in `owned` that no entry refers to any more.
    waste: usize,
}

#[derive(Clone, Copy, Debug)]
pub(super) struct Entry {
    pub(super) key: Span,
    pub(super) value: Span,
}

/// A piece of the frame or, when the top bit of `start` is set, of the owned text.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Span {
    start: usize,
    len: usize,
}

/// No allocation reaches `isize::MAX` bytes, so the top bit of an offset is free.
const OWNED: usize = 1 << (usize::BITS - 1);

/// The owned text is compacted when its waste exceeds both this number of bytes and half of the
/// text.
const MAX_WASTE: usize = 1024;

impl Span {
    /// A piece of the frame.
    #[inline]
    pub(super) fn shared(start: usize, len: usize) -> Self {
        Self { start, len }
    }

    /// A piece of the owned text.
    pub(super) fn owned(start: usize, len: usize) -> Self {
        Self { start: start | OWNED, len }
    }

    #[inline]
    fn is_owned(self) -> bool {
        self.start & OWNED != 0
    }

    /// Returns the bytes that this span refers to.
    #[inline]
    pub(super) fn of<'a>(self, frame: &'a [u8], owned: &'a [u8]) -> &'a [u8] {
        let start = self.start & !OWNED;
        let source = if self.is_owned() { owned } else { frame };
        &source[start..start + self.len]
    }
}

impl Table {
    pub(super) fn new(frame: Bytes, owned: Vec<u8>, entries: Vec<Entry>) -> Self {
        Self { frame, owned, entries, waste: 0 }
    }

    pub(super) fn position(&self, name: &[u8]) -> Option<usize> {
        self.entries.iter().position(|entry| self.bytes(entry.key) == name)
    }

    pub(super) fn bytes(&self, span: Span) -> &[u8] {
        span.of(&self.frame, &self.owned)
    }

    pub(super) fn text(&self, span: Span) -> &str {
        // Every span was checked to be UTF-8 when it was made, so the default is never used.
        std::str::from_utf8(self.bytes(span)).unwrap_or_default()
    }

    pub(super) fn insert(&mut self, name: &str, value: &str) {
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

    pub(super) fn remove(&mut self, name: &str) -> bool {
        let Some(at) = self.position(name.as_bytes()) else {
            return false;
        };
        let Entry { key, value } = self.entries.remove(at);
        self.discard(key);
        self.discard(value);
        true
    }

    fn own(&mut self, text: &str) -> Span {
        let start = self.owned.len();
        self.owned.extend_from_slice(text.as_bytes());
        Span::owned(start, text.len())
    }

    fn discard(&mut self, span: Span) {
        if !span.is_owned() {
            return;
        }
        self.waste += span.len;
        if self.waste > MAX_WASTE && self.waste > self.owned.len() / 2 {
            self.compact();
        }
    }

    fn compact(&mut self) {
        let mut owned = Vec::with_capacity(self.owned.len().saturating_sub(self.waste));
        for entry in &mut self.entries {
            for span in [&mut entry.key, &mut entry.value] {
                if span.is_owned() {
                    let start = span.start & !OWNED;
                    *span = Span::owned(owned.len(), span.len);
                    owned.extend_from_slice(&self.owned[start..start + span.len]);
                }
            }
        }
        self.owned = owned;
        self.waste = 0;
    }
}
