//! Writes arrays and objects.

use super::BodyError;
use super::key::KeyWriter;
use super::ser::Writer;
use serde::ser::{
    Serialize, SerializeMap, SerializeSeq, SerializeStruct, SerializeTuple, SerializeTupleStruct,
};

/// An array or an object that has been opened.
pub(super) struct Compound<'w, 'a> {
    pub(super) writer: &'w mut Writer<'a>,
    pub(super) first: bool,
    pub(super) close: u8,
}

impl Compound<'_, '_> {
    fn separate(&mut self) {
        if !self.first {
            self.writer.put(b',');
        }
        self.first = false;
    }

    fn element<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), BodyError> {
        self.separate();
        self.writer.root(value)
    }

    fn close(self) -> Result<bool, BodyError> {
        self.writer.put(self.close);
        Ok(true)
    }
}

/// Defines the traits of arrays.
macro_rules! arrays {
    ($($name:ident $method:ident;)*) => {
        $(
            impl $name for Compound<'_, '_> {
                type Ok = bool;
                type Error = BodyError;

                fn $method<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), BodyError> {
                    self.element(value)
                }

                fn end(self) -> Result<bool, BodyError> {
                    self.close()
                }
            }
        )*
    };
}

arrays! {
    SerializeSeq serialize_element;
    SerializeTuple serialize_element;
    SerializeTupleStruct serialize_field;
}

impl SerializeMap for Compound<'_, '_> {
    type Ok = bool;
    type Error = BodyError;

    fn serialize_key<T: Serialize + ?Sized>(&mut self, key: &T) -> Result<(), BodyError> {
        self.separate();
        key.serialize(KeyWriter(&mut *self.writer)).map(|_| ())
    }

    fn serialize_value<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), BodyError> {
        self.writer.put(b':');
        self.writer.root(value)
    }

    fn end(self) -> Result<bool, BodyError> {
        self.close()
    }
}

impl SerializeStruct for Compound<'_, '_> {
    type Ok = bool;
    type Error = BodyError;

    /// Writes a field, or nothing if it has no value.
    fn serialize_field<T: Serialize + ?Sized>(
        &mut self,
        name: &'static str,
        value: &T,
    ) -> Result<(), BodyError> {
        let (start, first) = (self.writer.written(), self.first);
        self.separate();
        self.writer.text(name);
        self.writer.put(b':');
        let has_value = value.serialize(&mut *self.writer);
        if !has_value.map_err(|error| error.in_field(name))? {
            self.writer.truncate(start);
            self.first = first;
        }
        Ok(())
    }

    fn end(self) -> Result<bool, BodyError> {
        self.close()
    }
}
