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
        let [value] = self.get_all([name]);
        value
    }

    /// Returns the values of several properties, in one scan of the text.
    ///
    /// ```
    /// use rocketmq_tower_core::message::{Properties, property};
    ///
    /// let properties = Properties::new("KEYS\x01k1 k2\x02TAGS\x01a\x02");
    /// let [tag, id] = properties.get_all([property::TAGS, property::UNIQ_KEY]);
    /// assert_eq!((tag, id), (Some("a"), None));
    /// ```
    #[must_use]
    pub fn get_all<const N: usize>(&self, names: [&str; N]) -> [Option<&'a str>; N] {
        let mut found = [None; N];
        self.get_each(&names, &mut found);
        found
    }

    /// Writes the values of several properties to `found`, in one scan of the text: the value of the
    /// first name to the first place. The places of properties that are not there stay as they are.
    ///
    /// ```
    /// use rocketmq_tower_core::message::Properties;
    ///
    /// let properties = Properties::new("KEYS\x01k1 k2\x02TAGS\x01a\x02");
    /// let mut found = [None; 2];
    /// properties.get_each(&["TAGS", "color"], &mut found);
    /// assert_eq!(found, [Some("a"), None]);
    /// ```
    pub fn get_each<N: AsRef<str>>(&self, names: &[N], found: &mut [Option<&'a str>]) {
        let bit = |text: &str| text.as_bytes().first().map_or(0, |first| 1_u64 << (first & 63));
        // Most properties begin with none of these letters, and need no further look.
        let letters = names.iter().fold(0, |letters, name| letters | bit(name.as_ref()));
        let mut rest = self.0;
        loop {
            let end = find(rest.as_bytes(), PROPERTY_END as u8);
            let (text, after) = rest.split_at(end.unwrap_or(rest.len()));
            let wanted = if letters & bit(text) == 0 { &[] } else { names };
            for (name, found) in wanted.iter().zip(&mut *found) {
                let name = name.as_ref();
                // One byte tells nearly all names apart, without a call to compare them.
                if text.as_bytes().get(name.len()) == Some(&(NAME_END as u8)) {
                    *found = value_of(text, name).or(*found);
                }
            }
            let Some(next) = after.get(1..) else { return };
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

/// Returns the place of the first `wanted`. Looks at eight bytes at a time: a broker scans the properties
/// of each message several times.
fn find(bytes: &[u8], wanted: u8) -> Option<usize> {
    const ONES: u64 = u64::from_ne_bytes([1; 8]);
    let pattern = u64::from_ne_bytes([wanted; 8]);
    let mut words = bytes.chunks_exact(8);
    let mut place = 0;
    for word in &mut words {
        // A chunk always has eight bytes. Those that are `wanted` become zero.
        let word = word.first_chunk().map_or(0, |word| u64::from_le_bytes(*word)) ^ pattern;
        // The high bit of each zero byte, up to the first one; later ones may be wrong.
        let zeros = word.wrapping_sub(ONES) & !word & (ONES << 7);
        if zeros != 0 {
            return Some(place + zeros.trailing_zeros() as usize / 8);
        }
        place += 8;
    }
    let rest = words.remainder().iter().position(|&byte| byte == wanted);
    rest.map(|at| place + at)
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

#[cfg(test)]
mod tests {
    use super::{Properties, find};

    #[test]
    fn a_byte_is_found_wherever_it_is() {
        for length in 0..40 {
            let mut bytes = vec![3; length];
            assert_eq!(find(&bytes, 2), None);
            for at in (0..length).rev() {
                bytes[at] = 2;
                assert_eq!(find(&bytes, 2), Some(at), "of {length}");
            }
        }
        assert_eq!(find(&[0x82, 1, 0, 3, 0x12, 2, 2, 1, 2], 2), Some(5));
    }

    #[test]
    fn values_are_the_same_one_by_one_and_together() {
        let text = "A\x01a\x02AB\x01b\x01c\x02\x01none\x02C\x02A\x01\x02AB\x01last\x02A\x01end";
        let properties = Properties::new(text);
        let names = ["A", "AB", "", "C", "AB\x01last", "none"];
        assert_eq!(properties.get_all(names), [Some("end"), Some("last"), None, None, None, None]);
        assert_eq!(properties.get_all(names), names.map(|name| properties.get(name)));
        assert_eq!(Properties::new("").get_all(["A"]), [None]);
    }
}
