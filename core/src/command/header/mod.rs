//! Typed headers: converts any flat serde struct to and from ext fields.

mod de;
mod ser;
#[cfg(test)]
mod tests;

use super::ExtFields;
use serde::{Deserialize, Serialize};

/// Reads `fields` into a `T`.
pub(super) fn read<'de, T: Deserialize<'de>>(fields: &'de ExtFields) -> Result<T, HeaderError> {
    T::deserialize(de::HeaderDeserializer::new(fields))
}

/// Reads one field by the same rules. Returns `None` if the field is absent or empty: Java reads an
/// empty value of the binary header as null.
pub(crate) fn read_field<'de, T: Deserialize<'de>>(
    fields: &'de ExtFields,
    name: &'static str,
) -> Result<Option<T>, HeaderError> {
    let text = fields.get(name).filter(|text| !text.is_empty());
    text.map(|text| de::read_field(name, text)).transpose()
}

/// Writes each field of `header` that has a value into `fields`.
pub(super) fn write<T: Serialize + ?Sized>(
    header: &T,
    fields: &mut ExtFields,
) -> Result<(), HeaderError> {
    fields.set_present();
    header.serialize(ser::HeaderSerializer::new(fields))
}

/// Why ext fields could not be read into a typed header, or a typed header could not be written as
/// ext fields.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum HeaderError {
    /// A required field is missing.
    #[error("the header lacks the field {field:?}")]
    Missing {
        /// The field's name.
        field: String,
    },
    /// A field's text does not fit its type.
    #[error("the header's field {field:?} is {text:?}, which is not {expected}")]
    Malformed {
        /// The field's name.
        field: String,
        /// The field's text, truncated to 64 characters.
        text: String,
        /// The kind of value that the type accepts.
        expected: &'static str,
    },
    /// The header has a type that ext fields cannot express, as they are a flat list of texts.
    #[error("a header's field can't be {what} (field {field:?})")]
    Unsupported {
        /// The field's name, or empty for the header as a whole.
        field: String,
        /// The kind of type.
        what: &'static str,
    },
    /// The caller's `Serialize` or `Deserialize` implementation failed.
    #[error("the header's field {field:?}: {message}")]
    Other {
        /// The field's name, or empty for the header as a whole.
        field: String,
        /// The message.
        message: String,
    },
}

impl HeaderError {
    fn malformed(field: &str, text: &str, expected: &'static str) -> Self {
        let text = text.chars().take(64).collect();
        Self::Malformed { field: field.to_owned(), text, expected }
    }

    fn unsupported(what: &'static str) -> Self {
        Self::Unsupported { field: String::new(), what }
    }

    /// Adds the field's name if the error does not have one yet.
    fn in_field(mut self, name: &str) -> Self {
        if let Self::Unsupported { field, .. } | Self::Other { field, .. } = &mut self {
            if field.is_empty() {
                *field = name.to_owned();
            }
        }
        self
    }
}

impl serde::de::Error for HeaderError {
    fn custom<T: std::fmt::Display>(message: T) -> Self {
        Self::Other { field: String::new(), message: message.to_string() }
    }

    fn missing_field(field: &'static str) -> Self {
        Self::Missing { field: field.to_owned() }
    }
}

impl serde::ser::Error for HeaderError {
    fn custom<T: std::fmt::Display>(message: T) -> Self {
        serde::de::Error::custom(message)
    }
}
