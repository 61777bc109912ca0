//! The binary header, `SerializeType::RocketMq`.
//!
//! ```text
//! code i16, language u8, version i16, opaque i32, flag i32,
//! remark: i32 + UTF-8, ext fields: i32 bytes of { name: i16 + UTF-8, value: i32 + UTF-8 }
//! ```
//!
//! Source: Java's `protocol/RocketMQSerializable.java`. An empty remark and an absent one are the
//! same here, and so are an absent and an empty set of ext fields. An empty value is kept as such;
//! Java reads it as null.

use super::DecodeError;
use crate::command::{ExtFieldsBuilder, RemotingCommand, SerializeType};
use bytes::{BufMut, Bytes, BytesMut};
use std::ops::Range;

/// Whether the layout can hold the command without loss.
pub(super) fn fits(command: &RemotingCommand) -> bool {
    let version = command.version.as_i32();
    i16::try_from(command.code).is_ok()
        && (i32::from(i16::MIN)..=i32::from(u16::MAX)).contains(&version)
        && command.ext_fields.raw().all(|(name, _)| i16::try_from(name.len()).is_ok())
}

/// Writes the header of a command that [`fits`].
pub(super) fn encode(command: &RemotingCommand, dst: &mut BytesMut) {
    dst.put_i16(command.code as i16);
    dst.put_u8(command.language.as_u8());
    dst.put_i16(command.version.as_i32() as i16);
    dst.put_i32(command.opaque);
    dst.put_i32(command.flag);
    put_text(dst, command.remark().unwrap_or_default().as_bytes());
    let length_at = dst.len();
    dst.put_u32(0);
    for (name, value) in command.ext_fields.raw() {
        dst.put_u16(name.len() as u16);
        dst.put_slice(name);
        put_text(dst, value);
    }
    // Longer than 32 bits is longer than any header may be, which the caller checks next.
    let length = (dst.len() - length_at - 4) as u32;
    dst[length_at..length_at + 4].copy_from_slice(&length.to_be_bytes());
}

fn put_text(dst: &mut BytesMut, text: &[u8]) {
    dst.put_u32(text.len() as u32);
    dst.put_slice(text);
}

pub(super) fn decode(header: Bytes) -> Result<RemotingCommand, DecodeError> {
    let mut reader = Reader { bytes: &header, at: 0 };
    let mut command = RemotingCommand {
        code: reader.i16("code")?.into(),
        language: reader.take::<1>("language")?[0].into(),
        version: i32::from(reader.i16("version")?).into(),
        opaque: reader.i32("opaque")?,
        flag: reader.i32("flag")?,
        serialize_type: SerializeType::RocketMq,
        ..RemotingCommand::default()
    };
    let length = reader.i32("remark")?;
    let remark = reader.text("remark", length)?;
    if !remark.is_empty() {
        // Java, too, replaces what is not UTF-8.
        let text = String::from_utf8_lossy(&header[remark]).into_owned();
        command.remark = Some(text.into());
    }
    let length = reader.i32("ext fields")?;
    // Zero and less mean that there are none, as for Java.
    if length > 0 {
        let end = reader.range("ext fields", length)?.end;
        let mut fields = ExtFieldsBuilder::new();
        fields.restart();
        // One look at all of it spares one at each part, as a rule.
        let ascii = header[reader.at..end].is_ascii();
        let span = |fields: &mut ExtFieldsBuilder, range| match ascii {
            true => ExtFieldsBuilder::shared(range),
            false => fields.text(&header, range),
        };
        let mut entries = Reader { bytes: &header[..end], at: reader.at };
        while entries.at < end {
            let length = entries.i16("ext field's name")?.into();
            let name = entries.text("ext field's name", length)?;
            let length = entries.i32("ext field's value")?;
            let value = entries.text("ext field's value", length)?;
            let name = span(&mut fields, name);
            let value = span(&mut fields, value);
            fields.push(&header, name, value);
        }
        reader.at = end;
        reader.end()?;
        command.ext_fields = fields.finish(header);
        return Ok(command);
    }
    reader.end()?;
    Ok(command)
}

/// Reads within the header and never past its end.
struct Reader<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl Reader<'_> {
    /// Nothing is left.
    fn end(&self) -> Result<(), DecodeError> {
        match self.bytes.len() - self.at {
            0 => Ok(()),
            rest => Err(DecodeError::HeaderGoesOn(rest)),
        }
    }

    fn take<const N: usize>(&mut self, field: &'static str) -> Result<[u8; N], DecodeError> {
        let left = &self.bytes[self.at..];
        let Some(chunk) = left.first_chunk() else {
            return Err(DecodeError::HeaderEnds { field, needed: N, available: left.len() });
        };
        self.at += N;
        Ok(*chunk)
    }

    fn i16(&mut self, field: &'static str) -> Result<i16, DecodeError> {
        self.take(field).map(i16::from_be_bytes)
    }

    fn i32(&mut self, field: &'static str) -> Result<i32, DecodeError> {
        self.take(field).map(i32::from_be_bytes)
    }

    /// The next `length` bytes, not yet read.
    fn range(&self, field: &'static str, length: i32) -> Result<Range<usize>, DecodeError> {
        let available = self.bytes.len() - self.at;
        match usize::try_from(length) {
            Err(_) => Err(DecodeError::NegativeLength { field, length }),
            Ok(needed) if needed > available => {
                Err(DecodeError::HeaderEnds { field, needed, available })
            }
            Ok(needed) => Ok(self.at..self.at + needed),
        }
    }

    fn text(&mut self, field: &'static str, length: i32) -> Result<Range<usize>, DecodeError> {
        let range = self.range(field, length)?;
        self.at = range.end;
        Ok(range)
    }
}
