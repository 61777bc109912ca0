//! Copies a JSON string while it looks for its end, and unescapes it.

use super::string::hex4;
use super::swar::{ONES, quotes};

/// Copies `text` up to its first `"` or `\`, eight bytes at a time. Returns the number of bytes before that, or `None` if there
/// is none, or `out` is too short. Bytes of `out` behind them may be overwritten.
#[inline(always)]
pub(super) fn copy_plain(text: &[u8], out: &mut [u8]) -> Option<usize> {
    let (mut from, mut to, mut copied) = (text, out, 0);
    while let Some((word, after)) = from.split_first_chunk() {
        // Two steps, as `to` has to be given up for its halves.
        if to.len() < word.len() {
            break;
        }
        let (place, behind) = to.split_at_mut(word.len());
        place.copy_from_slice(word);
        let found = quotes(u64::from_le_bytes(*word)) & (ONES << 7);
        if found != 0 {
            return Some(copied + found.trailing_zeros() as usize / 8);
        }
        copied += word.len();
        (from, to) = (after, behind);
    }
    for (byte, place) in from.iter().zip(to) {
        if matches!(byte, b'"' | b'\\') {
            return Some(copied);
        }
        *place = *byte;
        copied += 1;
    }
    None
}

/// Copies and unescapes a string, starting after its opening quote. Returns the length of the value and the text after the closing
/// quote. Returns `None` for what only the general parser reads, such as halves of surrogate pairs.
#[inline(always)]
pub(super) fn copy_string<'a>(mut text: &'a [u8], out: &mut [u8]) -> Option<(usize, &'a [u8])> {
    let mut length = 0;
    loop {
        let plain = copy_plain(text, out.get_mut(length..)?)?;
        length += plain;
        text = match text.get(plain..)? {
            [b'"', rest @ ..] => return Some((length, rest)),
            [_, b'u', rest @ ..] => {
                let (code, rest) = hex4(rest)?;
                // The separators of a message's properties are U+0001 and U+0002.
                if code < 0x80 {
                    *out.get_mut(length)? = code as u8;
                    length += 1;
                } else {
                    let mut bytes = [0; 4];
                    let bytes = char::from_u32(code)?.encode_utf8(&mut bytes).as_bytes();
                    out.get_mut(length..length + bytes.len())?.copy_from_slice(bytes);
                    length += bytes.len();
                }
                rest
            }
            [_, escape, rest @ ..] => {
                *out.get_mut(length)? = unescaped(*escape)?;
                length += 1;
                rest
            }
            _ => return None,
        };
    }
}

/// Returns the character of a short escape. Non-ASCII ones are for the general parser.
fn unescaped(escape: u8) -> Option<u8> {
    Some(match escape {
        b'n' => b'\n',
        b't' => b'\t',
        b'r' => b'\r',
        b'b' => 0x8,
        b'f' => 0xc,
        0x80.. => return None,
        other => other,
    })
}
