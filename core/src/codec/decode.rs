//! Bytes to commands.

use super::{BLOCK, DecodeError, ForeignProtocol, HEADER_WORD, LENGTH_FIELD, RemotingCodec};
use crate::codec::{binary, json};
use crate::command::{RemotingCommand, SerializeType};
use bytes::{Buf, Bytes, BytesMut};
use tokio_util::codec::Decoder;

/// Shorter bodies are copied, so that keeping one does not keep the block that it was read into.
const SHARED_BODY: usize = BLOCK / 4;

/// So are those that are a smaller part of their frame than half.
const SHARED_PART: usize = 2;

impl Decoder for RemotingCodec {
    type Item = RemotingCommand;
    type Error = DecodeError;

    fn decode(&mut self, src: &mut BytesMut) -> Result<Option<RemotingCommand>, DecodeError> {
        let frame = match self.expected {
            Some(frame) => frame,
            None => {
                let Some(word) = src.first_chunk() else {
                    if src.capacity() - src.len() < LENGTH_FIELD {
                        src.reserve(BLOCK);
                    }
                    return Ok(None);
                };
                let frame = self.check_length(*word)?;
                self.expected = Some(frame);
                frame
            }
        };
        if src.len() < frame {
            reserve_step(src, frame);
            return Ok(None);
        }
        self.expected = None;
        self.started = true;
        let command = decode_frame(src, frame);
        if frame > BLOCK {
            // The allocation was made for this frame; the next ones get one of the usual size.
            *src = BytesMut::from(&src[..]);
        }
        command.map(Some)
    }

    fn decode_eof(&mut self, src: &mut BytesMut) -> Result<Option<RemotingCommand>, DecodeError> {
        match self.decode(src)? {
            Some(command) => Ok(Some(command)),
            None if src.is_empty() => Ok(None),
            None => {
                let need = self.expected.unwrap_or(LENGTH_FIELD);
                Err(DecodeError::EndInFrame { have: src.len(), need })
            }
        }
    }
}

impl RemotingCodec {
    /// The whole frame's length by its length field.
    fn check_length(&self, word: [u8; 4]) -> Result<usize, DecodeError> {
        // Unsigned: what would be a negative length is a huge one, as for Java's decoder.
        let length = u64::from(u32::from_be_bytes(word)) + LENGTH_FIELD as u64;
        match usize::try_from(length) {
            Ok(frame) if frame <= self.max_frame_length => {
                let length = frame - LENGTH_FIELD;
                if length < HEADER_WORD {
                    return Err(DecodeError::FrameTooShort { length });
                }
                Ok(frame)
            }
            _ => match ForeignProtocol::detect(word) {
                Some(protocol) if !self.started => Err(DecodeError::ForeignProtocol(protocol)),
                _ => Err(DecodeError::FrameTooLong { length, max: self.max_frame_length }),
            },
        }
    }
}

/// Makes room for the next part of a frame: as much again as has arrived, at least a block, at most
/// the frame.
fn reserve_step(src: &mut BytesMut, frame: usize) {
    let have = src.len();
    let missing = frame - have;
    if src.capacity() - have >= missing.min(BLOCK) {
        return;
    }
    if frame <= BLOCK {
        src.reserve(missing);
        return;
    }
    // Halves of the frame's length, so that the last doubling ends at the frame's end and reads
    // nothing past it.
    let mut room = frame;
    while room.div_ceil(2) >= have + BLOCK {
        room = room.div_ceil(2);
    }
    if have <= BLOCK {
        let mut own = BytesMut::with_capacity(room);
        own.extend_from_slice(src);
        *src = own;
    } else {
        src.reserve(room - have);
    }
}

/// Takes one whole frame off `src`.
fn decode_frame(src: &mut BytesMut, frame: usize) -> Result<RemotingCommand, DecodeError> {
    let word = (&src[LENGTH_FIELD..]).get_u32();
    let available = frame - LENGTH_FIELD - HEADER_WORD;
    let length = (word & 0x00ff_ffff) as usize;
    let serialize_type = (word >> 24) as u8;
    let Some(body) = available.checked_sub(length) else {
        return Err(DecodeError::HeaderTooLong { header: length, available });
    };
    let mut header = src.split_to(LENGTH_FIELD + HEADER_WORD + length).freeze();
    header.advance(LENGTH_FIELD + HEADER_WORD);
    let mut command = match SerializeType::from_u8(serialize_type) {
        Some(SerializeType::Json) => json::decode(header)?,
        Some(SerializeType::RocketMq) => binary::decode(header)?,
        None => return Err(DecodeError::UnknownSerializeType(serialize_type)),
    };
    let shared = body >= SHARED_BODY && body >= frame / SHARED_PART;
    command.body = take_body(src, body, shared);
    Ok(command)
}

fn take_body(src: &mut BytesMut, length: usize, shared: bool) -> Bytes {
    if shared {
        return src.split_to(length).freeze();
    }
    let body = Bytes::copy_from_slice(&src[..length]);
    src.advance(length);
    body
}
