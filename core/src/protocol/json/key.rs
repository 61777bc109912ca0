//! Writes the names of a map.

use super::BodyError;
use super::compound::Compound;
use super::ser::{Writer, refused};
use serde::ser::{Impossible, Serialize, Serializer};
use std::fmt::Display;

/// Writes a key: texts in quotes, numbers with or without them, structs as objects.
pub(super) struct KeyWriter<'w, 'a>(pub(super) &'w mut Writer<'a>);

impl KeyWriter<'_, '_> {
    fn number(self, value: impl Display) -> Result<bool, BodyError> {
        self.0.number_as_name(value)
    }
}

/// Defines the methods for numbers.
macro_rules! numbers {
    ($($method:ident $type:ty;)*) => {
        $(
            fn $method(self, value: $type) -> Result<bool, BodyError> {
                self.number(value)
            }
        )*
    };
}

impl<'w, 'a> Serializer for KeyWriter<'w, 'a> {
    type Ok = bool;
    type Error = BodyError;
    type SerializeSeq = Impossible<bool, BodyError>;
    type SerializeTuple = Impossible<bool, BodyError>;
    type SerializeTupleStruct = Impossible<bool, BodyError>;
    type SerializeTupleVariant = Impossible<bool, BodyError>;
    type SerializeMap = Impossible<bool, BodyError>;
    type SerializeStruct = Compound<'w, 'a>;
    type SerializeStructVariant = Impossible<bool, BodyError>;

    numbers! {
        serialize_bool bool;
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

    fn serialize_char(self, value: char) -> Result<bool, BodyError> {
        self.0.serialize_char(value)
    }

    fn serialize_str(self, value: &str) -> Result<bool, BodyError> {
        self.0.serialize_str(value)
    }

    fn serialize_some<T: Serialize + ?Sized>(self, value: &T) -> Result<bool, BodyError> {
        value.serialize(self)
    }

    fn serialize_unit_variant(
        self,
        _name: &'static str,
        _index: u32,
        variant: &'static str,
    ) -> Result<bool, BodyError> {
        self.0.serialize_str(variant)
    }

    fn serialize_newtype_struct<T: Serialize + ?Sized>(
        self,
        _name: &'static str,
        value: &T,
    ) -> Result<bool, BodyError> {
        value.serialize(self)
    }

    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        self,
        _name: &'static str,
        _index: u32,
        _variant: &'static str,
        _value: &T,
    ) -> Result<bool, BodyError> {
        Err(BodyError::unsupported("an enum with data as a name"))
    }

    fn serialize_struct(
        self,
        name: &'static str,
        length: usize,
    ) -> Result<Compound<'w, 'a>, BodyError> {
        self.0.serialize_struct(name, length)
    }

    refused! { bool =>
        serialize_f32(f32) "a fraction as a name";
        serialize_f64(f64) "a fraction as a name";
        serialize_bytes(&[u8]) "bytes";
        serialize_none() "an absent name";
        serialize_unit() "an absent name";
        serialize_unit_struct(&'static str) "an absent name";
    }

    refused! { Impossible<bool, BodyError> =>
        serialize_seq(Option<usize>) "an array as a name";
        serialize_tuple(usize) "an array as a name";
        serialize_tuple_struct(&'static str, usize) "an array as a name";
        serialize_tuple_variant(&'static str, u32, &'static str, usize) "an enum with data as a name";
        serialize_map(Option<usize>) "a map as a name";
        serialize_struct_variant(&'static str, u32, &'static str, usize) "an enum with data as a name";
    }
}
