//! Properties that can be changed.

use super::{NAME_END, PROPERTY_END, Properties};
use crate::last_wins::last_of_each_name;
use std::borrow::Cow;
use std::fmt;
use std::ops::Range;

/// [`Properties`] that own their text and can be changed. Each name occurs at most once.
///
/// Characters that end names and properties are removed: `\x01` and `\x02` from names, `\x02` from
/// values. There are no properties with an empty value: setting a property to the empty text
/// removes it. The only bound is that of a message: 32767 bytes, checked when the message is
/// encoded.
///
/// ```
/// use rocketmq_tower_core::message::{Properties, PropertiesBuf, property};
///
/// let mut properties = PropertiesBuf::from(Properties::new("TAGS\x01a\x02DELAY\x013"));
/// properties.set(property::TAGS, "b").set(property::KEYS, "k1");
/// assert!(properties.remove(property::DELAY));
/// assert_eq!(properties.as_properties().as_str(), "TAGS\x01b\x02KEYS\x01k1\x02");
/// ```
#[derive(Clone, Default, PartialEq, Eq)]
pub struct PropertiesBuf(String);

impl PropertiesBuf {
    /// Creates an empty set of properties.
    #[must_use]
    pub const fn new() -> Self {
        Self(String::new())
    }

    /// Sets the property `name`. An existing one keeps its position; a new one goes to the end.
    pub fn set(&mut self, name: &str, value: &str) -> &mut Self {
        let (name, value) = (clean_name(name), clean_value(value));
        if value.is_empty() {
            self.remove(&name);
        } else if let Some(place) = self.find(&name) {
            let old =
                place.start + name.len() + NAME_END.len_utf8()..place.end - PROPERTY_END.len_utf8();
            self.0.replace_range(old, &value);
        } else if !name.is_empty() {
            self.push(&name, &value);
        }
        self
    }

    /// Removes the property `name`. Returns whether it was there.
    pub fn remove(&mut self, name: &str) -> bool {
        match self.find(name) {
            Some(place) => {
                self.0.replace_range(place, "");
                true
            }
            None => false,
        }
    }

    /// Returns the value of the property `name`.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&str> {
        self.as_properties().get(name)
    }

    /// Borrows the properties, to read them or to put them into a message.
    #[must_use]
    pub fn as_properties(&self) -> Properties<'_> {
        Properties::new(&self.0)
    }

    /// Returns the range of the property `name` in the text, from its name to its end mark.
    fn find(&self, name: &str) -> Option<Range<usize>> {
        let mut start = 0;
        for property in self.0.split_inclusive(PROPERTY_END) {
            let end = start + property.len();
            if property.strip_prefix(name).is_some_and(|rest| rest.starts_with(NAME_END)) {
                return Some(start..end);
            }
            start = end;
        }
        None
    }

    fn push(&mut self, name: &str, value: &str) {
        self.0.reserve(name.len() + value.len() + 2);
        self.0.push_str(name);
        self.0.push(NAME_END);
        self.0.push_str(value);
        self.0.push(PROPERTY_END);
    }
}

fn clean_name(name: &str) -> Cow<'_, str> {
    clean(name, &[NAME_END, PROPERTY_END])
}

fn clean_value(value: &str) -> Cow<'_, str> {
    clean(value, &[PROPERTY_END])
}

fn clean<'a>(text: &'a str, without: &[char]) -> Cow<'a, str> {
    if text.contains(without) { text.replace(without, "").into() } else { text.into() }
}

impl From<Properties<'_>> for PropertiesBuf {
    fn from(properties: Properties<'_>) -> Self {
        properties.iter().collect()
    }
}

/// Has the result of setting them one after another, but takes linear time, as the text may come
/// from a peer.
impl<K: AsRef<str>, V: AsRef<str>> FromIterator<(K, V)> for PropertiesBuf {
    fn from_iter<I: IntoIterator<Item = (K, V)>>(properties: I) -> Self {
        let properties: Vec<(K, V)> = properties.into_iter().collect();
        let named = properties.iter().map(|(name, value)| {
            let (name, value) = (clean_name(name.as_ref()), clean_value(value.as_ref()));
            (name.clone(), (name, value))
        });
        let mut this = Self::new();
        for (name, value) in last_of_each_name(named, properties.len()) {
            if !name.is_empty() && !value.is_empty() {
                this.push(&name, &value);
            }
        }
        this
    }
}

impl fmt::Debug for PropertiesBuf {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.as_properties().fmt(f)
    }
}
