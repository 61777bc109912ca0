//! Reads Base64, in which Java writes sets of bits.

/// Returns the bytes of a text in the usual alphabet, with or without the padding; `None` for any other text.
pub(super) fn decode(text: &str) -> Option<Vec<u8>> {
    let text = text.trim_end_matches('=').as_bytes();
    let mut bytes = Vec::with_capacity(text.len() / 4 * 3 + 2);
    for group in text.chunks(4) {
        let mut bits = 0;
        for &digit in group {
            bits = bits << 6 | u32::from(value(digit)?);
        }
        // A group has 6 bits for each digit, and as many whole bytes as fit.
        let missing = 4 - group.len();
        bits <<= 6 * missing;
        let whole = match group.len() {
            1 => return None,
            length => length - 1,
        };
        bytes.extend(bits.to_be_bytes().iter().skip(1).take(whole));
    }
    Some(bytes)
}

fn value(digit: u8) -> Option<u8> {
    Some(match digit {
        b'A'..=b'Z' => digit - b'A',
        b'a'..=b'z' => digit - b'a' + 26,
        b'0'..=b'9' => digit - b'0' + 52,
        b'+' => 62,
        b'/' => 63,
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::decode;

    #[test]
    fn texts_of_all_lengths_are_read() {
        for (text, bytes) in [
            ("", &b""[..]),
            ("AQ==", &[1]),
            ("Zg", b"f"),
            ("Zm8=", b"fo"),
            ("Zm9v", b"foo"),
            ("Zm9vYg==", b"foob"),
            ("+/+/", &[0xfb, 0xff, 0xbf]),
        ] {
            assert_eq!(decode(text).as_deref(), Some(bytes), "{text}");
        }
        for bad in ["A", "A-==", "Zm9vY", "Z g="] {
            assert_eq!(decode(bad), None, "{bad}");
        }
    }
}
