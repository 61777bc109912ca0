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
use crate::command::{ExtFields, Names, RemotingCommand, SerializeType};
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

/// Whether the layout can hold the command without loss.
#[inline]
pub(super) fn fits(command: &RemotingCommand) -> bool {
    let command = command.parts();
    let version = command.version.as_i32();
    i16::try_from(command.code).is_ok()
        && (i32::from(i16::MIN)..=i32::from(u16::MAX)).contains(&version)
        && command.ext_fields.binary().is_some()
}

/// Returns the length of the header of a command that [`fits`], in bytes.
pub(super) fn length(command: &RemotingCommand) -> usize {
    let remark = command.remark().map_or(0, str::len);
    let fields = command.ext_fields().binary().map_or(0, <[u8]>::len);
    FIXED + remark + 4 + fields
}

/// Writes `prefix` and the header of a command that [`fits`], and is not longer than the limit of headers.
pub(super) fn encode(command: &RemotingCommand, prefix: [u8; PREFIX], dst: &mut BytesMut) {
    let command = command.parts();
    let remark = command.remark.as_deref().unwrap_or_default().as_bytes();
    let fields = command.ext_fields.binary().unwrap_or_default();
    // One array, as each write to a `BytesMut` has its cost.
    let mut head = [0; PREFIX + FIXED + 4];
    let (start, fixed) = head.split_at_mut(PREFIX);
    start.copy_from_slice(&prefix);
    fixed[..2].copy_from_slice(&(command.code as i16).to_be_bytes());
    fixed[2] = command.language.as_u8();
    fixed[3..5].copy_from_slice(&(command.version.as_i32() as i16).to_be_bytes());
    fixed[5..9].copy_from_slice(&command.opaque.to_be_bytes());
    fixed[9..13].copy_from_slice(&command.flag.to_be_bytes());
    fixed[13..17].copy_from_slice(&(remark.len() as u32).to_be_bytes());
    if remark.is_empty() {
        fixed[17..].copy_from_slice(&(fields.len() as u32).to_be_bytes());
        dst.put_slice(&head);
    } else {
        dst.put_slice(&head[..PREFIX + FIXED]);
        dst.put_slice(remark);
        dst.put_u32(fields.len() as u32);
    }
    if !fields.is_empty() {
        dst.put_slice(fields);
    }
}

pub(super) fn decode(header: &[u8]) -> Result<RemotingCommand, DecodeError> {
    let mut reader = HeaderReader::new(header);
    let mut command = RemotingCommand::default();
    let parts = command.parts_mut();
    parts.code = reader.i16("code")?.into();
    parts.language = reader.array::<1>("language")?[0].into();
    parts.version = i32::from(reader.i16("version")?).into();
    parts.opaque = reader.i32("opaque")?;
    parts.flag = reader.i32("flag")?;
    parts.serialize_type = SerializeType::RocketMq;
    let length = reader.i32("remark")?;
    let remark = reader.part("remark", length)?;
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
    Ok(command)
}

/// Copies the ext fields in one piece, after a look at each.
fn ext_fields(entries: &[u8], fields: &mut ExtFields) -> Result<(), DecodeError> {
    // If all of it is ASCII, which is usual, the parts need no UTF-8 check of their own.
    if !is_ascii(entries) {
        return not_ascii(entries, fields);
    }
    let (mut names, mut rest) = (Names::default(), entries);
    while !rest.is_empty() {
        let known = &entries[..entries.len() - rest.len()];
        rest = match rest {
            // The names in SEND_MESSAGE_V2 are single letters.
            [0, 1, _, a, b, c, d, value @ ..] => {
                names.note(known, &rest[2..3]);
                let length = i32::from_be_bytes([*a, *b, *c, *d]);
                let after = usize::try_from(length).ok().and_then(|length| value.get(length..));
                after.ok_or_else(|| Entry::fault(rest))?
            }
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
