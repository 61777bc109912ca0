//! The names of an expression, found in the text of a message's properties.

use super::text::{Block, LENGTH, NAME_END, PROPERTY_END, letters_at_ends};

/// The names of properties, sorted; each once. They have no separators, and at least one byte.
#[derive(Debug)]
pub(super) struct Names {
    names: Box<[Name]>,
    letters: Letters,
}

#[derive(Debug)]
struct Name {
    text: Box<str>,
    ending: Ending,
}

/// The last letters of names. Most other names end with others.
#[derive(Debug)]
struct Letters {
    /// The bits that all of them have in common.
    common: u8,
    /// The values of these bits.
    value: u8,
    /// The name that ends with a letter, for its low bits: `NONE`, `SEVERAL` or a number.
    names: [u8; 64],
}

const NONE: u8 = u8::MAX;
const SEVERAL: u8 = NONE - 1;

/// The last bytes of a text, the last one lowest. A `PROPERTY_END` is in front, as if there were a property before.
#[derive(Clone, Copy, Debug)]
struct Ending(u64);

impl Names {
    /// Takes sorted names.
    pub(super) fn new(names: impl Iterator<Item = Box<str>>) -> Self {
        let names: Box<[Name]> = names.map(Name::new).collect();
        let letters = Letters::of(&names);
        Self { names, letters }
    }

    pub(super) fn len(&self) -> usize {
        self.names.len()
    }

    /// Returns the bytes that it takes in memory, beside itself.
    pub(super) fn heap_size(&self) -> usize {
        /// The bytes that the allocator adds.
        const ADDED: usize = 16;
        self.names.iter().map(|name| size_of::<Name>() + ADDED + name.text.len()).sum()
    }

    /// Writes where the value of each property begins in the text `properties` to `starts`, which are zeros. Those of
    /// properties that are not there, or are empty, stay zero. If a name repeats, the last value counts.
    #[inline(never)]
    pub(super) fn find(&self, properties: &[u8], starts: &mut [u32]) {
        let Some(last) = properties.len().checked_sub(LENGTH + 1) else {
            let mut block = [0; LENGTH + 1];
            block[..properties.len()].copy_from_slice(properties);
            return self.find_in(&block, 0, properties, starts);
        };
        let mut at = 0;
        while let Some(block) = properties.get(at..).and_then(|rest| rest.first_chunk()) {
            self.find_in(block, at, properties, starts);
            if at == last {
                return;
            }
            // The last block overlaps the one before: what is found twice makes no difference.
            at = (at + LENGTH).min(last);
        }
    }

    /// Finds the names that end in the block at `at`.
    #[inline(always)]
    fn find_in(&self, block: &Block, at: usize, properties: &[u8], starts: &mut [u32]) {
        for place in letters_at_ends(block, self.letters.common, self.letters.value) {
            let end = at + place + 1;
            let name = self.number(properties, end);
            let is_empty = matches!(properties.get(end + 1), None | Some(&PROPERTY_END));
            if let Some(start) = name.and_then(|number| starts.get_mut(number))
                && !is_empty
            {
                // The ends come in any order.
                *start = (*start).max(end as u32 + 1);
            }
        }
    }

    /// Returns the number of the name before `end`, if a property begins with it.
    #[inline(always)]
    fn number(&self, properties: &[u8], end: usize) -> Option<usize> {
        let text = properties.get(..end)?;
        match self.letters.names[usize::from(text.last()? & 63)] {
            NONE => None,
            SEVERAL => self.number_of_several(text),
            number => {
                let number = usize::from(number);
                let name = self.names.get(number)?;
                name.ends_with(Ending::before(properties, end), text).then_some(number)
            }
        }
    }

    #[inline(never)]
    fn number_of_several(&self, text: &[u8]) -> Option<usize> {
        let before = text.iter().rposition(|byte| matches!(*byte, NAME_END | PROPERTY_END));
        if before.is_some_and(|before| text[before] == NAME_END) {
            return None;
        }
        let name = &text[before.map_or(0, |before| before + 1)..];
        self.names.binary_search_by(|known| known.text.as_bytes().cmp(name)).ok()
    }
}

impl Name {
    fn new(text: Box<str>) -> Self {
        Self { ending: Ending::of(text.as_bytes()), text }
    }

    /// Returns whether it is all of the last property in a text with this ending.
    #[inline(always)]
    fn ends_with(&self, ending: Ending, text: &[u8]) -> bool {
        // With the separator before it.
        let length = self.text.len() + 1;
        let others = Ending::LENGTH.saturating_sub(length) * 8;
        (ending.0 ^ self.ending.0) << others == 0 && (length <= Ending::LENGTH || self.ends(text))
    }

    #[inline(never)]
    fn ends(&self, text: &[u8]) -> bool {
        let Some(start) = text.len().checked_sub(self.text.len()) else { return false };
        // First, so that no byte is compared for more than one property.
        let begins = start == 0 || text[start - 1] == PROPERTY_END;
        begins && &text[start..] == self.text.as_bytes()
    }
}

impl Letters {
    fn of(names: &[Name]) -> Self {
        let mut letters = Self { common: u8::MAX, value: 0, names: [NONE; 64] };
        for (number, name) in names.iter().enumerate() {
            let letter = name.text.as_bytes().last().copied().unwrap_or_default();
            if number == 0 {
                letters.value = letter;
            }
            letters.common &= !(letter ^ letters.value);
            let place = &mut letters.names[usize::from(letter & 63)];
            *place = match u8::try_from(number) {
                Ok(number @ ..SEVERAL) if *place == NONE => number,
                _ => SEVERAL,
            };
        }
        letters.value &= letters.common;
        letters
    }
}

impl Ending {
    const LENGTH: usize = size_of::<Self>();

    fn of(text: &[u8]) -> Self {
        let add = |ending, byte: &u8| ending << 8 | u64::from(*byte);
        Self(text.iter().fold(PROPERTY_END.into(), add))
    }

    /// Returns the ending of the text before `end`.
    #[inline(always)]
    fn before(text: &[u8], end: usize) -> Self {
        let before = text.get(..end).unwrap_or_default();
        if let Some(last) = before.last_chunk() {
            return Self(u64::from_be_bytes(*last));
        }
        let Some(first) = text.first_chunk() else { return Self::of(before) };
        let bits = before.len() * 8;
        // There is at least one byte before the end of a name.
        Self(u64::from(PROPERTY_END) << bits | u64::from_be_bytes(*first) >> 8 >> (56 - bits))
    }
}

#[cfg(test)]
mod tests {
    use super::Names;
    use proptest::prelude::*;
    use rocketmq_tower::message::Properties;
    use std::collections::BTreeSet;

    /// Returns the values, found by `Names`.
    fn values<'a>(names: &BTreeSet<String>, properties: &'a str) -> Vec<Option<&'a str>> {
        let found = Names::new(names.iter().map(|name| name.as_str().into()));
        let mut starts = vec![0; names.len()];
        found.find(properties.as_bytes(), &mut starts);
        let value = |start: &u32| {
            let value = crate::filter::sql::text::value(properties.as_bytes(), *start);
            (*start > 0).then(|| str::from_utf8(value).unwrap())
        };
        starts.iter().map(value).collect()
    }

    #[track_caller]
    fn check(names: &BTreeSet<String>, properties: &str) {
        let expected: Vec<_> =
            names.iter().map(|name| Properties::new(properties).get(name)).collect();
        assert_eq!(values(names, properties), expected, "{names:?} {properties:?}");
    }

    #[test]
    fn names_are_found_wherever_they_are() {
        let names =
            ["a", "amount", "count", "a_name_of_more_than_eight_letters", "AMOUNT", "7letter"];
        for name in names {
            for before in 0..200 {
                for after in [0, 1, 2, 63, 64, 65, 200] {
                    let properties = format!(
                        "x\u{1}{}\u{2}{name}\u{1}value\u{2}y\u{1}{}",
                        "v".repeat(before),
                        "w".repeat(after)
                    );
                    check(&[name.to_owned()].into(), &properties);
                    check(&names.map(str::to_owned).into(), &properties);
                    check(&names.map(str::to_owned).into(), &properties[before.min(3)..]);
                }
            }
        }
    }

    #[test]
    fn many_names_are_found() {
        let names: BTreeSet<_> = (0..1000).map(|n| format!("name{n}")).collect();
        let properties: String =
            names.iter().rev().map(|name| format!("{name}\u{1}{}\u{2}", name.len())).collect();
        check(&names, &properties);
        check(&names, &properties.replace("name77", "name"));
    }

    /// Texts of few letters and separators, so that names repeat, end alike, and are parts of values.
    fn texts() -> impl Strategy<Value = String> {
        let parts = proptest::sample::select(vec![
            "a", "b", "ab", "!", "aaaaaaaa", "\u{1}", "\u{1}", "\u{2}", "\u{2}", "ä", "\0",
        ]);
        proptest::collection::vec(parts, 0..80).prop_map(|parts| parts.concat())
    }

    proptest! {
        #[test]
        fn the_values_are_those_of_the_properties(
            names in proptest::collection::btree_set("[ab!]{1,3}|a{7,9}b?", 0..12),
            properties in texts(),
        ) {
            check(&names, &properties);
        }
    }
}
