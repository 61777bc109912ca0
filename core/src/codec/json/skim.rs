//! Reads a header without its ext fields, which it only checks: for headers that are kept as they are.
//!
//! Returns `None` for a header that the fast path does not read, for one that lacks a flag or an opaque to replace, and for one that repeats
//! a key. Those are read completely.

use super::fast_path::{self, Visit};
use super::string::{hex4, plain};
use crate::command::{ExtFields, FieldReader, KeptHeader, Parts, Places};
use std::ops::Range;

/// The longest name in bytes, as in [`fast_path`].
const LONGEST_NAME: usize = i16::MAX as usize;

/// Reads `header`, which is UTF-8, into `command`, which keeps it.
pub(super) fn decode(header: &[u8], command: &mut Parts) -> Option<()> {
    let mut skim = Skim { length: header.len(), seen: 0, places: Places::default() };
    fast_path::read(header, command, &mut skim)?;
    let mut places = skim.places;
    if places.flag.is_empty() || places.opaque.is_empty() {
        return None;
    }
    places.head = (command.code, command.version, command.language);
    let kept = command.kept.get_or_insert_with(Box::<KeptHeader>::default);
    kept.keep(header, places, FieldReader { read, find });
    Some(())
}

/// Notes where values are, and skips the ext fields.
struct Skim {
    /// The length of the header.
    length: usize,
    /// A bit for each key, by its first letter.
    seen: u32,
    places: Places,
}

impl Visit for Skim {
    #[inline(always)]
    fn ext_fields<'a>(&mut self, text: &'a [u8], _command: &mut Parts) -> Option<&'a [u8]> {
        let (fields, rest) = skip_fields(text)?;
        self.places.fields = fields;
        Some(rest)
    }

    #[inline(always)]
    fn value(&mut self, key: u8, text: &[u8], rest: &[u8]) -> Option<()> {
        let bit = 1_u32.checked_shl(u32::from(key.wrapping_sub(b'a')))?;
        let is_new = self.seen & bit == 0;
        self.seen |= bit;
        let place = self.length - text.len()..self.length - rest.len();
        match key {
            b'e' => self.places.ext_fields = Some(place),
            b'f' => self.places.flag = place,
            b'o' => self.places.opaque = place,
            // Without its closing quote.
            b'r' => self.places.remark = Some(place.start..place.end - 1),
            _ => {}
        }
        is_new.then_some(())
    }
}

/// Skips the fields of an object after its `{`, all that [`fast_path::ext_fields`] reads. Returns their number and the rest of the text.
// Not inlined: there would be too few registers.
#[inline(never)]
fn skip_fields(text: &[u8]) -> Option<(usize, &[u8])> {
    if let [b'}', rest @ ..] = text {
        return Some((0, rest));
    }
    let (mut rest, mut fields) = (text, 1);
    loop {
        let (_, _, after) = field(rest)?;
        rest = match after {
            [b',', rest @ ..] => rest,
            [b'}', rest @ ..] => return Some((fields, rest)),
            _ => return None,
        };
        fields += 1;
    }
}

/// Reads a field. Returns its name, the text from behind the opening quote of its value, and the text after the closing one.
#[inline(always)]
fn field(text: &[u8]) -> Option<(&[u8], &[u8], &[u8])> {
    let (name, value) = match text {
        // The names in SEND_MESSAGE_V2 are single letters.
        [b'"', letter, b'"', b':', b'"', rest @ ..] if !matches!(letter, b'"' | b'\\') => {
            (&text[1..2], rest)
        }
        _ => {
            let text = text.strip_prefix(b"\"")?;
            let (name, rest) = text.split_at(plain(text));
            if name.len() > LONGEST_NAME {
                return None;
            }
            (name, rest.strip_prefix(b"\":\"")?)
        }
    };
    Some((name, value, skip_string(value)?))
}

/// Finds the value of a field, if there is one field with this name and the value has no escapes.
fn find(text: &[u8], name: &str) -> Option<Range<usize>> {
    let (mut rest, mut found) = (text, None);
    while let Some((other, value, after)) = field(rest) {
        if other == name.as_bytes() {
            let start = text.len() - value.len();
            let end = text.len() - after.len() - 1;
            if found.is_some() || text[start..end].contains(&b'\\') {
                return None;
            }
            found = Some(start..end);
        }
        rest = after.get(1..)?;
    }
    found
}

/// Skips a string, starting after its opening quote. Returns the text after the closing one.
#[inline(always)]
fn skip_string(mut text: &[u8]) -> Option<&[u8]> {
    loop {
        text = match text.get(plain(text)..)? {
            [b'"', rest @ ..] => return Some(rest),
            [_, b'u', b'0', b'0', b'0', b'0'..=b'7', rest @ ..] => rest,
            [_, b'u', rest @ ..] => {
                let (code, rest) = hex4(rest)?;
                char::from_u32(code)?;
                rest
            }
            [_, ..0x80, rest @ ..] => rest,
            _ => return None,
        };
    }
}

fn read(text: &[u8], fields: &mut ExtFields) {
    // Succeeds: the text was checked.
    _ = fast_path::ext_fields(text, fields);
}
