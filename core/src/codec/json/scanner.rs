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

    pub(super) fn bytes(&self) -> &'a [u8] {
        self.text.as_bytes()
    }

    pub(super) fn error(&self, expected: &'static str) -> DecodeError {
        DecodeError::Json { at: self.at, expected }
    }

    pub(super) fn slice(&self, range: Range<usize>) -> &'a str {
        &self.text[range]
    }

    /// The next byte that is not white space, without taking it.
    #[inline(always)]
    pub(super) fn peek(&mut self) -> Option<u8> {
        match self.bytes().get(self.at) {
            Some(byte) if *byte > b' ' => Some(*byte),
            _ => self.skip_white(),
        }
    }

    #[cold]
    fn skip_white(&mut self) -> Option<u8> {
        let bytes = self.bytes();
        while let Some(byte) = bytes.get(self.at) {
            if !matches!(byte, b' ' | b'\t' | b'\n' | b'\r') {
                return Some(*byte);
            }
            self.at += 1;
        }
        None
    }

    /// Takes `byte` if it comes next.
    #[inline(always)]
    pub(super) fn take(&mut self, byte: u8) -> bool {
        let next = self.peek() == Some(byte);
        self.at += usize::from(next);
        next
    }

    #[inline(always)]
    pub(super) fn expect(&mut self, byte: u8, expected: &'static str) -> Result<(), DecodeError> {
        if self.take(byte) { Ok(()) } else { Err(self.error(expected)) }
    }

    /// Nothing but white space is left.
    pub(super) fn end(&mut self) -> Result<(), DecodeError> {
        if self.peek().is_none() { Ok(()) } else { Err(self.error("the end")) }
    }

    /// Whether another member of an object comes, whose `{` and members before have been taken;
    /// else its `}` is taken.
    #[inline(always)]
    pub(super) fn more(&mut self, first: bool) -> Result<bool, DecodeError> {
        if self.take(b'}') {
            return Ok(false);
        }
        if !first {
            self.expect(b',', "a comma or '}'")?;
        }
        Ok(true)
    }

    /// The next key, up to and including its colon.
    pub(super) fn key(&mut self) -> Result<Text, DecodeError> {
        let key = self.string("a key in quotes")?;
        self.expect(b':', "a colon")?;
        Ok(key)
    }

    /// The next value of any kind.
    #[inline]
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
        let start = self.at;
        self.skip_plain();
        if self.bytes().get(self.at) == Some(&b'"') {
            self.at += 1;
            return Ok(Text { range: start..self.at - 1, escaped: false });
        }
        self.skip_escaped()?;
        Ok(Text { range: start..self.at - 1, escaped: true })
    }

    /// Name and value of the next field, if it is `"name":"value"` without blanks and backslashes.
    /// That is how RocketMQ's clients write most of them.
    #[inline(always)]
    pub(super) fn plain_field(&mut self) -> Option<(Range<usize>, Range<usize>)> {
        let rest = self.bytes().get(self.at..)?.strip_prefix(b"\"")?;
        let name = plain(rest);
        let rest = rest.get(name..)?.strip_prefix(b"\":\"")?;
        let value = plain(rest);
        if rest.get(value) != Some(&b'"') {
            return None;
        }
        let name = self.at + 1..self.at + 1 + name;
        let value = name.end + 3..name.end + 3 + value;
        self.at = value.end + 1;
        Some((name, value))
    }

    /// Goes to the next `"` or `\`, or to the end.
    #[inline(always)]
    fn skip_plain(&mut self) {
        self.at += plain(self.bytes().get(self.at..).unwrap_or_default());
    }

    /// Goes on from a backslash to behind the closing quote.
    fn skip_escaped(&mut self) -> Result<(), DecodeError> {
        let bytes = self.bytes();
        loop {
            match bytes.get(self.at) {
                Some(b'"') => {
                    self.at += 1;
                    return Ok(());
                }
                Some(_) => self.at += 2,
                None => {
                    self.at = bytes.len();
                    return Err(self.error("a closing quote"));
                }
            }
            self.skip_plain();
        }
    }

    fn number(&mut self) -> Range<usize> {
        let bytes = self.bytes();
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
