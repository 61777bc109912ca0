//! The string-to-string fields of a command's header.

mod builder;
mod table;
#[cfg(test)]
mod tests;

pub(crate) use builder::ExtFieldsBuilder;
pub(crate) use table::Span;

use std::fmt;
use table::Table;

/// The `extFields` of a command: names and values, in wire order, each name at most once.
///
/// Decoded fields are not copied: they are slices of the frame's header, so keeping an `ExtFields`
/// keeps that part of the read buffer alive ([`RemotingCodec`](crate::codec::RemotingCodec) states
/// how much that can be). Inserted fields share one growing string. A look-up is a linear scan; a
/// header has about a dozen fields.
///
/// RocketMQ distinguishes a header without ext fields from one with an empty set of them
/// (`extFields` absent or `{}` in JSON); see [`is_present`](Self::is_present). The binary header
/// does not carry this difference.
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
    /// `None` if they are absent. Boxed to keep commands small, as they are moved often.
    table: Option<Box<Table>>,
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
        let table = self.table.as_deref()?;
        let at = table.position(name.as_bytes())?;
        Some(table.text(table.entries[at].value))
    }

    /// Whether there is a field `name`.
    #[must_use]
    pub fn contains(&self, name: &str) -> bool {
        self.table.as_deref().is_some_and(|table| table.position(name.as_bytes()).is_some())
    }

    /// Sets the field `name`. An existing field keeps its position; a new one goes to the end.
    pub fn insert(&mut self, name: &str, value: &str) {
        self.table.get_or_insert_default().insert(name, value);
    }

    /// Removes the field `name`. Returns whether it was there.
    pub fn remove(&mut self, name: &str) -> bool {
        self.table.as_deref_mut().is_some_and(|table| table.remove(name))
    }

    /// Returns the number of fields.
    #[must_use]
    pub fn len(&self) -> usize {
        self.table.as_deref().map_or(0, |table| table.entries.len())
    }

    /// Whether there is no field.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Whether the header has `extFields`, even if they are empty.
    #[must_use]
    pub fn is_present(&self) -> bool {
        self.table.is_some()
    }

    /// Gives the header an empty `extFields` if it has none, as Java does for every command with a
    /// header class.
    pub fn set_present(&mut self) {
        self.table.get_or_insert_default();
    }

    /// Returns names and values in order.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.table.as_deref().into_iter().flat_map(|table| {
            table.entries.iter().map(|entry| (table.text(entry.key), table.text(entry.value)))
        })
    }

    /// Returns names and values as bytes for the wire. They are known to be UTF-8, so no second
    /// check is needed.
    pub(crate) fn raw(&self) -> impl Iterator<Item = (&[u8], &[u8])> {
        let table = self.table.as_deref();
        let entries = table.map_or(&[][..], |table| &table.entries);
        entries.iter().filter_map(move |entry| {
            let table = table?;
            Some((table.bytes(entry.key), table.bytes(entry.value)))
        })
    }
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
