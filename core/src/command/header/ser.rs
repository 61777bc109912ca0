//! Writes a struct as ext fields.

use super::HeaderError;
use crate::command::ExtFields;
use serde::Serialize;
use serde::ser::{Impossible, SerializeMap, SerializeStruct, Serializer};
use std::fmt::Write as _;

type Never = Impossible<(), HeaderError>;

/// Serializes the header as a whole: a struct, a map or a unit.
pub(super) struct HeaderSerializer<'a> {
    fields: &'a mut ExtFields,
    /// Buffer for the text of the current value.
    text: String,
    /// The current key of a map.
    key: String,
}

impl<'a> HeaderSerializer<'a> {
    pub(super) fn new(fields: &'a mut ExtFields) -> Self {
        Self { fields, text: String::new(), key: String::new() }
    }

    fn put<T: Serialize + ?Sized>(&mut self, name: &str, value: &T) -> Result<(), HeaderError> {
        self.text.clear();
        let text = TextSerializer { text: &mut self.text };
        let present = value.serialize(text).map_err(|error| error.in_field(name))?;
        if present {
            self.fields.insert(name, &self.text);
        }
        Ok(())
    }
}

/// Defines methods that refuse a kind of type.
macro_rules! refused {
    ($ok:ty => $($method:ident($($argument:ty),*) $what:literal;)*) => {
        $(
            fn $method(self, $(_: $argument),*) -> Result<$ok, HeaderError> {
                Err(HeaderError::unsupported($what))
            }
        )*
    };
}

impl Serializer for HeaderSerializer<'_> {
    type Ok = ();
    type Error = HeaderError;
    type SerializeSeq = Never;
    type SerializeTuple = Never;
    type SerializeTupleStruct = Never;
    type SerializeTupleVariant = Never;
    type SerializeMap = Self;
    type SerializeStruct = Self;
    type SerializeStructVariant = Never;

    fn serialize_struct(self, _name: &'static str, _len: usize) -> Result<Self, HeaderError> {
        Ok(self)
    }

    fn serialize_map(self, _len: Option<usize>) -> Result<Self, HeaderError> {
        Ok(self)
    }

    fn serialize_none(self) -> Result<(), HeaderError> {
        Ok(())
    }

    fn serialize_unit(self) -> Result<(), HeaderError> {
        Ok(())
    }

    fn serialize_unit_struct(self, _name: &'static str) -> Result<(), HeaderError> {
        Ok(())
    }

    fn serialize_some<T: Serialize + ?Sized>(self, value: &T) -> Result<(), HeaderError> {
        value.serialize(self)
    }

    fn serialize_newtype_struct<T: Serialize + ?Sized>(
        self,
        _name: &'static str,
        value: &T,
    ) -> Result<(), HeaderError> {
        value.serialize(self)
    }

    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        self,
        _name: &'static str,
        _index: u32,
        _variant: &'static str,
        _value: &T,
    ) -> Result<(), HeaderError> {
        Err(HeaderError::unsupported("an enum with data"))
    }

    refused! { () =>
        serialize_bool(bool) "a bare value";
        serialize_i8(i8) "a bare value";
        serialize_i16(i16) "a bare value";
        serialize_i32(i32) "a bare value";
        serialize_i64(i64) "a bare value";
        serialize_u8(u8) "a bare value";
        serialize_u16(u16) "a bare value";
        serialize_u32(u32) "a bare value";
        serialize_u64(u64) "a bare value";
        serialize_f32(f32) "a bare value";
        serialize_f64(f64) "a bare value";
        serialize_char(char) "a bare value";
        serialize_str(&str) "a bare value";
        serialize_bytes(&[u8]) "a bare value";
        serialize_unit_variant(&'static str, u32, &'static str) "a bare value";
    }

    refused! { Never =>
        serialize_seq(Option<usize>) "a sequence";
        serialize_tuple(usize) "a tuple";
        serialize_tuple_struct(&'static str, usize) "a tuple";
        serialize_tuple_variant(&'static str, u32, &'static str, usize) "an enum with data";
        serialize_struct_variant(&'static str, u32, &'static str, usize) "an enum with data";
    }
}

impl SerializeStruct for HeaderSerializer<'_> {
    type Ok = ();
    type Error = HeaderError;

    fn serialize_field<T: Serialize + ?Sized>(
        &mut self,
        name: &'static str,
        value: &T,
    ) -> Result<(), HeaderError> {
        self.put(name, value)
    }

    fn end(self) -> Result<(), HeaderError> {
        Ok(())
    }
}

impl SerializeMap for HeaderSerializer<'_> {
    type Ok = ();
    type Error = HeaderError;

    fn serialize_key<T: Serialize + ?Sized>(&mut self, key: &T) -> Result<(), HeaderError> {
        self.key.clear();
        key.serialize(TextSerializer { text: &mut self.key }).map(drop)
    }

    fn serialize_value<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), HeaderError> {
        let key = std::mem::take(&mut self.key);
        let result = self.put(&key, value);
        self.key = key;
        result
    }

    fn end(self) -> Result<(), HeaderError> {
        Ok(())
    }
}

/// Serializes one value as text. Returns whether there is a value: false for `None` and units.
struct TextSerializer<'a> {
    text: &'a mut String,
}

impl TextSerializer<'_> {
    fn display(self, value: impl std::fmt::Display) -> Result<bool, HeaderError> {
        write!(self.text, "{value}").map_err(serde::ser::Error::custom)?;
        Ok(true)
    }

    fn integer(self, value: impl itoa::Integer) -> Result<bool, HeaderError> {
        self.text.push_str(itoa::Buffer::new().format(value));
        Ok(true)
    }
}

/// Defines the methods for integers.
macro_rules! integers {
    ($($method:ident $type:ty;)*) => {
        $(
            fn $method(self, value: $type) -> Result<bool, HeaderError> {
                self.integer(value)
            }
        )*
    };
}

impl Serializer for TextSerializer<'_> {
    type Ok = bool;
    type Error = HeaderError;
    type SerializeSeq = Impossible<bool, HeaderError>;
    type SerializeTuple = Impossible<bool, HeaderError>;
    type SerializeTupleStruct = Impossible<bool, HeaderError>;
    type SerializeTupleVariant = Impossible<bool, HeaderError>;
    type SerializeMap = Impossible<bool, HeaderError>;
    type SerializeStruct = Impossible<bool, HeaderError>;
    type SerializeStructVariant = Impossible<bool, HeaderError>;

    integers! {
        serialize_i8 i8;
        serialize_i16 i16;
        serialize_i32 i32;
        serialize_i64 i64;
        serialize_i128 i128;
        serialize_u8 u8;
        serialize_u16 u16;
        serialize_u32 u32;
        serialize_u64 u64;
        serialize_u128 u128;
    }

    fn serialize_bool(self, value: bool) -> Result<bool, HeaderError> {
        self.display(value)
    }

    fn serialize_f32(self, value: f32) -> Result<bool, HeaderError> {
        match infinity(value.into()) {
            Some(name) => self.serialize_str(name),
            None => self.display(value),
        }
    }

    fn serialize_f64(self, value: f64) -> Result<bool, HeaderError> {
        match infinity(value) {
            Some(name) => self.serialize_str(name),
            None => self.display(value),
        }
    }

    fn serialize_char(self, value: char) -> Result<bool, HeaderError> {
        self.display(value)
    }

    fn serialize_str(self, value: &str) -> Result<bool, HeaderError> {
        self.text.push_str(value);
        Ok(true)
    }

    fn serialize_none(self) -> Result<bool, HeaderError> {
        Ok(false)
    }

    fn serialize_some<T: Serialize + ?Sized>(self, value: &T) -> Result<bool, HeaderError> {
        value.serialize(self)
    }

    fn serialize_unit(self) -> Result<bool, HeaderError> {
        Ok(false)
    }

    fn serialize_unit_struct(self, _name: &'static str) -> Result<bool, HeaderError> {
        Ok(false)
    }

    fn serialize_unit_variant(
        self,
        _name: &'static str,
        _index: u32,
        variant: &'static str,
    ) -> Result<bool, HeaderError> {
        self.serialize_str(variant)
    }

    fn serialize_newtype_struct<T: Serialize + ?Sized>(
        self,
        _name: &'static str,
        value: &T,
    ) -> Result<bool, HeaderError> {
        value.serialize(self)
    }

    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        self,
        _name: &'static str,
        _index: u32,
        _variant: &'static str,
        _value: &T,
    ) -> Result<bool, HeaderError> {
        Err(HeaderError::unsupported("an enum with data"))
    }

    refused! { bool =>
        serialize_bytes(&[u8]) "bytes";
    }

    refused! { Impossible<bool, HeaderError> =>
        serialize_seq(Option<usize>) "a sequence";
        serialize_tuple(usize) "a tuple";
        serialize_tuple_struct(&'static str, usize) "a tuple";
        serialize_tuple_variant(&'static str, u32, &'static str, usize) "an enum with data";
        serialize_map(Option<usize>) "a map";
        serialize_struct(&'static str, usize) "a struct";
        serialize_struct_variant(&'static str, u32, &'static str, usize) "an enum with data";
    }
}

/// Returns Java's spelling of an infinity, or `None` for any other number.
fn infinity(value: f64) -> Option<&'static str> {
    match value {
        f64::INFINITY => Some("Infinity"),
        f64::NEG_INFINITY => Some("-Infinity"),
        _ => None,
    }
}
