//! The binary header, `SerializeType::RocketMq`.
//!
//! ```text
//! code i16, language u8, version i16, opaque i32, flag i32,
//! remark: i32 + UTF-8, ext fields: i32 bytes of { name: i16 + UTF-8, value: i32 + UTF-8 }
//! ```
//!
//! Source: Java's `protocol/RocketMQSerializable.java`. This layout does not distinguish an empty
//! remark from an absent one, or an empty set of ext fields from an absent one. An empty value is
//! kept as empty; Java reads it as null.

use super::DecodeError;
use super::ascii::is_ascii;
use super::encode::PREFIX;
use crate::command::{ExtFields, Names, Parts, SerializeType};
use crate::reader::{ReadError, Reader};
use bytes::{BufMut, BytesMut};

/// Size in bytes of code, language, version, opaque, flag and the remark's length.
const FIXED: usize = 17;

type HeaderReader<'a> = Reader<'a, DecodeError>;

impl ReadError for DecodeError {
    fn truncated(field: &'static str, needed: usize, available: usize) -> Self {
        Self::HeaderEnds { field, needed, available }
    }

    fn negative_length(field: &'static str, length: i32) -> Self {
        Self::NegativeLength { field, length }
    }
}

/// The header of a command that the layout can hold without loss.
pub(super) struct Header<'a> {
    command: &'a Parts,
    code: i16,
    remark: &'a [u8],
    fields: &'a [u8],
}

impl<'a> Header<'a> {
    /// Returns the command's header, or `None` if the layout cannot hold it.
    #[inline]
    pub(super) fn of(command: &'a Parts) -> Option<Self> {
        let code = i16::try_from(command.code).ok()?;
        let version = command.version.as_i32();
        if !(i32::from(i16::MIN)..=i32::from(u16::MAX)).contains(&version) {
            return None;
        }
        let fields = command.fields().binary()?;
        let remark = command.remark.as_deref().unwrap_or_default().as_bytes();
        Some(Self { command, code, remark, fields })
    }

    /// Returns the header's length in bytes.
    pub(super) fn length(&self) -> usize {
        FIXED + self.remark.len() + 4 + self.fields.len()
    }

    /// Writes `prefix` and the header, which must not be longer than the limit of headers.
    #[inline]
    pub(super) fn encode(self, prefix: [u8; PREFIX], dst: &mut BytesMut) {
        let Self { command, code, remark, fields } = self;
        // One array of a known length, as each write to a `BytesMut` has its cost.
        let mut head = [0; PREFIX + FIXED + 4];
        let (start, fixed) = head.split_at_mut(PREFIX);
        start.copy_from_slice(&prefix);
        fixed[..2].copy_from_slice(&code.to_be_bytes());
        fixed[2] = command.language.as_u8();
        fixed[3..5].copy_from_slice(&(command.version.as_i32() as i16).to_be_bytes());
        fixed[5..9].copy_from_slice(&command.opaque.to_be_bytes());
        fixed[9..13].copy_from_slice(&command.flag.to_be_bytes());
        fixed[13..17].copy_from_slice(&(remark.len() as u32).to_be_bytes());
        if remark.is_empty() {
            fixed[17..].copy_from_slice(&(fields.len() as u32).to_be_bytes());
            dst.extend_from_slice(&head);
        } else {
            put_remark(&head[..PREFIX + FIXED], remark, fields.len(), dst);
        }
        if !fields.is_empty() {
            dst.put_slice(fields);
        }
    }
}

/// Writes what goes before the ext fields of a header with a remark.
#[inline(never)]
fn put_remark(head: &[u8], remark: &[u8], fields: usize, dst: &mut BytesMut) {
    dst.put_slice(head);
    dst.put_slice(remark);
    dst.put_u32(fields as u32);
}

pub(super) fn decode(header: &[u8], parts: &mut Parts) -> Result<(), DecodeError> {
    // One check for all of it.
    let Some((fixed, rest)) = header.split_first_chunk::<FIXED>() else {
        return Err(cut_off(header));
    };
    let [c1, c2, language, v1, v2, o1, o2, o3, o4, f1, f2, f3, f4, r1, r2, r3, r4] = *fixed;
    parts.code = i16::from_be_bytes([c1, c2]).into();
    parts.language = language.into();
    parts.version = i32::from(i16::from_be_bytes([v1, v2])).into();
    parts.opaque = i32::from_be_bytes([o1, o2, o3, o4]);
    parts.flag = i32::from_be_bytes([f1, f2, f3, f4]);
    parts.serialize_type = SerializeType::RocketMq;
    let mut reader = HeaderReader::new(rest);
    let remark = reader.part("remark", i32::from_be_bytes([r1, r2, r3, r4]))?;
    if !remark.is_empty() {
        // Java replaces invalid UTF-8 as well.
        parts.remark = Some(String::from_utf8_lossy(remark).into_owned().into());
    }
    let length = reader.i32("ext fields")?;
    // As in Java, a length of zero or less means no ext fields.
    let entries = if length > 0 { reader.part("ext fields", length)? } else { &[] };
    if !reader.rest().is_empty() {
        return Err(DecodeError::HeaderGoesOn(reader.rest().len()));
    }
    if !entries.is_empty() {
        ext_fields(entries, &mut parts.ext_fields)?;
    }
    Ok(())
}

/// Returns the error for a header that ends before the remark.
#[cold]
fn cut_off(header: &[u8]) -> DecodeError {
    let mut reader = HeaderReader::new(header);
    let read = reader.i16("code").and_then(|_| reader.array::<1>("language"));
    let read = read.and_then(|_| reader.i16("version"));
    let read = read.and_then(|_| reader.i32("opaque")).and_then(|_| reader.i32("flag"));
    let read = read.and_then(|_| reader.i32("remark"));
    read.err().unwrap_or(DecodeError::HeaderGoesOn(reader.rest().len()))
}

/// Copies the ext fields in one piece, after a look at each.
// Not inlined, so that its loop keeps everything in registers.
#[inline(never)]
fn ext_fields(entries: &[u8], fields: &mut ExtFields) -> Result<(), DecodeError> {
    // If all of it is ASCII, which is usual, the parts need no UTF-8 check of their own.
    if !is_ascii(entries) {
        return not_ascii(entries, fields);
    }
    let (mut names, mut rest) = (Names::default(), entries);
    loop {
        let known = || &entries[..entries.len() - rest.len()];
        rest = match rest.split_first_chunk() {
            // The names in SEND_MESSAGE_V2 are single letters: one check for all but the value.
            Some(([n1, n2, name, v1, v2, v3, v4], value)) if [*n1, *n2] == [0, 1] => {
                names.note(known, std::slice::from_ref(name));
                // A negative length is beyond the end.
                let length = u32::from_be_bytes([*v1, *v2, *v3, *v4]) as usize;
                value.get(length..).ok_or_else(|| Entry::fault(rest))?
            }
            _ if rest.is_empty() => break,
            _ => {
                let entry = Entry::first(rest).ok_or_else(|| Entry::fault(rest))?;
                names.note(known, entry.name);
                entry.after
            }
        };
    }
    fields.copy(entries, &names);
    Ok(())
}

/// Copies the ext fields one by one. Invalid UTF-8 is replaced.
fn not_ascii(entries: &[u8], fields: &mut ExtFields) -> Result<(), DecodeError> {
    fields.restart();
    let (mut names, mut rest) = (Names::default(), entries);
    while let Some(entry) = Entry::first(rest) {
        let (name, value) =
            (String::from_utf8_lossy(entry.name), String::from_utf8_lossy(entry.value));
        fields.push(&mut names, &name, &value);
        rest = entry.after;
    }
    if !rest.is_empty() {
        return Err(Entry::fault(rest));
    }
    fields.end(&names);
    Ok(())
}

/// One ext field on the wire.
struct Entry<'a> {
    name: &'a [u8],
    value: &'a [u8],
    after: &'a [u8],
}

impl<'a> Entry<'a> {
    /// Reads the first entry, or returns `None` if it is incomplete.
    #[inline(always)]
    fn first(entries: &'a [u8]) -> Option<Self> {
        let (length, rest) = entries.split_first_chunk()?;
        let length = usize::try_from(i16::from_be_bytes(*length)).ok()?;
        let (name, rest) = rest.split_at_checked(length)?;
        let (length, rest) = rest.split_first_chunk()?;
        let length = usize::try_from(i32::from_be_bytes(*length)).ok()?;
        let (value, after) = rest.split_at_checked(length)?;
        Some(Self { name, value, after })
    }

    /// Returns the error for the first entry, which is incomplete.
    #[cold]
    fn fault(entries: &[u8]) -> DecodeError {
        let mut reader = HeaderReader::new(entries);
        let name = reader.i16("ext field's name").map(i32::from);
        let name = name.and_then(|length| reader.part("ext field's name", length));
        let value = name.and_then(|_| reader.i32("ext field's value"));
        let value = value.and_then(|length| reader.part("ext field's value", length));
        value.err().unwrap_or(DecodeError::HeaderGoesOn(entries.len()))
    }
}
