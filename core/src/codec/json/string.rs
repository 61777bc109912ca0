//! Finds the end of a JSON string and unescapes it.

use super::scanner::{Scanner, Text};
use super::swar::{before, quotes};
use crate::codec::DecodeError;

impl Scanner<'_> {
    /// Reads a string, after optional white space.
    pub(crate) fn string(&mut self, expected: &'static str) -> Result<Text, DecodeError> {
        self.expect(b'"', expected)?;
        let (start, text) = (self.at, self.bytes().get(self.at..).unwrap_or_default());
        let length = plain(text);
        if text.get(length) == Some(&b'"') {
            self.at += length + 1;
            return Ok(Text::Plain(start..start + length));
        }
        let mut value = Vec::new();
        let rest = unescape(text, &mut value);
        self.at = self.bytes().len() - rest.unwrap_or_default().len();
        match rest {
            Some(_) => Ok(Text::Escaped(String::from_utf8_lossy(&value).into_owned())),
            None => Err(self.error("a closing quote")),
        }
    }

    /// Reads a string between apostrophes, which is not JSON, after optional white space. Kept apart
    /// from `string`, which headers need to be fast.
    pub(crate) fn apostrophes(&mut self, expected: &'static str) -> Result<Text, DecodeError> {
        self.expect(b'\'', expected)?;
        let (start, text) = (self.at, self.bytes().get(self.at..).unwrap_or_default());
        let (mut length, mut is_plain) = (0, true);
        loop {
            length += match text.get(length) {
                Some(b'\'') => break,
                Some(b'\\') => {
                    is_plain = false;
                    2
                }
                Some(_) => 1,
                None => return Err(self.error("a closing quote")),
            };
        }
        self.at += length + 1;
        if is_plain {
            return Ok(Text::Plain(start..start + length));
        }
        let (mut value, mut rest) = (Vec::new(), &text[..length]);
        // A quote inside ends what `unescape` takes for the string.
        while let Some(after) = unescape(rest, &mut value) {
            value.push(b'"');
            rest = after;
        }
        Ok(Text::Escaped(String::from_utf8_lossy(&value).into_owned()))
    }
}

/// Appends the value of a string to `out`, starting after its opening quote. Returns the text after
/// its closing quote, or `None` if it has no closing quote.
///
/// An unknown escape stands for the escaped character; a malformed `\u` and half a surrogate pair
/// become U+FFFD. If `rest` is UTF-8, the value is too.
fn unescape<'a>(mut rest: &'a [u8], out: &mut Vec<u8>) -> Option<&'a [u8]> {
    loop {
        let (text, end) = rest.split_at(plain(rest));
        out.extend_from_slice(text);
        rest = match end {
            [b'"', rest @ ..] => return Some(rest),
            [_, b'u', rest @ ..] => unicode(rest, out),
            [_, escape, rest @ ..] => {
                out.push(unescaped(*escape));
                rest
            }
            _ => return None,
        };
    }
}

/// Returns the character that a backslash and this byte stand for. Unknown ones stand for the byte itself.
#[inline(always)]
pub(super) fn unescaped(escape: u8) -> u8 {
    match escape {
        b'n' => b'\n',
        b't' => b'\t',
        b'r' => b'\r',
        b'b' => 0x8,
        b'f' => 0xc,
        other => other,
    }
}

/// Returns the number of bytes before the first `"` or `\`.
#[inline(always)]
pub(super) fn plain(text: &[u8]) -> usize {
    before(text, quotes, |byte| matches!(byte, b'"' | b'\\'))
}

/// Reads the four digits after `\u`, and the second escape of a surrogate pair. Appends the
/// character to `out` and returns the rest of the text.
fn unicode<'a>(text: &'a [u8], out: &mut Vec<u8>) -> &'a [u8] {
    let Some((code, rest)) = hex4(text) else {
        put(char::REPLACEMENT_CHARACTER, out);
        return text;
    };
    if code < 0x80 {
        out.push(code as u8);
        return rest;
    }
    if let Some(character) = char::from_u32(code) {
        put(character, out);
        return rest;
    }
    let low = rest.strip_prefix(b"\\u").and_then(hex4);
    let (character, rest) = match low {
        Some((low @ 0xdc00..=0xdfff, after)) if code < 0xdc00 => {
            (char::from_u32(0x1_0000 + ((code - 0xd800) << 10) + (low - 0xdc00)), after)
        }
        _ => (None, rest),
    };
    put(character.unwrap_or(char::REPLACEMENT_CHARACTER), out);
    rest
}

fn put(character: char, out: &mut Vec<u8>) {
    out.extend_from_slice(character.encode_utf8(&mut [0; 4]).as_bytes());
}

pub(super) fn hex4(text: &[u8]) -> Option<(u32, &[u8])> {
    let (digits, rest) = text.split_first_chunk::<4>()?;
    let [a, b, c, d] = digits.map(|digit| u32::from(HEX[usize::from(digit)]));
    // Digits use the low four bits only; other bytes have the value 255.
    if (a | b | c | d) > 0xf {
        return None;
    }
    Some((a << 12 | b << 8 | c << 4 | d, rest))
}

/// The values of hexadecimal digits; 255 for other bytes.
const HEX: [u8; 256] = {
    let mut values = [u8::MAX; 256];
    let mut value = 0;
    while value < 16 {
        let digit = b"0123456789abcdef"[value];
        values[digit as usize] = value as u8;
        values[digit.to_ascii_uppercase() as usize] = value as u8;
        value += 1;
    }
    values
};
