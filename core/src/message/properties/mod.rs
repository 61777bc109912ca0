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
        // A broker looks up about ten properties of each message, so this is a plain loop over bytes.
        let (mut found, mut rest) = (None, self.0);
        loop {
            let end = rest.bytes().position(|byte| byte == PROPERTY_END as u8);
            let (text, after) = rest.split_at(end.unwrap_or(rest.len()));
            found = value_of(text, name).or(found);
            let Some(next) = after.get(1..) else { return found };
            rest = next;
        }
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

/// Returns the value in the text of a property, if it has this name.
fn value_of<'a>(text: &'a str, name: &str) -> Option<&'a str> {
    let value = text.strip_prefix(name)?.strip_prefix(NAME_END)?;
    (!value.is_empty() && !name.is_empty() && !name.contains(NAME_END)).then_some(value)
}

fn property(text: &str) -> Option<(&str, &str)> {
    text.split_once(NAME_END).filter(|(name, value)| !name.is_empty() && !value.is_empty())
}

impl fmt::Debug for Properties<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_map().entries(self.iter()).finish()
    }
}
