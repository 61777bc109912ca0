//! Finds the end of a JSON string and unescapes it.

use super::scanner::{Scanner, Text};
use super::swar::{before, marked};
use crate::codec::DecodeError;

impl Scanner<'_> {
    /// Reads a string, after optional white space.
    pub(super) fn string(&mut self, expected: &'static str) -> Result<Text, DecodeError> {
        self.quoted::<b'"'>(expected)
    }

    /// Reads a string between two `QUOTE`s, after optional white space.
    pub(crate) fn quoted<const QUOTE: u8>(
        &mut self,
        expected: &'static str,
    ) -> Result<Text, DecodeError> {
        self.expect(QUOTE, expected)?;
        let (start, text) = (self.at, self.bytes().get(self.at..).unwrap_or_default());
        let length = plain::<QUOTE>(text);
        if text.get(length) == Some(&QUOTE) {
            self.at += length + 1;
            return Ok(Text::Plain(start..start + length));
        }
        let mut value = Vec::new();
        let rest = unescape::<QUOTE>(text, &mut value);
        self.at = self.bytes().len() - rest.unwrap_or_default().len();
        match rest {
            Some(_) => Ok(Text::Escaped(String::from_utf8_lossy(&value).into_owned())),
            None => Err(self.error("a closing quote")),
        }
    }
}

/// Appends the value of a string to `out`, starting after its opening quote. Returns the text after
/// its closing quote, or `None` if it has no closing quote.
///
/// An unknown escape stands for the escaped character; a malformed `\u` and half a surrogate pair
/// become U+FFFD. If `rest` is UTF-8, the value is too.
pub(super) fn unescape<'a, const QUOTE: u8>(
    mut rest: &'a [u8],
    out: &mut Vec<u8>,
) -> Option<&'a [u8]> {
    loop {
        let (text, end) = rest.split_at(plain::<QUOTE>(rest));
        out.extend_from_slice(text);
        let (mark, after) = end.split_first()?;
        if *mark == QUOTE {
            return Some(after);
        }
        rest = match after {
            [b'u', rest @ ..] => unicode(rest, out),
            [escape, rest @ ..] => {
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
            [] => return None,
        };
    }
}

/// Returns the number of bytes before the first `QUOTE` or `\`.
#[inline(always)]
pub(super) fn plain<const QUOTE: u8>(text: &[u8]) -> usize {
    let marks = |word| marked(word, QUOTE) | marked(word, b'\\');
    before(text, marks, |byte| byte == QUOTE || byte == b'\\')
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

fn hex4(text: &[u8]) -> Option<(u32, &[u8])> {
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
