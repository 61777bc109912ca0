//! The string-to-string fields of a command's header.

mod repetitions;
#[cfg(test)]
mod tests;
mod wire;

pub(crate) use repetitions::Names;

use std::fmt;
use wire::Fields;

/// The longest name that the binary header can hold, in bytes.
const LONGEST_BINARY_NAME: usize = i16::MAX as usize;

/// The `extFields` of a command: names and values, in wire order, each name at most once.
///
/// They are kept in one allocation, in the layout of the binary header. A look-up is a linear scan; a header has about a dozen
/// fields. Setting the value of an existing field to one of another length moves the fields behind it.
///
/// RocketMQ distinguishes a header without ext fields from one with an empty set of them
/// (`extFields` absent or `{}` in JSON); see [`is_present`](Self::is_present). The binary header
/// does not carry this difference.
///
/// A name or a value has at most 4 GiB, and is cut there. No header can hold more than 16 MiB.
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
#[derive(Default)]
pub struct ExtFields {
    /// See [`wire`]. All names and values are UTF-8.
    wire: Vec<u8>,
    present: bool,
    /// Whether a name was added that the binary header cannot hold.
    long_names: bool,
}

impl ExtFields {
    /// Creates absent ext fields: the header has no `extFields`.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Returns the value of the field `name`.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&str> {
        wire::find(&self.wire, name.as_bytes()).map(text)
    }

    /// Whether there is a field `name`.
    #[must_use]
    pub fn contains(&self, name: &str) -> bool {
        wire::find(&self.wire, name.as_bytes()).is_some()
    }

    /// Sets the field `name`. An existing field keeps its position; a new one goes to the end.
    pub fn insert(&mut self, name: &str, value: &str) {
        self.present = true;
        let (name, value) = (wire::storable(name).as_bytes(), wire::storable(value).as_bytes());
        match wire::place(&self.wire, name) {
            Some(place) => wire::replace(&mut self.wire, place.value, value),
            None => self.append(name, value),
        }
    }

    /// Removes the field `name`. Returns whether it was there.
    pub fn remove(&mut self, name: &str) -> bool {
        let Some(place) = wire::place(&self.wire, name.as_bytes()) else { return false };
        self.wire.drain(place.start..place.value.end);
        true
    }

    /// Returns the number of fields.
    #[must_use]
    pub fn len(&self) -> usize {
        self.raw().count()
    }

    /// Whether there is no field.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.wire.is_empty()
    }

    /// Whether the header has `extFields`, even if they are empty.
    #[must_use]
    pub fn is_present(&self) -> bool {
        self.present
    }

    /// Gives the header an empty `extFields` if it has none, as Java does for every command with a
    /// header class.
    pub fn set_present(&mut self) {
        self.present = true;
    }

    /// Returns names and values in order.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.raw().map(|(name, value)| (text(name), text(value)))
    }

    /// Returns names and values as bytes for the wire. They are known to be UTF-8, so no second
    /// check is needed.
    pub(crate) fn raw(&self) -> impl Iterator<Item = (&[u8], &[u8])> {
        Fields::new(&self.wire)
    }

    /// Returns the wire form.
    pub(crate) fn wire(&self) -> &[u8] {
        &self.wire
    }

    /// Returns the fields as the binary header has them, or `None` if it cannot hold one of them.
    pub(crate) fn binary(&self) -> Option<&[u8]> {
        let fits =
            !self.long_names || self.raw().all(|(name, _)| name.len() <= LONGEST_BINARY_NAME);
        fits.then_some(&self.wire)
    }

    fn append(&mut self, name: &[u8], value: &[u8]) {
        self.long_names |= name.len() > LONGEST_BINARY_NAME;
        wire::append(&mut self.wire, name, value);
    }
}

impl Clone for ExtFields {
    fn clone(&self) -> Self {
        let Self { present, long_names, .. } = *self;
        Self { wire: self.wire.clone(), present, long_names }
    }

    /// Reuses the allocation.
    fn clone_from(&mut self, other: &Self) {
        self.wire.clone_from(&other.wire);
        (self.present, self.long_names) = (other.present, other.long_names);
    }
}

/// For decoders.
impl ExtFields {
    /// Makes the fields present and empty. Fields from an earlier `extFields` of the same header are discarded.
    pub(crate) fn restart(&mut self) {
        self.wire.clear();
        (self.present, self.long_names) = (true, false);
    }

    /// Makes the fields absent.
    pub(crate) fn clear(&mut self) {
        self.restart();
        self.present = false;
    }

    /// Makes the fields absent, and keeps an allocation of at most `max` bytes for the next ones.
    pub(crate) fn recycle(&mut self, max: usize) {
        if self.wire.capacity() > max {
            self.wire = Vec::new();
        }
        self.clear();
    }

    /// Returns the wire form, for writing. What is written must be whole fields of UTF-8 whose names fit into the binary header.
    pub(crate) fn wire_mut(&mut self) -> &mut Vec<u8> {
        &mut self.wire
    }

    /// Appends a field without looking for its name. [`end`](Self::end) removes repetitions.
    pub(crate) fn push(&mut self, names: &mut Names, name: &str, value: &str) {
        let (name, value) = (wire::storable(name).as_bytes(), wire::storable(value).as_bytes());
        names.note(|| &self.wire, name);
        self.append(name, value);
    }

    /// Removes repetitions, after all fields were noted in `names`.
    #[inline]
    pub(crate) fn end(&mut self, names: &Names) {
        if names.may_repeat() {
            self.wire = repetitions::removed(&self.wire);
        }
    }

    /// Sets the fields to those of a binary header, whose names were noted. They must fulfil what
    /// [`wire_mut`](Self::wire_mut) says.
    #[inline]
    pub(crate) fn copy(&mut self, wire: &[u8], names: &Names) {
        self.restart();
        if names.may_repeat() {
            self.wire = repetitions::removed(wire);
        } else {
            self.wire.extend_from_slice(wire);
        }
    }
}

fn text(bytes: &[u8]) -> &str {
    // Always UTF-8, so the default is never used.
    std::str::from_utf8(bytes).unwrap_or_default()
}

/// Equal if both are present or both absent, and have the same names and values in any order.
impl PartialEq for ExtFields {
    fn eq(&self, other: &Self) -> bool {
        self.is_present() == other.is_present()
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
        self.set_present();
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
