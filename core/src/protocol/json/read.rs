//! Reads JSON token by token, more leniently than the scanner of headers.

use super::BodyError;
use super::scalar::Scalar;
use crate::codec::json::{Scanner, Text};
use std::borrow::Cow;

/// The maximum nesting depth of objects and arrays.
pub const MAX_DEPTH: usize = 64;

pub(super) struct Reader<'de> {
    pub(super) scanner: Scanner<'de>,
    pub(super) depth: usize,
}

impl<'de> Reader<'de> {
    pub(super) fn new(text: &'de str) -> Self {
        Self { scanner: Scanner::new(text), depth: 0 }
    }

    /// Returns the next byte that is not white space, and its position.
    pub(super) fn peek(&mut self) -> (Option<u8>, usize) {
        (self.scanner.peek(), self.scanner.at)
    }

    /// Consumes the bracket that opens an object or an array.
    pub(super) fn open(&mut self, bracket: u8, expected: &'static str) -> Result<(), BodyError> {
        self.scanner.expect(bracket, expected)?;
        self.depth += 1;
        if self.depth > MAX_DEPTH {
            return Err(BodyError::expected(self.scanner.at, "at most 64 nested brackets"));
        }
        Ok(())
    }

    /// Whether another element follows. Call this after [`open`](Self::open) (`first`), and after each
    /// element. Consumes the comma before the element, or the closing bracket.
    pub(super) fn more(&mut self, first: bool, close: u8) -> Result<bool, BodyError> {
        if !self.scanner.take(close) {
            if !first {
                self.scanner.expect(b',', "a comma or a closing bracket")?;
            }
            if first || !self.scanner.take(close) {
                return Ok(true);
            }
        }
        self.depth -= 1;
        Ok(false)
    }

    /// Reads a name, but not the colon after it.
    pub(super) fn name(&mut self) -> Result<Cow<'de, str>, BodyError> {
        match self.scanner.peek() {
            Some(b'"' | b'\'') => self.string(),
            _ => {
                let text = self.scanner.rest();
                let end = |byte: u8| byte.is_ascii_whitespace() || b":,{}[]\"'".contains(&byte);
                let length = text.bytes().position(end).unwrap_or(text.len());
                if length == 0 {
                    return Err(BodyError::expected(self.scanner.at, "a name"));
                }
                self.scanner.at += length;
                Ok(Cow::Borrowed(&text[..length]))
            }
        }
    }

    pub(super) fn colon(&mut self) -> Result<(), BodyError> {
        Ok(self.scanner.expect(b':', "a colon")?)
    }

    fn string(&mut self) -> Result<Cow<'de, str>, BodyError> {
        let text = match self.scanner.peek() {
            Some(b'\'') => self.scanner.apostrophes("a string")?,
            _ => self.scanner.string("a string")?,
        };
        Ok(match text {
            Text::Plain(range) => Cow::Borrowed(self.scanner.slice(range)),
            Text::Escaped(text) => Cow::Owned(text),
        })
    }

    /// Reads a value that is neither an object nor an array.
    pub(super) fn scalar(&mut self) -> Result<Scalar<'de>, BodyError> {
        match self.scanner.peek() {
            Some(b'"' | b'\'') => self.string().map(Scalar::Text),
            Some(b'-' | b'0'..=b'9') => {
                let range = self.scanner.number();
                Ok(Scalar::Number(self.scanner.slice(range)))
            }
            Some(b't') => Ok(self.scanner.word("true").map(|_| Scalar::Bool(true))?),
            Some(b'f') => Ok(self.scanner.word("false").map(|_| Scalar::Bool(false))?),
            Some(b'n') => Ok(self.scanner.word("null").map(|_| Scalar::Null)?),
            Some(b'{' | b'[') => Err(BodyError::expected(
                self.scanner.at,
                "a string, a number or a boolean, not an object or an array",
            )),
            _ => Err(BodyError::expected(self.scanner.at, "a value")),
        }
    }

    /// Whether `null` is next. Does not consume it.
    pub(super) fn is_null(&mut self) -> bool {
        self.scanner.peek() == Some(b'n')
    }

    /// Skips a value of any kind.
    pub(super) fn skip(&mut self) -> Result<(), BodyError> {
        match self.scanner.peek() {
            Some(b'{') => {
                self.open(b'{', "an object")?;
                let mut first = true;
                while self.more(first, b'}')? {
                    first = false;
                    if self.scanner.peek() == Some(b'{') {
                        self.skip()?;
                    } else {
                        self.name()?;
                    }
                    self.colon()?;
                    self.skip()?;
                }
            }
            Some(b'[') => {
                self.open(b'[', "an array")?;
                let mut first = true;
                while self.more(first, b']')? {
                    first = false;
                    self.skip()?;
                }
            }
            _ => _ = self.scalar()?,
        }
        Ok(())
    }
}
