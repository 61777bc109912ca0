//! A JSON reader that hands out places instead of values.

use crate::codec::DecodeError;
use std::ops::Range;

/// Values nest at most this deep; RocketMQ's header nests once.
const MAX_DEPTH: usize = 64;

/// Reads JSON text token by token, in one pass and without allocating.
///
/// It is strict where a mistake could change the meaning and lenient where it can't: control
/// characters inside strings and odd number formats pass.
pub(super) struct Scanner<'a> {
    text: &'a str,
    at: usize,
}

/// A value's kind and place. Strings are given without their quotes.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Value {
    Text(Text),
    Number(Range<usize>),
    /// `true` or `false`.
    Bool(Range<usize>),
    Null,
    /// An object or an array, brackets included.
    Nested(Range<usize>),
}

/// The place of a string between its quotes.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Text {
    pub(super) range: Range<usize>,
    /// Whether it holds backslashes, so that its value is not its place.
    pub(super) escaped: bool,
}

impl<'a> Scanner<'a> {
    pub(super) fn new(text: &'a str) -> Self {
        // A byte order mark is not white space, but Java takes it.
        let at = if text.starts_with('\u{feff}') { 3 } else { 0 };
        Self { text, at }
    }

    pub(super) fn error(&self, expected: &'static str) -> DecodeError {
        DecodeError::Json { at: self.at, expected }
    }

    pub(super) fn slice(&self, range: Range<usize>) -> &'a str {
        &self.text[range]
    }

    /// The next byte that is not white space, without taking it.
    pub(super) fn peek(&mut self) -> Option<u8> {
        let bytes = self.text.as_bytes();
        while let Some(byte) = bytes.get(self.at) {
            if !matches!(byte, b' ' | b'\t' | b'\n' | b'\r') {
                return Some(*byte);
            }
            self.at += 1;
        }
        None
    }

    /// Takes `byte` if it comes next.
    pub(super) fn take(&mut self, byte: u8) -> bool {
        let next = self.peek() == Some(byte);
        self.at += usize::from(next);
        next
    }

    pub(super) fn expect(&mut self, byte: u8, expected: &'static str) -> Result<(), DecodeError> {
        if self.take(byte) { Ok(()) } else { Err(self.error(expected)) }
    }

    /// Nothing but white space is left.
    pub(super) fn end(&mut self) -> Result<(), DecodeError> {
        if self.peek().is_none() { Ok(()) } else { Err(self.error("the end")) }
    }

    /// The next key of an object whose `{` has been taken, up to and including its colon; `None` at
    /// the `}`.
    pub(super) fn key(&mut self, first: bool) -> Result<Option<Text>, DecodeError> {
        if self.take(b'}') {
            return Ok(None);
        }
        if !first {
            self.expect(b',', "a comma or '}'")?;
        }
        let key = self.string("a key in quotes")?;
        self.expect(b':', "a colon")?;
        Ok(Some(key))
    }

    /// The next value of any kind.
    pub(super) fn value(&mut self) -> Result<Value, DecodeError> {
        match self.peek() {
            Some(b'"') => self.string("a string").map(Value::Text),
            Some(b'{' | b'[') => self.nested(),
            Some(b'-' | b'0'..=b'9') => Ok(Value::Number(self.number())),
            Some(b't') => self.word("true").map(Value::Bool),
            Some(b'f') => self.word("false").map(Value::Bool),
            Some(b'n') => self.word("null").map(|_| Value::Null),
            _ => Err(self.error("a value")),
        }
    }

    fn string(&mut self, expected: &'static str) -> Result<Text, DecodeError> {
        self.expect(b'"', expected)?;
        let bytes = self.text.as_bytes();
        let start = self.at;
        let mut escaped = false;
        loop {
            match bytes.get(self.at) {
                Some(b'"') => break,
                Some(b'\\') => {
                    escaped = true;
                    self.at += 2;
                }
                Some(_) => self.at += 1,
                None => {
                    self.at = bytes.len();
                    return Err(self.error("a closing quote"));
                }
            }
        }
        let range = start..self.at;
        self.at += 1;
        Ok(Text { range, escaped })
    }

    fn number(&mut self) -> Range<usize> {
        let bytes = self.text.as_bytes();
        let start = self.at;
        while matches!(bytes.get(self.at), Some(b'0'..=b'9' | b'-' | b'+' | b'.' | b'e' | b'E')) {
            self.at += 1;
        }
        start..self.at
    }

    fn word(&mut self, word: &str) -> Result<Range<usize>, DecodeError> {
        let start = self.at;
        if !self.text[start..].starts_with(word) {
            return Err(self.error("a value"));
        }
        self.at += word.len();
        Ok(start..self.at)
    }

    /// An object or an array with all that is in it.
    fn nested(&mut self) -> Result<Value, DecodeError> {
        let start = self.at;
        // One bit per open bracket, set for an object.
        let mut stack = 0_u64;
        let mut depth = 0;
        loop {
            // A value is due.
            match self.peek() {
                Some(open @ (b'{' | b'[')) => {
                    if depth == MAX_DEPTH {
                        return Err(self.error("fewer brackets"));
                    }
                    self.at += 1;
                    depth += 1;
                    stack = stack << 1 | u64::from(open == b'{');
                    if !self.closes(stack) {
                        self.nested_key(stack)?;
                        continue;
                    }
                }
                _ => _ = self.value()?,
            }
            // A value is done: take what closes after it, then the comma before the next.
            while self.closes(stack) {
                self.at += 1;
                depth -= 1;
                stack >>= 1;
                if depth == 0 {
                    return Ok(Value::Nested(start..self.at));
                }
            }
            self.expect(b',', "a comma or a closing bracket")?;
            self.nested_key(stack)?;
        }
    }

    fn nested_key(&mut self, stack: u64) -> Result<(), DecodeError> {
        if stack & 1 == 1 {
            self.string("a key in quotes")?;
            self.expect(b':', "a colon")?;
        }
        Ok(())
    }

    /// Whether the bracket that closes the innermost open one comes next.
    fn closes(&mut self, stack: u64) -> bool {
        self.peek() == Some(if stack & 1 == 1 { b'}' } else { b']' })
    }
}

/// Appends the value of a string with backslashes to `out`. What is no valid escape stands for
/// itself; half a surrogate pair becomes U+FFFD.
pub(super) fn unescape(mut raw: &str, out: &mut String) {
    while let Some(at) = raw.find('\\') {
        out.push_str(&raw[..at]);
        raw = &raw[at + 1..];
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
    out.push_str(raw);
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
    let digits = raw.get(..4)?;
    if !digits.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return None;
    }
    Some((u32::from_str_radix(digits, 16).ok()?, &raw[4..]))
}
