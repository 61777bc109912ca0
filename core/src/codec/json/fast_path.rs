//! Parses the headers that clients and servers write in practice: no white space, plain numbers, no
//! escapes in names.
//!
//! Returns `None` for anything else, and the general parser starts over. Both parsers read a header
//! that this one accepts in the same way.

use super::string::{plain, unescape};
use crate::command::{ExtFieldsBuilder, LanguageCode, RemotingCommand};

/// Reads `header`, which is UTF-8, into `command` and `fields`.
pub(super) fn decode(
    header: &[u8],
    command: &mut RemotingCommand,
    fields: &mut ExtFieldsBuilder,
) -> Option<()> {
    let mut rest = header.strip_prefix(b"{")?;
    loop {
        // The first letter identifies the key.
        rest = match rest.get(1)? {
            b'c' => integer(rest.strip_prefix(b"\"code\":")?, &mut command.code)?,
            b'e' => ext_fields(header, rest.strip_prefix(b"\"extFields\":{")?, fields)?,
            b'f' => integer(rest.strip_prefix(b"\"flag\":")?, &mut command.flag)?,
            b'l' => {
                let (name, rest) = string(rest.strip_prefix(b"\"language\":\"")?)?;
                command.language = LanguageCode::from_name(std::str::from_utf8(name).ok()?);
                rest
            }
            b'o' => integer(rest.strip_prefix(b"\"opaque\":")?, &mut command.opaque)?,
            b'r' => {
                let (remark, rest) = string(rest.strip_prefix(b"\"remark\":\"")?)?;
                command.remark = Some(std::str::from_utf8(remark).ok()?.to_owned().into());
                rest
            }
            b's' => rest.strip_prefix(b"\"serializeTypeCurrentRPC\":\"JSON\"")?,
            b'v' => {
                let mut version = 0;
                let rest = integer(rest.strip_prefix(b"\"version\":")?, &mut version)?;
                command.version = version.into();
                rest
            }
            _ => return None,
        };
        rest = match rest {
            [b',', rest @ ..] => rest,
            b"}" => return Some(()),
            _ => return None,
        };
    }
}

/// Parses an unsigned number into `target`. Returns the rest of the text.
#[inline(always)]
fn integer<'a>(text: &'a [u8], target: &mut i32) -> Option<&'a [u8]> {
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
    match text.split_at(plain::<b'"'>(text)) {
        (value, [b'"', rest @ ..]) => Some((value, rest)),
        _ => None,
    }
}

/// Parses the fields of an object after its `{`. Returns the rest of the text.
// Not inlined: that would cost `decode` 20 instructions, as it has too few registers.
#[inline(never)]
fn ext_fields<'a>(
    header: &'a [u8],
    mut rest: &'a [u8],
    fields: &mut ExtFieldsBuilder,
) -> Option<&'a [u8]> {
    fields.restart();
    if let [b'}', rest @ ..] = rest {
        return Some(rest);
    }
    loop {
        let text = rest.strip_prefix(b"\"")?;
        let (name, text) = match text {
            // The names in SEND_MESSAGE_V2 are single letters.
            [_, b'"', ..] if text[0] != b'\\' => text.split_at(1),
            _ => text.split_at(plain::<b'"'>(text)),
        };
        let key = ExtFieldsBuilder::place(header, name, text);
        let text = text.strip_prefix(b"\":\"")?;
        let (value, end) = text.split_at(plain::<b'"'>(text));
        rest = match end {
            [b'"', rest @ ..] => {
                let value = ExtFieldsBuilder::place(header, value, end);
                fields.push_named(header, name, key, value);
                rest
            }
            _ => {
                let (value, rest) = fields.written(|owned| unescape::<b'"'>(text, owned))?;
                fields.push(header, key, value);
                rest
            }
        };
        rest = match rest {
            [b',', rest @ ..] => rest,
            [b'}', rest @ ..] => return Some(rest),
            _ => return None,
        };
    }
}
