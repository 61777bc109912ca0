//! The names and values that a message carries.

mod buf;

pub use buf::PropertiesBuf;

use std::fmt;

/// Ends a name.
const NAME_END: char = '\u{1}';

/// Ends a value, and so a property.
const PROPERTY_END: char = '\u{2}';

/// The properties of a message, as text: `name \x01 value \x02` for each.
///
/// They are read as in Java: the last `\x02` may be missing, a value may hold a `\x01`, properties
/// with an empty name or value are skipped, and if a name repeats, the last value wins. A look-up
/// scans the text, which usually has about a dozen properties.
///
/// ```
/// use rocketmq_tower_core::message::{Properties, property};
///
/// let properties = Properties::new("KEYS\x01k1 k2\x02TAGS\x01a\x02");
/// assert_eq!(properties.get(property::TAGS), Some("a"));
/// assert_eq!(properties.iter().next(), Some(("KEYS", "k1 k2")));
/// ```
#[derive(Clone, Copy, Default, PartialEq, Eq)]
pub struct Properties<'a>(&'a str);

impl<'a> Properties<'a> {
    /// Wraps the text. It is not checked.
    #[must_use]
    pub const fn new(text: &'a str) -> Self {
        Self(text)
    }

    /// Returns the text.
    #[must_use]
    pub const fn as_str(&self) -> &'a str {
        self.0
    }

    /// Returns the value of the property `name`.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&'a str> {
        let mut from_the_end = self.0.rsplit(PROPERTY_END).filter_map(property);
        from_the_end.find(|(other, _)| *other == name).map(|(_, value)| value)
    }

    /// Returns names and values in the order of the text, including repeated names.
    pub fn iter(&self) -> impl Iterator<Item = (&'a str, &'a str)> + use<'a> {
        self.0.split(PROPERTY_END).filter_map(property)
    }

    /// Whether there is no property.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.iter().next().is_none()
    }
}

fn property(text: &str) -> Option<(&str, &str)> {
    text.split_once(NAME_END).filter(|(name, value)| !name.is_empty() && !value.is_empty())
}

impl fmt::Debug for Properties<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_map().entries(self.iter()).finish()
    }
}
