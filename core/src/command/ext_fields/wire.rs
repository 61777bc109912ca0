//! The layout in which fields are kept: that of the binary header.
//!
//! ```text
//! { name: u16 length + UTF-8, value: u32 length + UTF-8 } ..
//! ```
//!
//! So a binary header's fields are copied in one piece, in both directions, and a JSON header's are written here as they are
//! unescaped. There is no table of positions: a look-up walks over the lengths of the dozen fields that a header has.

use std::ops::Range;

/// A name of at least this many bytes has this number in place of its length, and then the length as u32. The binary header
/// cannot hold such a name: its longest has 32,767 bytes.
const LONG_NAME: u16 = u16::MAX;

/// The place of one field.
pub(super) struct Place {
    pub(super) start: usize,
    pub(super) value: Range<usize>,
}

/// Walks over fields, which must be complete: the walk ends where one is not.
#[derive(Clone)]
pub(super) struct Fields<'a> {
    rest: &'a [u8],
}

impl<'a> Fields<'a> {
    pub(super) fn new(wire: &'a [u8]) -> Self {
        Self { rest: wire }
    }
}

impl<'a> Iterator for Fields<'a> {
    type Item = (&'a [u8], &'a [u8]);

    #[inline(always)]
    fn next(&mut self) -> Option<Self::Item> {
        let (length, rest) = self.rest.split_first_chunk()?;
        let (name, rest) = match u16::from_be_bytes(*length) {
            LONG_NAME => long_name(rest)?,
            length => rest.split_at_checked(usize::from(length))?,
        };
        let (length, rest) = rest.split_first_chunk()?;
        let (value, rest) = rest.split_at_checked(u32::from_be_bytes(*length) as usize)?;
        self.rest = rest;
        Some((name, value))
    }
}

#[cold]
fn long_name(rest: &[u8]) -> Option<(&[u8], &[u8])> {
    let (length, rest) = rest.split_first_chunk()?;
    rest.split_at_checked(u32::from_be_bytes(*length) as usize)
}

/// Returns the value of the field `name`.
#[inline]
pub(super) fn find<'a>(wire: &'a [u8], name: &[u8]) -> Option<&'a [u8]> {
    Fields::new(wire).find(|(other, _)| *other == name).map(|(_, value)| value)
}

/// Returns the place of the field `name`.
pub(super) fn place(wire: &[u8], name: &[u8]) -> Option<Place> {
    let mut fields = Fields::new(wire);
    let mut start = 0;
    while let Some((other, value)) = fields.next() {
        let end = wire.len() - fields.rest.len();
        if other == name {
            return Some(Place { start, value: end - value.len()..end });
        }
        start = end;
    }
    None
}

/// Appends a field whose name and value have at most 4 GiB each, see [`storable`].
pub(super) fn append(wire: &mut Vec<u8>, name: &[u8], value: &[u8]) {
    wire.reserve(name.len() + value.len() + 10);
    match u16::try_from(name.len()) {
        Ok(length) if length < LONG_NAME => wire.extend_from_slice(&length.to_be_bytes()),
        _ => {
            wire.extend_from_slice(&LONG_NAME.to_be_bytes());
            wire.extend_from_slice(&(name.len() as u32).to_be_bytes());
        }
    }
    wire.extend_from_slice(name);
    wire.extend_from_slice(&(value.len() as u32).to_be_bytes());
    wire.extend_from_slice(value);
}

/// Replaces a value, given its place, with one of at most 4 GiB.
pub(super) fn replace(wire: &mut Vec<u8>, place: Range<usize>, value: &[u8]) {
    wire[place.start - 4..place.start].copy_from_slice(&(value.len() as u32).to_be_bytes());
    if place.len() == value.len() {
        return wire[place].copy_from_slice(value);
    }
    wire.splice(place, value.iter().copied());
}

/// Returns the part of `text` whose length fits into 32 bits: all of it, as no header can hold more than 16 MiB.
pub(super) fn storable(text: &str) -> &str {
    if text.len() <= u32::MAX as usize {
        return text;
    }
    let mut end = u32::MAX as usize;
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    &text[..end]
}
