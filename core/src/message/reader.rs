//! Reads the fields of one message, and never past its end.

use super::MessageError;
use std::net::{IpAddr, SocketAddr};

#[derive(Clone, Copy, Debug)]
pub(super) struct Reader<'a>(&'a [u8]);

impl<'a> Reader<'a> {
    /// The first message of `bytes`, by its size, which comes first; and what follows it.
    pub(super) fn message(bytes: &'a [u8]) -> Result<(Self, &'a [u8]), MessageError> {
        let mut reader = Self(bytes);
        let size = reader.i32("size")?;
        let length = usize::try_from(size).ok().and_then(|size| size.checked_sub(4));
        let fields = reader.take("rest", length.ok_or(MessageError::TooSmall(size))?)?;
        Ok((Self(fields), reader.0))
    }

    pub(super) fn take(
        &mut self,
        field: &'static str,
        needed: usize,
    ) -> Result<&'a [u8], MessageError> {
        let available = self.0.len();
        let (taken, rest) = self.0.split_at_checked(needed).ok_or(MessageError::Truncated {
            field,
            needed,
            available,
        })?;
        self.0 = rest;
        Ok(taken)
    }

    fn array<const N: usize>(&mut self, field: &'static str) -> Result<[u8; N], MessageError> {
        let Some((taken, rest)) = self.0.split_first_chunk() else {
            return Err(MessageError::Truncated { field, needed: N, available: self.0.len() });
        };
        self.0 = rest;
        Ok(*taken)
    }

    pub(super) fn i8(&mut self, field: &'static str) -> Result<i8, MessageError> {
        self.array(field).map(i8::from_be_bytes)
    }

    pub(super) fn i16(&mut self, field: &'static str) -> Result<i16, MessageError> {
        self.array(field).map(i16::from_be_bytes)
    }

    pub(super) fn i32(&mut self, field: &'static str) -> Result<i32, MessageError> {
        self.array(field).map(i32::from_be_bytes)
    }

    pub(super) fn i64(&mut self, field: &'static str) -> Result<i64, MessageError> {
        self.array(field).map(i64::from_be_bytes)
    }

    /// An address of 4 or 16 bytes, and a port of 4.
    pub(super) fn host(
        &mut self,
        field: &'static str,
        v6: bool,
    ) -> Result<SocketAddr, MessageError> {
        let ip: IpAddr =
            if v6 { self.array::<16>(field)?.into() } else { self.array::<4>(field)?.into() };
        let port = self.i32(field)?;
        match port.try_into() {
            Ok(port) => Ok(SocketAddr::new(ip, port)),
            Err(_) => Err(MessageError::Port { field, port }),
        }
    }

    pub(super) fn bytes(
        &mut self,
        field: &'static str,
        length: impl Into<i32>,
    ) -> Result<&'a [u8], MessageError> {
        let length = length.into();
        match length.try_into() {
            Ok(length) => self.take(field, length),
            Err(_) => Err(MessageError::NegativeLength { field, length }),
        }
    }

    pub(super) fn text(
        &mut self,
        field: &'static str,
        length: impl Into<i32>,
    ) -> Result<&'a str, MessageError> {
        std::str::from_utf8(self.bytes(field, length)?)
            .map_err(|error| MessageError::NotUtf8 { field, at: error.valid_up_to() })
    }

    /// The last field was read.
    pub(super) fn end(self) -> Result<(), MessageError> {
        match self.0.len() {
            0 => Ok(()),
            rest => Err(MessageError::GoesOn(rest)),
        }
    }
}
