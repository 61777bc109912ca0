//! The string-to-string fields of a command's header.

mod builder;
mod table;
#[cfg(test)]
mod tests;

pub(crate) use builder::ExtFieldsBuilder;
pub(crate) use table::Span;

use std::fmt;
use table::Table;

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
    /// `None` if they are absent. Boxed, as a command is moved from hand to hand.
    table: Option<Box<Table>>,
}

impl ExtFields {
    /// No fields at all: `extFields` is absent.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// The value of the field `name`.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&str> {
        let table = self.table.as_deref()?;
        let at = table.position(name.as_bytes())?;
        Some(table.text(table.entries[at].value))
    }

    /// Whether there is a field `name`.
    #[must_use]
    pub fn contains(&self, name: &str) -> bool {
        self.table.as_deref().is_some_and(|table| table.position(name.as_bytes()).is_some())
    }

    /// Sets the field `name`, in its old place if it exists, else at the end.
    pub fn insert(&mut self, name: &str, value: &str) {
        self.table.get_or_insert_default().insert(name, value);
    }

    /// Takes the field `name` out and tells whether it was there.
    pub fn remove(&mut self, name: &str) -> bool {
        self.table.as_deref_mut().is_some_and(|table| table.remove(name))
    }

    /// How many fields there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.table.as_deref().map_or(0, |table| table.entries.len())
    }

    /// Whether there is no field.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Whether the header has `extFields` at all, be they empty.
    #[must_use]
    pub fn is_present(&self) -> bool {
        self.table.is_some()
    }

    /// Makes the header have `extFields`, be they empty: Java does so for every command with a
    /// header class.
    pub fn set_present(&mut self) {
        self.table.get_or_insert_default();
    }

    /// Names and values in order.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.table.as_deref().into_iter().flat_map(|table| {
            table.entries.iter().map(|entry| (table.text(entry.key), table.text(entry.value)))
        })
    }

    /// Names and values as the bytes that go on the wire: UTF-8 that needs no second check.
    pub(crate) fn raw(&self) -> impl Iterator<Item = (&[u8], &[u8])> {
        let table = self.table.as_deref();
        let entries = table.map_or(&[][..], |table| &table.entries);
        entries.iter().filter_map(move |entry| {
            let table = table?;
            Some((table.bytes(entry.key), table.bytes(entry.value)))
        })
    }
}

/// The same names with the same values, in any order; and both present or both absent.
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
