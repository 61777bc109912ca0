//! Headers that are kept as they were received: read only when somebody reads them, and sent as they are unless somebody changes them.

use super::{ExtFields, Parts};
use bytes::{BufMut, BytesMut};
use std::ops::Range;
use std::sync::OnceLock;

/// The maximum capacity of a text that is kept for the next one, in bytes.
const KEPT_TEXT: usize = 1024;

/// Reads the ext fields of a header that was checked, from behind their opening brace.
#[derive(Clone, Copy)]
pub(crate) struct FieldReader {
    pub(crate) read: fn(&[u8], &mut ExtFields),
    /// Returns the place of a field's value. `None` if the name is missing or repeated, or the value has escapes.
    pub(crate) find: fn(&[u8], &str) -> Option<Range<usize>>,
}

/// A header as it was received, if it has one.
#[derive(Default)]
pub(crate) struct KeptHeader {
    /// Empty if no header is kept.
    text: Vec<u8>,
    places: Places,
    reader: Option<FieldReader>,
    /// The ext fields, once they were read.
    fields: OnceLock<ExtFields>,
}

/// Where the values of a header are in its text.
#[derive(Clone, Debug, Default)]
pub(crate) struct Places {
    pub(crate) flag: Range<usize>,
    pub(crate) opaque: Range<usize>,
    /// Without the quotes. A remark has no escapes.
    pub(crate) remark: Option<Range<usize>>,
    /// From behind the opening brace to behind the closing one. `None` if the header has no ext fields.
    pub(crate) ext_fields: Option<Range<usize>>,
    /// The number of ext fields, repetitions included.
    pub(crate) fields: usize,
    /// The code, the version and the language, as received.
    pub(crate) head: Head,
}

/// The parts of a header that are compared to see whether they were changed.
pub(crate) type Head = (i32, super::MqVersion, super::LanguageCode);

impl KeptHeader {
    /// Keeps a header with the functions that read its ext fields.
    pub(crate) fn keep(&mut self, text: &[u8], places: Places, reader: FieldReader) {
        self.text.clear();
        self.text.extend_from_slice(text);
        (self.places, self.reader) = (places, Some(reader));
        self.fields.take();
    }

    pub(super) fn is_kept(&self) -> bool {
        !self.text.is_empty()
    }

    /// Returns the ext fields, which are read the first time.
    pub(super) fn fields(&self) -> &ExtFields {
        self.fields.get_or_init(|| self.read())
    }

    /// Returns the value of an ext field, if that takes less than reading them all.
    pub(super) fn plain_field(&self, name: &str) -> Option<&str> {
        let place = self.place(name)?;
        std::str::from_utf8(&self.text[place]).ok()
    }

    /// Replaces the value of an ext field by one of the same length. Returns false if that cannot be done in place.
    pub(super) fn replace(&mut self, name: &str, value: &str) -> bool {
        let place = self.place(name).filter(|place| place.len() == value.len());
        let Some(place) = place.filter(|_| value.bytes().all(is_plain)) else { return false };
        self.text[place].copy_from_slice(value.as_bytes());
        true
    }

    /// Returns the place of an ext field's value, if it has no escapes and the fields were not read.
    fn place(&self, name: &str) -> Option<Range<usize>> {
        let fields = self.places.ext_fields.clone().filter(|_| self.fields.get().is_none())?;
        let reader = self.reader.as_ref()?;
        let place = (reader.find)(&self.text[fields.clone()], name)?;
        Some(fields.start + place.start..fields.start + place.end)
    }

    /// Returns the ext fields, and keeps the header no longer.
    pub(super) fn take_fields(&mut self) -> ExtFields {
        let fields = self.fields.take().unwrap_or_else(|| self.read());
        self.text.clear();
        fields
    }

    fn read(&self) -> ExtFields {
        let mut fields = ExtFields::new();
        if let (Some(reader), Some(place)) = (&self.reader, self.places.ext_fields.clone()) {
            (reader.read)(&self.text[place], &mut fields);
        }
        fields
    }

    /// Forgets the header, and keeps the allocation if it is a usual one.
    pub(super) fn recycle(&mut self) {
        if self.text.capacity() > KEPT_TEXT {
            self.text = Vec::new();
        }
        self.text.clear();
        self.fields.take();
    }

    /// Whether the header still says what `parts` says, except the flag and the opaque.
    pub(super) fn is_unchanged(&self, parts: &Parts) -> bool {
        let Places { remark, fields, head, .. } = &self.places;
        let remark = remark.clone().map(|place| &self.text[place]);
        *head == (parts.code, parts.version, parts.language)
            && parts.remark.as_deref().map(str::as_bytes) == remark
            // A layer that has read a field must have seen what the next server sees: repetitions are not sent.
            && self.fields.get().is_none_or(|read| read.len() == *fields)
    }

    /// Appends the header, with this flag and opaque.
    pub(crate) fn write(&self, flag: i32, opaque: i32, dst: &mut BytesMut) {
        let Places { flag: flag_at, opaque: opaque_at, .. } = &self.places;
        let (flag, opaque) = ((flag_at, flag), (opaque_at, opaque));
        let in_order = flag_at.start < opaque_at.start;
        let [first, second] = if in_order { [flag, opaque] } else { [opaque, flag] };
        let text = &self.text;
        dst.put_slice(&text[..first.0.start]);
        dst.put_slice(itoa::Buffer::new().format(first.1).as_bytes());
        dst.put_slice(&text[first.0.end..second.0.start]);
        dst.put_slice(itoa::Buffer::new().format(second.1).as_bytes());
        dst.put_slice(&text[second.0.end..]);
    }
}

/// Whether a byte stands for itself in a JSON string.
fn is_plain(byte: u8) -> bool {
    matches!(byte, b' '..=b'~') && !matches!(byte, b'"' | b'\\')
}
