//! Deserializes values with serde.

use super::BodyError;
use super::read::Reader;
use super::scalar::Scalar;
use serde::de::{DeserializeSeed, Deserializer, MapAccess, SeqAccess, Visitor};
use std::borrow::Cow;

/// Defines the methods for types that are never objects or arrays.
macro_rules! scalars {
    ($($method:ident)*) => {
        $(
            fn $method<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, BodyError> {
                self.scalar()?.$method(visitor)
            }
        )*
    };
}

impl<'de> Deserializer<'de> for &mut Reader<'de> {
    type Error = BodyError;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, BodyError> {
        match self.scanner.peek() {
            Some(b'{') => self.deserialize_map(visitor),
            Some(b'[') => self.deserialize_seq(visitor),
            _ => self.scalar()?.deserialize_any(visitor),
        }
    }

    scalars! {
        deserialize_bool deserialize_i8 deserialize_i16 deserialize_i32 deserialize_i64 deserialize_i128
        deserialize_u8 deserialize_u16 deserialize_u32 deserialize_u64 deserialize_u128 deserialize_f32
        deserialize_f64 deserialize_char deserialize_str deserialize_string deserialize_bytes
        deserialize_byte_buf deserialize_unit deserialize_identifier
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, BodyError> {
        if self.is_null() {
            self.scalar()?.deserialize_option(visitor)
        } else {
            visitor.visit_some(self)
        }
    }

    fn deserialize_unit_struct<V: Visitor<'de>>(
        self,
        _name: &'static str,
        visitor: V,
    ) -> Result<V::Value, BodyError> {
        self.deserialize_unit(visitor)
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        _name: &'static str,
        visitor: V,
    ) -> Result<V::Value, BodyError> {
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        name: &'static str,
        variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, BodyError> {
        self.scalar()?.deserialize_enum(name, variants, visitor)
    }

    fn deserialize_seq<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, BodyError> {
        self.open(b'[', "an array")?;
        let mut elements = Elements { reader: self, read: 0, ended: false, failed: None };
        let value = visitor.visit_seq(&mut elements)?;
        elements.end(b']')?;
        Ok(value)
    }

    fn deserialize_tuple<V: Visitor<'de>>(
        self,
        _length: usize,
        visitor: V,
    ) -> Result<V::Value, BodyError> {
        self.deserialize_seq(visitor)
    }

    fn deserialize_tuple_struct<V: Visitor<'de>>(
        self,
        _name: &'static str,
        _length: usize,
        visitor: V,
    ) -> Result<V::Value, BodyError> {
        self.deserialize_seq(visitor)
    }

    fn deserialize_map<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, BodyError> {
        self.open(b'{', "an object")?;
        let elements = Elements { reader: self, read: 0, ended: false, failed: None };
        let mut entries = Entries { elements, name: Cow::Borrowed("") };
        let value = visitor.visit_map(&mut entries)?;
        entries.elements.end(b'}')?;
        Ok(value)
    }

    /// Finds the fields first, and then reads each once: the last of several with the same name, and none
    /// that is `null`.
    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _name: &'static str,
        names: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, BodyError> {
        self.open(b'{', "an object")?;
        let mut places = vec![None; names.len()];
        let mut first = true;
        while self.more(first, b'}')? {
            first = false;
            let name = self.name()?;
            self.colon()?;
            let (_, at) = self.peek();
            let place = names.iter().position(|known| *known == name);
            if let Some(place) = place.and_then(|index| places.get_mut(index)) {
                *place = if self.is_null() { None } else { Some(at) };
            }
            self.skip().map_err(|error| error.in_field(&name))?;
        }
        let end = self.scanner.at;
        let found = names.iter().zip(places).filter_map(|(name, at)| Some((*name, at?)));
        let value = visitor.visit_map(Fields { reader: self, found, value: "" })?;
        self.scanner.at = end;
        Ok(value)
    }

    fn deserialize_ignored_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, BodyError> {
        self.skip()?;
        visitor.visit_unit()
    }
}

/// The elements of an array, or the entries of an object.
struct Elements<'a, 'de> {
    reader: &'a mut Reader<'de>,
    read: usize,
    ended: bool,
    /// The start of an element that was not read to its end, and the depth there.
    failed: Option<(usize, usize)>,
}

impl Elements<'_, '_> {
    /// Returns whether another element follows. A visitor may go on after an element of a wrong type,
    /// of which the rest is skipped.
    fn next(&mut self, close: u8) -> Result<bool, BodyError> {
        if let Some(start) = self.failed {
            (self.reader.scanner.at, self.reader.depth) = start;
            self.reader.skip()?;
            self.failed = None;
        }
        self.ended = self.ended || !self.reader.more(self.read == 0, close)?;
        self.read += 1;
        Ok(!self.ended)
    }

    /// Consumes the closing bracket if the visitor has read all elements but not looked for another.
    fn end(&mut self, close: u8) -> Result<(), BodyError> {
        if self.next(close)? {
            return Err(BodyError::expected(self.reader.scanner.at, "fewer elements"));
        }
        Ok(())
    }
}

impl<'de> SeqAccess<'de> for &mut Elements<'_, 'de> {
    type Error = BodyError;

    fn next_element_seed<T: DeserializeSeed<'de>>(
        &mut self,
        seed: T,
    ) -> Result<Option<T::Value>, BodyError> {
        if !self.next(b']')? {
            return Ok(None);
        }
        let (_, at) = self.reader.peek();
        let (index, depth) = (self.read - 1, self.reader.depth);
        let value = seed.deserialize(&mut *self.reader);
        value.map(Some).map_err(|error| {
            self.failed = Some((at, depth));
            error.or_at(at).in_element(index)
        })
    }
}

/// The entries of an object that is read into a map.
struct Entries<'a, 'de> {
    elements: Elements<'a, 'de>,
    /// The name of the current entry, for errors.
    name: Cow<'de, str>,
}

impl<'de> MapAccess<'de> for &mut Entries<'_, 'de> {
    type Error = BodyError;

    fn next_key_seed<K: DeserializeSeed<'de>>(
        &mut self,
        seed: K,
    ) -> Result<Option<K::Value>, BodyError> {
        if !self.elements.next(b'}')? {
            return Ok(None);
        }
        let reader = &mut *self.elements.reader;
        let (byte, at) = reader.peek();
        let key = if byte == Some(b'{') {
            self.name = Cow::Borrowed("{..}");
            seed.deserialize(&mut *reader)
        } else {
            self.name = reader.name()?;
            seed.deserialize(Scalar::Text(self.name.clone()))
        };
        key.map(Some).map_err(|error| error.or_at(at).in_field(&self.name))
    }

    fn next_value_seed<V: DeserializeSeed<'de>>(&mut self, seed: V) -> Result<V::Value, BodyError> {
        let reader = &mut *self.elements.reader;
        reader.colon()?;
        let (_, at) = reader.peek();
        seed.deserialize(reader).map_err(|error| error.or_at(at).in_field(&self.name))
    }
}

/// The fields of an object that is read into a struct, with their positions.
struct Fields<'a, 'de, I> {
    reader: &'a mut Reader<'de>,
    found: I,
    value: &'static str,
}

impl<'de, I: Iterator<Item = (&'static str, usize)>> MapAccess<'de> for Fields<'_, 'de, I> {
    type Error = BodyError;

    fn next_key_seed<K: DeserializeSeed<'de>>(
        &mut self,
        seed: K,
    ) -> Result<Option<K::Value>, BodyError> {
        let Some((name, at)) = self.found.next() else { return Ok(None) };
        self.value = name;
        self.reader.scanner.at = at;
        seed.deserialize(Scalar::Text(Cow::Borrowed(name))).map(Some)
    }

    fn next_value_seed<V: DeserializeSeed<'de>>(&mut self, seed: V) -> Result<V::Value, BodyError> {
        let at = self.reader.scanner.at;
        let value = seed.deserialize(&mut *self.reader);
        value.map_err(|error| error.or_at(at).in_field(self.value))
    }
}
