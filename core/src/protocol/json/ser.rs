//! Writes values as JSON with serde.

use super::BodyError;
use super::compound::Compound;
use crate::codec::json::write_string;
use bytes::{BufMut, BytesMut};
use serde::ser::{Impossible, Serialize, Serializer};
use std::fmt::{Display, Write};

/// Writes values. Its result is whether there was a value: false for `None` and units, for which nothing
/// was written.
pub(super) struct Writer<'a> {
    out: &'a mut BytesMut,
    quote_numbers: bool,
}

impl<'a> Writer<'a> {
    pub(super) fn new(out: &'a mut BytesMut, quote_numbers: bool) -> Self {
        Self { out, quote_numbers }
    }

    /// Writes a value, or `null` if there is none.
    pub(super) fn root<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), BodyError> {
        if !value.serialize(&mut *self)? {
            self.out.put_slice(b"null");
        }
        Ok(())
    }

    pub(super) fn put(&mut self, byte: u8) {
        self.out.put_u8(byte);
    }

    pub(super) fn text(&mut self, text: &str) {
        write_string(text.as_bytes(), self.out);
    }

    /// Returns the number of bytes that were written.
    pub(super) fn written(&self) -> usize {
        self.out.len()
    }

    /// Drops everything but the first `length` bytes.
    pub(super) fn truncate(&mut self, length: usize) {
        self.out.truncate(length);
    }

    /// Writes the name of a map whose keys are numbers or booleans.
    pub(super) fn number_as_name(&mut self, value: impl Display) -> Result<bool, BodyError> {
        if self.quote_numbers {
            self.display(format_args!("\"{value}\""))
        } else {
            self.display(value)
        }
    }

    fn display(&mut self, value: impl Display) -> Result<bool, BodyError> {
        write!(self.out, "{value}").map_err(<BodyError as serde::ser::Error>::custom)?;
        Ok(true)
    }

    fn integer(&mut self, value: impl itoa::Integer) {
        self.out.put_slice(itoa::Buffer::new().format(value).as_bytes());
    }

    /// Writes a fraction. JSON has no NaN and no infinity; they count as absent, as in Java.
    fn float(&mut self, value: impl Display, is_finite: bool) -> Result<bool, BodyError> {
        if is_finite { self.display(value) } else { Ok(false) }
    }

    fn open<'w>(&'w mut self, open: u8, close: u8) -> Compound<'w, 'a> {
        self.out.put_u8(open);
        Compound { writer: self, first: true, close }
    }
}

/// Defines the methods for integers.
macro_rules! integers {
    ($($method:ident $type:ty;)*) => {
        $(
            fn $method(self, value: $type) -> Result<bool, BodyError> {
                self.integer(value);
                Ok(true)
            }
        )*
    };
}

/// Defines the methods for types that have no form.
macro_rules! refused {
    ($result:ty => $($method:ident($($argument:ty),*) $what:literal;)*) => {
        $(
            fn $method(self, $(_: $argument),*) -> Result<$result, BodyError> {
                Err(BodyError::unsupported($what))
            }
        )*
    };
}
pub(super) use refused;

impl<'w, 'a> Serializer for &'w mut Writer<'a> {
    type Ok = bool;
    type Error = BodyError;
    type SerializeSeq = Compound<'w, 'a>;
    type SerializeTuple = Compound<'w, 'a>;
    type SerializeTupleStruct = Compound<'w, 'a>;
    type SerializeTupleVariant = Impossible<bool, BodyError>;
    type SerializeMap = Compound<'w, 'a>;
    type SerializeStruct = Compound<'w, 'a>;
    type SerializeStructVariant = Impossible<bool, BodyError>;

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

    fn serialize_bool(self, value: bool) -> Result<bool, BodyError> {
        self.out.put_slice(if value { b"true" } else { b"false" });
        Ok(true)
    }

    fn serialize_f32(self, value: f32) -> Result<bool, BodyError> {
        self.float(value, value.is_finite())
    }

    fn serialize_f64(self, value: f64) -> Result<bool, BodyError> {
        self.float(value, value.is_finite())
    }

    fn serialize_char(self, value: char) -> Result<bool, BodyError> {
        self.serialize_str(value.encode_utf8(&mut [0; 4]))
    }

    fn serialize_str(self, value: &str) -> Result<bool, BodyError> {
        self.text(value);
        Ok(true)
    }

    fn serialize_none(self) -> Result<bool, BodyError> {
        Ok(false)
    }

    fn serialize_some<T: Serialize + ?Sized>(self, value: &T) -> Result<bool, BodyError> {
        value.serialize(self)
    }

    fn serialize_unit(self) -> Result<bool, BodyError> {
        Ok(false)
    }

    fn serialize_unit_struct(self, _name: &'static str) -> Result<bool, BodyError> {
        Ok(false)
    }

    fn serialize_unit_variant(
        self,
        _name: &'static str,
        _index: u32,
        variant: &'static str,
    ) -> Result<bool, BodyError> {
        self.serialize_str(variant)
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
        Err(BodyError::unsupported("an enum with data"))
    }

    fn serialize_seq(self, _length: Option<usize>) -> Result<Compound<'w, 'a>, BodyError> {
        Ok(self.open(b'[', b']'))
    }

    fn serialize_tuple(self, _length: usize) -> Result<Compound<'w, 'a>, BodyError> {
        Ok(self.open(b'[', b']'))
    }

    fn serialize_tuple_struct(
        self,
        _name: &'static str,
        _length: usize,
    ) -> Result<Compound<'w, 'a>, BodyError> {
        Ok(self.open(b'[', b']'))
    }

    fn serialize_map(self, _length: Option<usize>) -> Result<Compound<'w, 'a>, BodyError> {
        Ok(self.open(b'{', b'}'))
    }

    fn serialize_struct(
        self,
        _name: &'static str,
        _length: usize,
    ) -> Result<Compound<'w, 'a>, BodyError> {
        Ok(self.open(b'{', b'}'))
    }

    refused! { bool =>
        serialize_bytes(&[u8]) "bytes";
    }

    refused! { Impossible<bool, BodyError> =>
        serialize_tuple_variant(&'static str, u32, &'static str, usize) "an enum with data";
        serialize_struct_variant(&'static str, u32, &'static str, usize) "an enum with data";
    }
}
