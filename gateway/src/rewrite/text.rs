//! Addresses in JSON texts.

use std::borrow::Cow;
use std::ops::Range;

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

/// Removes all brokers but masters, those with the id 0, from the maps called `brokerAddrs` in a JSON text. A map that is written in an
/// unexpected way stays as it is.
pub(super) fn keep_masters(text: &[u8]) -> Cow<'_, [u8]> {
    let mut out = Vec::new();
    let mut copied = 0;
    let mut at = 0;
    while let Some(start) = find(text, at, |byte| byte == b'"') {
        let Some(end) = end_of_string(text, start + 1) else { break };
        at = end + 1;
        if &text[start + 1..end] != b"brokerAddrs" {
            continue;
        }
        if let Some(Addresses { entries, master }) = addresses(text, at) {
            out.extend_from_slice(&text[copied..entries.start]);
            out.extend_from_slice(&text[master]);
            (copied, at) = (entries.end, entries.end);
        }
    }
    if copied == 0 {
        return Cow::Borrowed(text);
    }
    out.extend_from_slice(&text[copied..]);
    Cow::Owned(out)
}

/// The places of all entries of a map of addresses, and of the master's entry. A map without a master has an empty place for it.
struct Addresses {
    entries: Range<usize>,
    master: Range<usize>,
}

/// Reads `:{0:"10.0.0.1:10911","1":"10.0.0.2:10911"}`: Java writes the ids with quotes or without.
fn addresses(text: &[u8], at: usize) -> Option<Addresses> {
    let at = token(text, token(text, at, b':')?, b'{')?;
    let start = at;
    let mut at = skip_spaces(text, at);
    let mut master = at..at;
    while *text.get(at)? != b'}' {
        let entry = at;
        let (id, end) = id(text, at)?;
        let value = token(text, token(text, end, b':')?, b'"')?;
        let end = end_of_string(text, value)? + 1;
        if id == b"0" {
            master = entry..end;
        }
        at = skip_spaces(text, end);
        if *text.get(at)? == b',' {
            at = skip_spaces(text, at + 1);
        }
    }
    Some(Addresses { entries: start..at, master })
}

/// Returns the id of a broker, and the place behind it.
fn id(text: &[u8], at: usize) -> Option<(&[u8], usize)> {
    if text.get(at) == Some(&b'"') {
        let end = end_of_string(text, at + 1)?;
        return Some((&text[at + 1..end], end + 1));
    }
    let end = find(text, at, |byte| !byte.is_ascii_digit())?;
    Some((&text[at..end], end))
}

/// Returns the place behind this byte, which must be the next one but spaces.
fn token(text: &[u8], at: usize, expected: u8) -> Option<usize> {
    let at = skip_spaces(text, at);
    (*text.get(at)? == expected).then_some(at + 1)
}

fn skip_spaces(text: &[u8], at: usize) -> usize {
    find(text, at, |byte| !byte.is_ascii_whitespace()).unwrap_or(text.len())
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
    use super::{keep_masters, replace_strings};

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

    fn masters(text: &str) -> String {
        String::from_utf8(keep_masters(text.as_bytes()).into_owned()).unwrap()
    }

    #[test]
    fn slaves_are_left_out_and_nothing_else_changes() {
        for (text, expected) in [
            (
                r#"{"brokerAddrs":{0:"m:1",1:"s:1"},"x":[1]}"#,
                r#"{"brokerAddrs":{0:"m:1"},"x":[1]}"#,
            ),
            (
                r#"{"brokerAddrs" : { "2":"s:2", "0" : "m:1" , "1":"s:1"}}"#,
                r#"{"brokerAddrs" : {"0" : "m:1"}}"#,
            ),
            (
                r#"[{"brokerAddrs":{1:"s:1"}},{"brokerAddrs":{0:"m:1"}}]"#,
                r#"[{"brokerAddrs":{}},{"brokerAddrs":{0:"m:1"}}]"#,
            ),
            (r#"{"brokerAddrs":{}}"#, r#"{"brokerAddrs":{}}"#),
        ] {
            assert_eq!(masters(text), expected);
        }
    }

    #[test]
    fn maps_of_another_kind_stay() {
        for text in [
            r#"{"brokerAddrs":null}"#,
            r#"{"brokerAddrs":{0:"m:1",1:2}}"#,
            r#"{"brokerAddrs":{0:"m:1""#,
            r#"{"brokerAddrs":{0:"m:1",1"#,
            r#"{"brokerAddrs""#,
            r#"["brokerAddrs","0"]"#,
            r#"{"addrs":{0:"m:1",1:"s:1"}}"#,
            "",
        ] {
            assert_eq!(masters(text), text);
        }
    }

    #[test]
    fn texts_that_are_no_json_stay() {
        for text in ["", "\"", "\"10.0.0.1:10911", "\"\\", "10.0.0.1:10911"] {
            assert_eq!(replace(text), text);
        }
        assert_eq!(replace("\"10.0.0.1:10911\""), "\"gw.example:20911\"");
    }
}
