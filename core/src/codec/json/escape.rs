//! Strings with backslashes.

use super::scanner::plain;

/// Appends the value of a string with backslashes to `out`. What is no valid escape stands for
/// itself; half a surrogate pair becomes U+FFFD.
pub(super) fn unescape(mut raw: &str, out: &mut String) {
    out.reserve(raw.len());
    loop {
        let at = plain(raw.as_bytes());
        out.push_str(&raw[..at]);
        // There is no quote without a backslash before it.
        raw = raw.get(at + 1..).unwrap_or_default();
        let Some(escape) = raw.chars().next() else { return };
        raw = &raw[escape.len_utf8()..];
        match escape {
            'n' => out.push('\n'),
            't' => out.push('\t'),
            'r' => out.push('\r'),
            'b' => out.push('\u{8}'),
            'f' => out.push('\u{c}'),
            'u' => raw = unescape_unicode(raw, out),
            other => out.push(other),
        }
    }
}

/// Reads the four digits after `\u`, or the two times four of a surrogate pair, and returns what
/// follows.
fn unescape_unicode<'a>(raw: &'a str, out: &mut String) -> &'a str {
    let Some((high, rest)) = hex4(raw) else {
        out.push('\u{fffd}');
        return raw;
    };
    if let Some(character) = char::from_u32(high) {
        out.push(character);
        return rest;
    }
    let low = rest.strip_prefix("\\u").and_then(hex4);
    match low {
        Some((low @ 0xdc00..=0xdfff, after)) if high < 0xdc00 => {
            let code = 0x1_0000 + ((high - 0xd800) << 10) + (low - 0xdc00);
            out.push(char::from_u32(code).unwrap_or('\u{fffd}'));
            after
        }
        _ => {
            out.push('\u{fffd}');
            rest
        }
    }
}

fn hex4(raw: &str) -> Option<(u32, &str)> {
    let digits: &[u8; 4] = raw.as_bytes().first_chunk()?;
    let [a, b, c, d] = digits.map(|digit| u32::from(HEX[usize::from(digit)]));
    // No digit's value has the bits of what is none.
    if (a | b | c | d) > 0xf {
        return None;
    }
    Some((a << 12 | b << 8 | c << 4 | d, &raw[4..]))
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
