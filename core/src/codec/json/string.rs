//! Strings: where they end, and what they say.

use super::scanner::{Scanner, Text};
use crate::codec::DecodeError;

impl Scanner<'_> {
    /// A string, white space before it allowed.
    pub(super) fn string(&mut self, expected: &'static str) -> Result<Text, DecodeError> {
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
}

/// Appends the value of a string whose opening quote has been taken to `out`, and returns what
/// follows; `None` if it never ends. What is no valid escape stands for itself; half a surrogate
/// pair becomes U+FFFD. UTF-8 stays so.
pub(super) fn unescape<'a>(mut rest: &'a [u8], out: &mut Vec<u8>) -> Option<&'a [u8]> {
    loop {
        let (text, end) = rest.split_at(plain(rest));
        out.extend_from_slice(text);
        rest = match end {
            [b'"', rest @ ..] => return Some(rest),
            [_, b'u', rest @ ..] => unicode(rest, out),
            [_, escape, rest @ ..] => {
                out.push(match escape {
                    b'n' => b'\n',
                    b't' => b'\t',
                    b'r' => b'\r',
                    b'b' => 0x8,
                    b'f' => 0xc,
                    other => *other,
                });
                rest
            }
            _ => return None,
        };
    }
}

/// How many bytes there are before the first `"` or `\`.
///
/// Eight at a time: strings in headers are short as a rule, but some are long.
#[inline(always)]
pub(super) fn plain(bytes: &[u8]) -> usize {
    let mut rest = bytes;
    while let Some((word, after)) = rest.split_first_chunk() {
        let word = u64::from_le_bytes(*word);
        // The lowest bit that is set is that of the first byte in question; those above may lie.
        let found = zero_bytes(word ^ QUOTES) | zero_bytes(word ^ BACKSLASHES);
        if found != 0 {
            return bytes.len() - rest.len() + found.trailing_zeros() as usize / 8;
        }
        rest = after;
    }
    bytes.len() - rest.len() + plain_at_end(rest)
}

#[cold]
fn plain_at_end(rest: &[u8]) -> usize {
    rest.iter().position(|byte| matches!(byte, b'"' | b'\\')).unwrap_or(rest.len())
}

/// A one in every byte.
const ONES: u64 = u64::MAX / 0xff;
const QUOTES: u64 = ONES * b'"' as u64;
const BACKSLASHES: u64 = ONES * b'\\' as u64;

/// The top bit of the first byte that is zero; perhaps those of later bytes, too.
#[inline(always)]
const fn zero_bytes(word: u64) -> u64 {
    word.wrapping_sub(ONES) & !word & (ONES << 7)
}

/// Reads the four digits after `\u`, or the two times four of a surrogate pair, and returns what
/// follows.
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

fn hex4(text: &[u8]) -> Option<(u32, &[u8])> {
    let (digits, rest) = text.split_first_chunk::<4>()?;
    let [a, b, c, d] = digits.map(|digit| u32::from(HEX[usize::from(digit)]));
    // No digit's value has the bits of what is none.
    if (a | b | c | d) > 0xf {
        return None;
    }
    Some((a << 12 | b << 8 | c << 4 | d, rest))
}

/// The values of hexadecimal digits; 255 for what is none.
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
