//! The error of reading and writing JSON bodies.

use crate::codec::DecodeError;
use std::borrow::Cow;
use std::fmt;

/// The maximum length of a name within a path, and of a message, in characters.
const MAX_NAME: usize = 64;
const MAX_MESSAGE: usize = 256;

/// Why a JSON body could not be read into a type, or a value could not be written as JSON.
#[derive(Clone, PartialEq, Eq, thiserror::Error)]
pub struct BodyError(Box<Inner>);

#[derive(Clone, PartialEq, Eq)]
struct Inner {
    at: Option<usize>,
    path: String,
    message: Cow<'static, str>,
}

impl BodyError {
    /// Returns the offset of the error from the start of the body, in bytes; `None` if the error does not
    /// belong to a position, as when a value is written.
    #[must_use]
    pub fn at(&self) -> Option<usize> {
        self.0.at
    }

    /// Returns the path of the field, such as `brokerDatas[0].brokerName`; empty for the whole body.
    /// Names are truncated to 64 characters.
    #[must_use]
    pub fn field(&self) -> &str {
        &self.0.path
    }

    pub(crate) fn new(at: usize, message: impl Into<Cow<'static, str>>) -> Self {
        Self::at_path(Some(at), String::new(), message.into())
    }

    pub(super) fn expected(at: usize, expected: &'static str) -> Self {
        Self::new(at, format!("expected {expected}"))
    }

    pub(super) fn unsupported(what: &'static str) -> Self {
        Self::at_path(None, String::new(), format!("a body cannot hold {what}").into())
    }

    fn at_path(at: Option<usize>, path: String, message: Cow<'static, str>) -> Self {
        Self(Box::new(Inner { at, path, message }))
    }

    /// Adds the position if the error has none yet.
    pub(super) fn or_at(mut self, at: usize) -> Self {
        self.0.at.get_or_insert(at);
        self
    }

    /// Puts the name of an object's member before the path.
    pub(super) fn in_field(mut self, name: &str) -> Self {
        let mut path: String = name.chars().take(MAX_NAME).collect();
        if !self.0.path.is_empty() && !self.0.path.starts_with('[') {
            path.push('.');
        }
        path.push_str(&self.0.path);
        self.0.path = path;
        self
    }

    /// Puts the index of an element before the path.
    pub(super) fn in_element(self, index: usize) -> Self {
        self.in_field(&format!("[{index}]"))
    }
}

impl fmt::Display for BodyError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Inner { at, path, message } = &*self.0;
        f.write_str("the body")?;
        if !path.is_empty() {
            write!(f, "'s {path}")?;
        }
        if let Some(at) = at {
            write!(f, ", at byte {at}")?;
        }
        write!(f, ": {message}")
    }
}

impl fmt::Debug for BodyError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "BodyError({self})")
    }
}

impl From<DecodeError> for BodyError {
    fn from(error: DecodeError) -> Self {
        match error {
            DecodeError::Json { at, expected } => Self::expected(at, expected),
            other => Self::at_path(None, String::new(), other.to_string().into()),
        }
    }
}

impl serde::de::Error for BodyError {
    fn custom<T: fmt::Display>(message: T) -> Self {
        // serde's messages quote strings of the peer.
        let message: String = message.to_string().chars().take(MAX_MESSAGE).collect();
        Self::at_path(None, String::new(), message.into())
    }

    fn missing_field(field: &'static str) -> Self {
        Self::at_path(None, field.to_owned(), "the field is missing".into())
    }
}

impl serde::ser::Error for BodyError {
    fn custom<T: fmt::Display>(message: T) -> Self {
        serde::de::Error::custom(message)
    }
}
