//! Parses the headers that clients and servers write in practice: no white space, plain numbers, no
//! escapes in names.
//!
//! Returns `None` for anything else, and the general parser starts over. Both parsers read a header
//! that this one accepts in the same way.

use super::copy::{copy_plain, copy_string};
use super::string::plain;
use crate::command::{ExtFields, LanguageCode, Names, Parts};

/// How the values of a header are read, beyond what every reader needs.
pub(super) trait Visit {
    /// Reads the fields of an object after its `{`. Returns the rest of the text.
    fn ext_fields<'a>(&mut self, text: &'a [u8], command: &mut Parts) -> Option<&'a [u8]>;

    /// Sees the value of the key with this first letter: `text` begins with it, or behind the quote or brace that opens it, and `rest` is
    /// the text behind it.
    fn value(&mut self, key: u8, text: &[u8], rest: &[u8]) -> Option<()>;
}

/// Reads the ext fields at once, and nothing else.
struct Complete;

impl Visit for Complete {
    #[inline(always)]
    fn ext_fields<'a>(&mut self, text: &'a [u8], command: &mut Parts) -> Option<&'a [u8]> {
        ext_fields(text, &mut command.ext_fields)
    }

    #[inline(always)]
    fn value(&mut self, _key: u8, _text: &[u8], _rest: &[u8]) -> Option<()> {
        Some(())
    }
}

/// Reads `header`, which is UTF-8, into `command`.
pub(super) fn decode(header: &[u8], command: &mut Parts) -> Option<()> {
    read(header, command, &mut Complete)
}

/// Reads `header`, which is UTF-8, into `command`, with what `visit` adds.
#[inline(always)]
pub(super) fn read(header: &[u8], command: &mut Parts, visit: &mut impl Visit) -> Option<()> {
    let mut rest = header.strip_prefix(b"{")?;
    loop {
        // The first letter identifies the key.
        let key = *rest.get(1)?;
        let (text, after) = match key {
            b'c' => number(rest, b"\"code\":", &mut command.code)?,
            b'e' => {
                let text = rest.strip_prefix(b"\"extFields\":{")?;
                (text, visit.ext_fields(text, command)?)
            }
            b'f' => number(rest, b"\"flag\":", &mut command.flag)?,
            b'l' => {
                let text = rest.strip_prefix(b"\"language\":\"")?;
                let (name, rest) = string(text)?;
                command.language = LanguageCode::from_bytes(name);
                (text, rest)
            }
            b'o' => number(rest, b"\"opaque\":", &mut command.opaque)?,
            b'r' => {
                let text = rest.strip_prefix(b"\"remark\":\"")?;
                let (remark, rest) = string(text)?;
                command.remark = Some(std::str::from_utf8(remark).ok()?.to_owned().into());
                (text, rest)
            }
            b's' => {
                let rest = rest.strip_prefix(b"\"serializeTypeCurrentRPC\":\"JSON\"")?;
                (rest, rest)
            }
            b'v' => {
                let mut version = 0;
                let value = number(rest, b"\"version\":", &mut version)?;
                command.version = version.into();
                value
            }
            _ => return None,
        };
        visit.value(key, text, after)?;
        rest = match after {
            [b',', rest @ ..] => rest,
            b"}" => return Some(()),
            _ => return None,
        };
    }
}

/// Parses the number of a key. Returns the text from the number on, and the text behind it.
#[inline(always)]
fn number<'a>(rest: &'a [u8], key: &[u8], target: &mut i32) -> Option<(&'a [u8], &'a [u8])> {
    let text = rest.strip_prefix(key)?;
    Some((text, integer(text, target)?))
}

/// Parses an unsigned number into `target`. Returns the rest of the text.
#[inline(always)]
fn integer<'a>(text: &'a [u8], target: &mut i32) -> Option<&'a [u8]> {
    // Most flags have one digit.
    if let [digit @ b'0'..=b'9', b',', ..] = text {
        *target = i32::from(digit - b'0');
        return Some(&text[1..]);
    }
    let (mut value, mut rest) = (0_u64, text);
    while let [digit @ b'0'..=b'9', behind @ ..] = rest {
        value = value.wrapping_mul(10).wrapping_add(u64::from(digit - b'0'));
        rest = behind;
    }
    let digits = text.len() - rest.len();
    if !(1..=10).contains(&digits) || !matches!(rest, [b',' | b'}', ..]) {
        return None;
    }
    *target = i32::try_from(value).ok()?;
    Some(rest)
}

/// Reads a string without backslashes, after its opening quote. Returns it and the text after it.
#[inline(always)]
fn string(text: &[u8]) -> Option<(&[u8], &[u8])> {
    match text.split_at(plain(text)) {
        (value, [b'"', rest @ ..]) => Some((value, rest)),
        _ => None,
    }
}

/// Parses the fields of an object after its `{`. Returns the rest of the text.
pub(super) fn ext_fields<'a>(text: &'a [u8], fields: &mut ExtFields) -> Option<&'a [u8]> {
    fields.restart();
    if let [b'}', rest @ ..] = text {
        return Some(rest);
    }
    let wire = fields.wire_mut();
    // Never too short: the two lengths of a field take as many bytes as its quotes, colon and comma.
    wire.resize(text.len(), 0);
    let (end, names, rest) = copy_fields(text, wire)?;
    wire.truncate(end);
    fields.end(&names);
    Some(rest)
}

/// Copies fields into their wire form. Returns the length of that, the names, and the rest of the text.
// Not inlined: there would be too few registers.
#[inline(never)]
fn copy_fields<'a>(mut rest: &'a [u8], wire: &mut [u8]) -> Option<(usize, Names, &'a [u8])> {
    let (mut at, mut names) = (0, Names::default());
    loop {
        let (known, out) = wire.split_at_mut_checked(at)?;
        let (head, value) = match rest {
            // The names in SEND_MESSAGE_V2 are single letters.
            [b'"', letter, b'"', b':', b'"', text @ ..] if !matches!(letter, b'"' | b'\\') => {
                *out.first_chunk_mut()? = [0, 1, *letter];
                names.note(|| known, &rest[1..2]);
                (7, text)
            }
            _ => {
                let (length, text) = copy_name(rest, out)?;
                names.note(|| known, out.get(2..2 + length)?);
                (length + 6, text)
            }
        };
        let (head, out) = out.split_at_mut_checked(head)?;
        let (length, after) = copy_string(value, out)?;
        // Shorter than the header, which has at most 16 MiB.
        *head.last_chunk_mut()? = (length as u32).to_be_bytes();
        at += head.len() + length;
        rest = match after {
            [b',', rest @ ..] => rest,
            [b'}', rest @ ..] => return Some((at, names, rest)),
            _ => return None,
        };
    }
}

/// Copies a name, after two bytes for its length, from its opening quote to the opening quote of the value. Returns its length and
/// the text of the value.
fn copy_name<'a>(text: &'a [u8], out: &mut [u8]) -> Option<(usize, &'a [u8])> {
    let text = text.strip_prefix(b"\"")?;
    let (length, name) = out.split_first_chunk_mut()?;
    let end = copy_plain(text, name);
    // Longer names are for the general parser.
    *length = i16::try_from(end).ok()?.to_be_bytes();
    Some((end, text.get(end..)?.strip_prefix(b"\":\"")?))
}
