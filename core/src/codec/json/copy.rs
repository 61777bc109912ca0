//! Copies a JSON string while it looks for its end, and unescapes it.

use super::string::{hex4, unescaped};
use super::swar::{copy_before, quotes};

/// Copies `text` up to its first `"` or `\`. Returns the number of bytes before that, or of those that fit into `out`.
#[inline(always)]
pub(super) fn copy_plain(text: &[u8], out: &mut [u8]) -> usize {
    copy_before(text, out, quotes, |byte| matches!(byte, b'"' | b'\\'))
}

/// Copies and unescapes a string, starting after its opening quote. Returns the length of the value and the text after the closing
/// quote. Returns `None` for what only the general parser reads, such as halves of surrogate pairs.
#[inline(always)]
pub(super) fn copy_string<'a>(mut text: &'a [u8], out: &mut [u8]) -> Option<(usize, &'a [u8])> {
    let mut length = 0;
    loop {
        let plain = copy_plain(text, out.get_mut(length..)?);
        length += plain;
        text = match text.get(plain..)? {
            [b'"', rest @ ..] => return Some((length, rest)),
            // The separators of a message's properties are U+0001 and U+0002.
            [_, b'u', b'0', b'0', b'0', digit @ b'0'..=b'7', rest @ ..] => {
                *out.get_mut(length)? = digit - b'0';
                length += 1;
                rest
            }
            [_, b'u', rest @ ..] => {
                let (code, rest) = hex4(rest)?;
                let mut bytes = [0; 4];
                let bytes = char::from_u32(code)?.encode_utf8(&mut bytes).as_bytes();
                out.get_mut(length..length + bytes.len())?.copy_from_slice(bytes);
                length += bytes.len();
                rest
            }
            // Part of a longer character otherwise.
            [_, escape @ (..0x80), rest @ ..] => {
                *out.get_mut(length)? = unescaped(*escape);
                length += 1;
                rest
            }
            _ => return None,
        };
    }
}
