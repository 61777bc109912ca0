//! A JSON reader that returns positions instead of values.

use crate::codec::DecodeError;
use std::ops::Range;

/// Maximum nesting depth of values; RocketMQ's header nests once.
const MAX_DEPTH: usize = 64;

/// Reads JSON text token by token, in one pass. It allocates only for strings with backslashes.
///
/// It is strict where an error could change the meaning, and lenient elsewhere: it accepts control
/// characters inside strings and odd number formats.
pub(crate) struct Scanner<'a> {
    text: &'a str,
    pub(crate) at: usize,
}

/// A value's kind and position.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Value {
    Text(Text),
    Number(Range<usize>),
    /// `true` or `false`.
    Bool(Range<usize>),
    Null,
    /// An object or an array, including its brackets.
    Nested(Range<usize>),
}

/// A string.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Text {
    /// The position between the quotes, of a string without backslashes.
    Plain(Range<usize>),
    /// The value of a string that holds backslashes.
    Escaped(String),
}

impl<'a> Scanner<'a> {
    pub(crate) fn new(text: &'a str) -> Self {
        // A byte order mark is not white space, but Java accepts it.
        let at = if text.starts_with('\u{feff}') { 3 } else { 0 };
        Self { text, at }
    }

    pub(super) fn bytes(&self) -> &'a [u8] {
        self.text.as_bytes()
    }

    pub(super) fn error(&self, expected: &'static str) -> DecodeError {
        DecodeError::Json { at: self.at, expected }
    }

    /// Returns the text that is not consumed yet.
    pub(crate) fn rest(&self) -> &'a str {
        self.text.get(self.at..).unwrap_or_default()
    }

    pub(crate) fn slice(&self, range: Range<usize>) -> &'a str {
        &self.text[range]
    }

    /// Skips white space and returns the next byte without consuming it.
    pub(crate) fn peek(&mut self) -> Option<u8> {
        let bytes = self.bytes();
        while let Some(byte) = bytes.get(self.at) {
            if !matches!(byte, b' ' | b'\t' | b'\n' | b'\r') {
                return Some(*byte);
            }
            self.at += 1;
        }
        None
    }

    /// Consumes `byte` if it is next. Returns whether it was.
    pub(crate) fn take(&mut self, byte: u8) -> bool {
        let next = self.peek() == Some(byte);
        self.at += usize::from(next);
        next
    }

    pub(crate) fn expect(&mut self, byte: u8, expected: &'static str) -> Result<(), DecodeError> {
        if self.take(byte) { Ok(()) } else { Err(self.error(expected)) }
    }

    /// Checks that only white space is left.
    pub(crate) fn end(&mut self) -> Result<(), DecodeError> {
        if self.peek().is_none() { Ok(()) } else { Err(self.error("the end")) }
    }

    /// Whether an object has another member. Call this after its `{` (`first`) and after each
    /// member. Consumes the comma before the next member, or the object's `}`.
    pub(super) fn more(&mut self, first: bool) -> Result<bool, DecodeError> {
        if self.take(b'}') {
            return Ok(false);
        }
        if !first {
            self.expect(b',', "a comma or '}'")?;
        }
        Ok(true)
    }

    /// Reads the next key, up to and including its colon.
    pub(super) fn key(&mut self) -> Result<Text, DecodeError> {
        let key = self.string("a key in quotes")?;
        self.expect(b':', "a colon")?;
        Ok(key)
    }

    /// Reads the next value of any kind.
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

    pub(crate) fn number(&mut self) -> Range<usize> {
        let bytes = self.bytes();
        let start = self.at;
        while matches!(bytes.get(self.at), Some(b'0'..=b'9' | b'-' | b'+' | b'.' | b'e' | b'E')) {
            self.at += 1;
        }
        start..self.at
    }

    pub(crate) fn word(&mut self, word: &str) -> Result<Range<usize>, DecodeError> {
        let start = self.at;
        if !self.text[start..].starts_with(word) {
            return Err(self.error("a value"));
        }
        self.at += word.len();
        Ok(start..self.at)
    }

    /// Reads an object or an array with all of its contents.
    fn nested(&mut self) -> Result<Value, DecodeError> {
        let start = self.at;
        // One bit per open bracket, set for an object.
        let mut stack = 0_u64;
        let mut depth = 0;
        loop {
            // A value is expected.
            match self.peek() {
                Some(open @ (b'{' | b'[')) => {
                    if depth == MAX_DEPTH {
                        return Err(self.error("fewer nested brackets"));
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
            // A value is complete: consume the closing brackets after it, then the comma before the
            // next value.
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

    /// Whether the bracket that closes the innermost open one is next.
    fn closes(&mut self, stack: u64) -> bool {
        self.peek() == Some(if stack & 1 == 1 { b'}' } else { b']' })
    }
}
