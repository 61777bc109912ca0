//! Reads the fields of one message.

use super::MessageError;
use crate::reader::{ReadError, Reader};
use std::net::{IpAddr, SocketAddr};

pub(super) type MessageReader<'a> = Reader<'a, MessageError>;

impl ReadError for MessageError {
    fn truncated(field: &'static str, needed: usize, available: usize) -> Self {
        Self::Truncated { field, needed, available }
    }

    fn negative_length(field: &'static str, length: i32) -> Self {
        Self::NegativeLength { field, length }
    }
}

impl<'a> MessageReader<'a> {
    /// Splits off the first message of `bytes` by its leading size field. Returns a reader of its
    /// remaining fields and the bytes after the message.
    pub(super) fn message(bytes: &'a [u8]) -> Result<(Self, &'a [u8]), MessageError> {
        let mut reader = Self::new(bytes);
        let size = reader.i32("size")?;
        let length = usize::try_from(size).ok().and_then(|size| size.checked_sub(4));
        let fields = reader.take("rest", length.ok_or(MessageError::TooSmall(size))?)?;
        Ok((Self::new(fields), reader.rest()))
    }

    /// Reads an address of 4 bytes (16 if `v6`) and a port of 4.
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

    pub(super) fn text(
        &mut self,
        field: &'static str,
        length: impl Into<i32>,
    ) -> Result<&'a str, MessageError> {
        std::str::from_utf8(self.part(field, length)?)
            .map_err(|error| MessageError::NotUtf8 { field, at: error.valid_up_to() })
    }

    /// Fails if bytes are left.
    pub(super) fn end(self) -> Result<(), MessageError> {
        match self.rest().len() {
            0 => Ok(()),
            rest => Err(MessageError::GoesOn(rest)),
        }
    }
}

/// Decodes the next message of `bytes` and moves `bytes` past it. After an error `bytes` is empty,
/// as the start of the next message is unknown.
pub(super) fn next<'a, M>(
    bytes: &mut &'a [u8],
    decode: impl FnOnce(&'a [u8]) -> Result<(M, &'a [u8]), MessageError>,
) -> Option<Result<M, MessageError>> {
    if bytes.is_empty() {
        return None;
    }
    let decoded = decode(std::mem::take(bytes));
    Some(decoded.map(|(message, rest)| {
        *bytes = rest;
        message
    }))
}
