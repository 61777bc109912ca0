//! Reads big-endian numbers and byte slices, never past the end of the input.

use std::marker::PhantomData;

/// The errors that a [`Reader`] creates.
pub(crate) trait ReadError {
    /// `field` needs `needed` bytes, `available` are left.
    fn truncated(field: &'static str, needed: usize, available: usize) -> Self;

    /// The length of `field` is negative.
    fn negative_length(field: &'static str, length: i32) -> Self;
}

/// Reads one field after another. An incomplete field is an error that names the field; the reader
/// then keeps its position.
#[derive(Debug)]
pub(crate) struct Reader<'a, E> {
    bytes: &'a [u8],
    error: PhantomData<fn() -> E>,
}

impl<'a, E: ReadError> Reader<'a, E> {
    pub(crate) const fn new(bytes: &'a [u8]) -> Self {
        Self { bytes, error: PhantomData }
    }

    /// Returns the bytes that are not read yet.
    pub(crate) const fn rest(&self) -> &'a [u8] {
        self.bytes
    }

    #[inline]
    pub(crate) fn array<const N: usize>(&mut self, field: &'static str) -> Result<[u8; N], E> {
        let Some((chunk, rest)) = self.bytes.split_first_chunk() else {
            return Err(E::truncated(field, N, self.bytes.len()));
        };
        self.bytes = rest;
        Ok(*chunk)
    }

    pub(crate) fn i8(&mut self, field: &'static str) -> Result<i8, E> {
        self.array(field).map(i8::from_be_bytes)
    }

    pub(crate) fn i16(&mut self, field: &'static str) -> Result<i16, E> {
        self.array(field).map(i16::from_be_bytes)
    }

    pub(crate) fn i32(&mut self, field: &'static str) -> Result<i32, E> {
        self.array(field).map(i32::from_be_bytes)
    }

    pub(crate) fn i64(&mut self, field: &'static str) -> Result<i64, E> {
        self.array(field).map(i64::from_be_bytes)
    }

    /// Reads the next `needed` bytes.
    #[inline]
    pub(crate) fn take(&mut self, field: &'static str, needed: usize) -> Result<&'a [u8], E> {
        let Some((part, rest)) = self.bytes.split_at_checked(needed) else {
            return Err(E::truncated(field, needed, self.bytes.len()));
        };
        self.bytes = rest;
        Ok(part)
    }

    /// Reads the next `length` bytes, where `length` comes from the wire and may be negative.
    #[inline]
    pub(crate) fn part(
        &mut self,
        field: &'static str,
        length: impl Into<i32>,
    ) -> Result<&'a [u8], E> {
        let length = length.into();
        match usize::try_from(length) {
            Ok(needed) => self.take(field, needed),
            Err(_) => Err(E::negative_length(field, length)),
        }
    }
}
