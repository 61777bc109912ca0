//! Addresses in JSON texts.

use std::borrow::Cow;

/// Replaces strings in a JSON text: `new` returns the replacement of one, which must need no escapes. Everything else stays as it is, byte
/// for byte: fields that nobody here knows, their order, and what a writer of JSON may choose.
///
/// A string with escapes is left alone: an address has none.
pub(super) fn replace_strings<'a, R: AsRef<str>>(
    text: &'a [u8],
    new: impl Fn(&str) -> Option<R>,
) -> Cow<'a, [u8]> {
    let mut out = Vec::new();
    let mut copied = 0;
    let mut at = 0;
    while let Some(start) = find(text, at, |byte| byte == b'"') {
        let Some(end) = end_of_string(text, start + 1) else { break };
        if let Some(new) = std::str::from_utf8(&text[start + 1..end]).ok().and_then(&new) {
            out.extend_from_slice(&text[copied..=start]);
            out.extend_from_slice(new.as_ref().as_bytes());
            copied = end;
        }
        at = end + 1;
    }
    if copied == 0 {
        return Cow::Borrowed(text);
    }
    out.extend_from_slice(&text[copied..]);
    Cow::Owned(out)
}

/// Returns the place of the quote that ends a string.
fn end_of_string(text: &[u8], mut at: usize) -> Option<usize> {
    loop {
        at = find(text, at, |byte| byte == b'"' || byte == b'\\')?;
        if text[at] == b'"' {
            return Some(at);
        }
        at += 2;
    }
}

fn find(text: &[u8], from: usize, is: impl Fn(u8) -> bool) -> Option<usize> {
    Some(from + text.get(from..)?.iter().position(|&byte| is(byte))?)
}

#[cfg(test)]
mod tests {
    use super::replace_strings;

    fn replace(text: &str) -> String {
        let new = |text: &str| (text == "10.0.0.1:10911").then_some("gw.example:20911");
        String::from_utf8(replace_strings(text.as_bytes(), new).into_owned()).unwrap()
    }

    #[test]
    fn addresses_are_replaced_and_nothing_else_changes() {
        let text = r#"{"brokerDatas":[{"brokerAddrs":{0:"10.0.0.1:10911","1": "10.0.0.2:10911"},"x":"a\"10.0.0.1:10911"}]}"#;
        let expected = r#"{"brokerDatas":[{"brokerAddrs":{0:"gw.example:20911","1": "10.0.0.2:10911"},"x":"a\"10.0.0.1:10911"}]}"#;
        assert_eq!(replace(text), expected);
    }

    #[test]
    fn texts_that_are_no_json_stay() {
        for text in ["", "\"", "\"10.0.0.1:10911", "\"\\", "10.0.0.1:10911"] {
            assert_eq!(replace(text), text);
        }
        assert_eq!(replace("\"10.0.0.1:10911\""), "\"gw.example:20911\"");
    }
}
