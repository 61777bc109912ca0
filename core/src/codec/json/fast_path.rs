//! The quick way to read a header that is written as most are: without blanks, its numbers plain,
//! its fields' names without backslashes.
//!
//! Whatever else is in it, `None` says so, and the careful way is taken from the beginning: what is
//! taken here means the same there.

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
        // The first letter tells the key.
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

/// A number without sign, and what follows it.
#[inline(always)]
fn integer<'a>(text: &'a [u8], target: &mut i32) -> Option<&'a [u8]> {
    let mut value = 0_u64;
    for (length, byte) in text.iter().enumerate().take(11) {
        match byte {
            b'0'..=b'9' => value = value * 10 + u64::from(byte - b'0'),
            b',' | b'}' if length > 0 => {
                *target = i32::try_from(value).ok()?;
                return text.get(length..);
            }
            _ => return None,
        }
    }
    None
}

/// A string without backslashes, whose opening quote has been taken, and what follows it.
#[inline(always)]
fn string(text: &[u8]) -> Option<(&[u8], &[u8])> {
    match text.split_at(plain(text)) {
        (value, [b'"', rest @ ..]) => Some((value, rest)),
        _ => None,
    }
}

/// The fields of an object whose `{` has been taken, and what follows it.
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
            // Those of SEND_MESSAGE_V2 are single letters.
            [_, b'"', ..] if text[0] != b'\\' => text.split_at(1),
            _ => text.split_at(plain(text)),
        };
        let key = ExtFieldsBuilder::place(header, name, text);
        let text = text.strip_prefix(b"\":\"")?;
        let (value, end) = text.split_at(plain(text));
        rest = match end {
            [b'"', rest @ ..] => {
                let value = ExtFieldsBuilder::place(header, value, end);
                fields.push_named(header, name, key, value);
                rest
            }
            _ => {
                let (value, rest) = fields.written(|owned| unescape(text, owned))?;
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
