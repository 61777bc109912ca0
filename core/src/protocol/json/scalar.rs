//! Deserializes one string, number, boolean or `null`, and the names of objects.

use super::BodyError;
use serde::de::{Deserializer, IntoDeserializer, Visitor};
use serde::forward_to_deserialize_any;
use std::borrow::Cow;

pub(super) enum Scalar<'de> {
    Text(Cow<'de, str>),
    Number(&'de str),
    Bool(bool),
    Null,
}

impl Scalar<'_> {
    /// Returns the text of a number or a string that may hold one.
    fn digits(&self) -> &str {
        match self {
            Self::Text(text) => text.trim(),
            Self::Number(text) => text,
            Self::Bool(_) | Self::Null => "",
        }
    }

    fn expected(expected: &'static str) -> BodyError {
        serde::de::Error::custom(format_args!("expected {expected}"))
    }
}

/// Defines the methods for numbers, which parse the text by the type's `FromStr`.
macro_rules! parsed {
    ($($deserialize:ident $visit:ident $type:ty, $expected:literal;)*) => {
        $(
            fn $deserialize<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, BodyError> {
                match self.digits().parse::<$type>() {
                    Ok(value) => visitor.$visit(value),
                    Err(_) => Err(Self::expected($expected)),
                }
            }
        )*
    };
}

/// Defines the methods that read a text, or a scalar as its text.
macro_rules! text {
    ($($deserialize:ident)*) => {
        $(
            fn $deserialize<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, BodyError> {
                match self {
                    Self::Text(Cow::Borrowed(text)) | Self::Number(text) => visitor.visit_borrowed_str(text),
                    Self::Text(Cow::Owned(text)) => visitor.visit_string(text),
                    Self::Bool(true) => visitor.visit_borrowed_str("true"),
                    Self::Bool(false) => visitor.visit_borrowed_str("false"),
                    Self::Null => visitor.visit_unit(),
                }
            }
        )*
    };
}

impl<'de> Deserializer<'de> for Scalar<'de> {
    type Error = BodyError;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, BodyError> {
        match self {
            Self::Bool(value) => visitor.visit_bool(value),
            Self::Number(text) => {
                if let Ok(value) = text.parse() {
                    visitor.visit_i64(value)
                } else if let Ok(value) = text.parse() {
                    visitor.visit_u64(value)
                } else {
                    self.deserialize_f64(visitor)
                }
            }
            text => text.deserialize_str(visitor),
        }
    }

    fn deserialize_bool<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, BodyError> {
        let value = match &self {
            Self::Bool(value) => Some(*value),
            other => match other.digits() {
                "1" => Some(true),
                "0" => Some(false),
                text if text.eq_ignore_ascii_case("true") => Some(true),
                text if text.eq_ignore_ascii_case("false") => Some(false),
                _ => None,
            },
        };
        visitor.visit_bool(value.ok_or_else(|| Self::expected("a boolean"))?)
    }

    parsed! {
        deserialize_i8 visit_i8 i8, "an 8-bit integer";
        deserialize_i16 visit_i16 i16, "a 16-bit integer";
        deserialize_i32 visit_i32 i32, "a 32-bit integer";
        deserialize_i64 visit_i64 i64, "a 64-bit integer";
        deserialize_i128 visit_i128 i128, "a 128-bit integer";
        deserialize_u8 visit_u8 u8, "an unsigned 8-bit integer";
        deserialize_u16 visit_u16 u16, "an unsigned 16-bit integer";
        deserialize_u32 visit_u32 u32, "an unsigned 32-bit integer";
        deserialize_u64 visit_u64 u64, "an unsigned 64-bit integer";
        deserialize_u128 visit_u128 u128, "an unsigned 128-bit integer";
        deserialize_f32 visit_f32 f32, "a number";
        deserialize_f64 visit_f64 f64, "a number";
    }

    text! {
        deserialize_char deserialize_str deserialize_string deserialize_bytes deserialize_byte_buf
        deserialize_identifier
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, BodyError> {
        match self {
            Self::Null => visitor.visit_none(),
            value => visitor.visit_some(value),
        }
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        _name: &'static str,
        visitor: V,
    ) -> Result<V::Value, BodyError> {
        visitor.visit_newtype_struct(self)
    }

    /// Reads a unit variant by its name or its ordinal.
    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _name: &'static str,
        _variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, BodyError> {
        match self {
            Self::Text(text) => visitor.visit_enum(text.into_deserializer()),
            Self::Number(text) => {
                let ordinal: u32 = text.parse().map_err(|_| Self::expected("an ordinal"))?;
                visitor.visit_enum(ordinal.into_deserializer())
            }
            Self::Bool(_) | Self::Null => Err(Self::expected("a name or an ordinal")),
        }
    }

    fn deserialize_ignored_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, BodyError> {
        visitor.visit_unit()
    }

    forward_to_deserialize_any! { unit unit_struct seq tuple tuple_struct map struct }
}
