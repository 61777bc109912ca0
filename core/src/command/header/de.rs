//! Reads ext fields into a struct.

use super::HeaderError;
use crate::command::ExtFields;
use serde::de::value::BorrowedStrDeserializer;
use serde::de::{Deserialize, DeserializeSeed, Deserializer, IntoDeserializer, MapAccess, Visitor};
use serde::forward_to_deserialize_any;

/// Reads a single field.
pub(super) fn read_field<'de, T: Deserialize<'de>>(
    name: &'de str,
    text: &'de str,
) -> Result<T, HeaderError> {
    T::deserialize(FieldDeserializer { name, text }).map_err(|error| error.in_field(name))
}

/// Deserializes the header as a whole.
pub(super) struct HeaderDeserializer<'de> {
    fields: &'de ExtFields,
}

impl<'de> HeaderDeserializer<'de> {
    pub(super) fn new(fields: &'de ExtFields) -> Self {
        Self { fields }
    }
}

impl<'de> Deserializer<'de> for HeaderDeserializer<'de> {
    type Error = HeaderError;

    /// For a map, or a struct with flattened parts: visits every field.
    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, HeaderError> {
        visitor.visit_map(Fields { entries: self.fields.iter(), value: None })
    }

    /// Looks up the fields that the struct names. Other fields of the peer are ignored.
    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _name: &'static str,
        names: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, HeaderError> {
        let fields = self.fields;
        let entries = names.iter().filter_map(|name| fields.get(name).map(|text| (*name, text)));
        visitor.visit_map(Fields { entries, value: None })
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        _name: &'static str,
        visitor: V,
    ) -> Result<V::Value, HeaderError> {
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_unit<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, HeaderError> {
        visitor.visit_unit()
    }

    fn deserialize_unit_struct<V: Visitor<'de>>(
        self,
        _name: &'static str,
        visitor: V,
    ) -> Result<V::Value, HeaderError> {
        visitor.visit_unit()
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf option seq tuple tuple_struct map
        enum identifier ignored_any
    }
}

struct Fields<'de, I> {
    entries: I,
    value: Option<(&'de str, &'de str)>,
}

impl<'de, I: Iterator<Item = (&'de str, &'de str)>> MapAccess<'de> for Fields<'de, I> {
    type Error = HeaderError;

    fn next_key_seed<K: DeserializeSeed<'de>>(
        &mut self,
        seed: K,
    ) -> Result<Option<K::Value>, HeaderError> {
        self.value = self.entries.next();
        let key = self.value.map(|(name, _)| seed.deserialize(BorrowedStrDeserializer::new(name)));
        key.transpose()
    }

    fn next_value_seed<V: DeserializeSeed<'de>>(
        &mut self,
        seed: V,
    ) -> Result<V::Value, HeaderError> {
        let (name, text) = self.value.take().unwrap_or_default();
        seed.deserialize(FieldDeserializer { name, text }).map_err(|error| error.in_field(name))
    }
}

/// Deserializes the text of one field.
struct FieldDeserializer<'de> {
    name: &'de str,
    text: &'de str,
}

/// Defines the methods for numbers, which parse the text by the type's `FromStr`.
macro_rules! parsed {
    ($($deserialize:ident $visit:ident $type:ty, $expected:literal;)*) => {
        $(
            fn $deserialize<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, HeaderError> {
                match self.text.parse::<$type>() {
                    Ok(value) => visitor.$visit(value),
                    Err(_) => Err(HeaderError::malformed(self.name, self.text, $expected)),
                }
            }
        )*
    };
}

impl<'de> Deserializer<'de> for FieldDeserializer<'de> {
    type Error = HeaderError;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, HeaderError> {
        visitor.visit_borrowed_str(self.text)
    }

    /// Accepts `true` and `false` in any case, and `1` and `0`, which old C++ clients send.
    fn deserialize_bool<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, HeaderError> {
        match self.text {
            "1" => visitor.visit_bool(true),
            "0" => visitor.visit_bool(false),
            text if text.eq_ignore_ascii_case("true") => visitor.visit_bool(true),
            text if text.eq_ignore_ascii_case("false") => visitor.visit_bool(false),
            text => Err(HeaderError::malformed(self.name, text, "a boolean")),
        }
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
        deserialize_char visit_char char, "one character";
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, HeaderError> {
        visitor.visit_some(self)
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        _name: &'static str,
        visitor: V,
    ) -> Result<V::Value, HeaderError> {
        visitor.visit_newtype_struct(self)
    }

    /// Reads a unit variant by its name.
    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _name: &'static str,
        _variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, HeaderError> {
        visitor.visit_enum(self.text.into_deserializer())
    }

    fn deserialize_unit<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, HeaderError> {
        visitor.visit_unit()
    }

    forward_to_deserialize_any! {
        str string bytes byte_buf unit_struct seq tuple tuple_struct map struct identifier ignored_any
    }
}
