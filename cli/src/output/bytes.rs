//! Bodies.

use super::text;
use serde_json::{Map, Value};
use std::fmt::Write;

/// The maximum number of bytes of a body that people see in hex.
const MAX_SHOWN: usize = 64;

/// Adds a body to a JSON object: as `body` if it is text, else as `bodyHex`.
pub(crate) fn body_to_json(body: &[u8], is_text: bool, json: &mut Map<String, Value>) {
    match std::str::from_utf8(body) {
        Ok(text) if is_text => json.insert("body".to_owned(), text.into()),
        _ => json.insert("bodyHex".to_owned(), hex(body).into()),
    };
}

/// Returns a body for people, in one line.
pub(super) fn human(body: &[u8], is_text: bool) -> String {
    match std::str::from_utf8(body) {
        Ok(text) if is_text => text::printable(text).into_owned(),
        _ if body.len() <= MAX_SHOWN => format!("0x{}", hex(body)),
        _ => format!("0x{}… ({} bytes)", hex(&body[..MAX_SHOWN]), body.len()),
    }
}

fn hex(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len() * 2);
    for byte in bytes {
        // A text can always be written to.
        _ = write!(text, "{byte:02x}");
    }
    text
}

#[cfg(test)]
mod tests {
    use super::human;

    #[test]
    fn a_body_that_is_no_text_is_shown_in_hex() {
        assert_eq!(human("é𝄞\n".as_bytes(), true), "é𝄞\\n");
        assert_eq!(human(&[0xff, 0], true), "0xff00");
        assert_eq!(human(b"abc", false), "0x616263");
        assert_eq!(human(&[0xff; 65], true), format!("0x{}… (65 bytes)", "ff".repeat(64)));
    }
}
