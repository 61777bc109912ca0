//! Decodes bytes into commands.

use super::{
    BLOCK, DecodeError, ForeignProtocol, HEADER_WORD, LARGEST_BLOCK, LENGTH_FIELD, RemotingCodec,
};
use crate::codec::{binary, buffer_pool, json};
use crate::command::{Parts, RemotingCommand, SerializeType};
use bytes::{Buf, Bytes, BytesMut};
use tokio_util::codec::Decoder;

/// Bodies below this fraction of the block (one in `PART_OF_BLOCK`) are copied, so that keeping one
/// does not keep the block that it was read into.
const PART_OF_BLOCK: usize = 4;

/// Bodies below this fraction of their frame (one in `PART_OF_FRAME`) are copied as well.
const PART_OF_FRAME: usize = 2;

/// Capacity for a frame, as a multiple of the bytes that have arrived.
const GROWTH: usize = 4;

impl Decoder for RemotingCodec {
    type Item = RemotingCommand;
    type Error = DecodeError;

    fn decode(&mut self, src: &mut BytesMut) -> Result<Option<RemotingCommand>, DecodeError> {
        self.next_frame(src).map_err(|error| *error)
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
    /// Decodes the next frame of `src`. Returns `None` if it is not complete.
    pub(crate) fn next_frame(
        &mut self,
        src: &mut BytesMut,
    ) -> Result<Option<RemotingCommand>, Box<DecodeError>> {
        self.filled = self.filled.max(src.len());
        let frame = match self.expected {
            Some(frame) => frame,
            None => {
                let Some(word) = src.first_chunk() else {
                    self.reserve_block(src);
                    return Ok(None);
                };
                let frame = self.check_length(*word)?;
                self.expected = Some(frame);
                frame
            }
        };
        if src.len() < frame {
            match frame <= self.block {
                true => self.reserve_block(src),
                false => reserve_step(src, frame),
            }
            return Ok(None);
        }
        self.expected = None;
        self.started = true;
        self.last_frame = frame;
        let command = decode_frame(src, frame, self.block, self.keep_headers);
        if frame > self.block {
            // The allocation was made for this frame. The next frame gets one of the usual size.
            let own = std::mem::take(src);
            src.extend_from_slice(&own);
            buffer_pool::keep(own, frame);
        }
        command.map(Some)
    }

    /// Reserves capacity for the next read: a block, unless half of one is free already.
    pub(crate) fn reserve_block(&mut self, src: &mut BytesMut) {
        let (have, room) = (src.len(), src.capacity() - src.len());
        if room == 0 && self.reserved {
            self.block = (self.block * 2).min(LARGEST_BLOCK);
        }
        self.reserved = true;
        if room >= (self.block - have).min(self.block / 2) {
            return;
        }
        if have < self.block / 4 {
            src.reserve(self.block - have);
        } else {
            // `reserve` might grow the allocation instead of moving this many bytes within it.
            *src = copied(src, self.block);
        }
    }

    /// Whether `src` begins with a complete frame.
    #[inline]
    pub(crate) fn has_frame(&self, src: &BytesMut) -> bool {
        announced(src).is_some_and(|frame| frame <= src.len())
    }

    /// Returns the maximum number of bytes that the next read into `src` returns, and the number of
    /// bytes that the frame lacks, if it is longer than a block.
    #[inline]
    pub(crate) fn reach(&self, src: &BytesMut) -> (usize, usize) {
        match announced(src) {
            Some(frame) if frame > self.block => {
                let (have, room) = (src.len(), src.capacity() - src.len());
                let rest = frame.min(self.max_frame_length).saturating_sub(have);
                (rest.min(GROWTH * (have + BLOCK)).max(room), rest)
            }
            _ => (self.block, self.block),
        }
    }

    /// Returns the length of the whole frame, length field included, after checking it.
    fn check_length(&self, word: [u8; 4]) -> Result<usize, DecodeError> {
        // Unsigned, as in Java's decoder: a negative length counts as a huge one.
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

/// Returns the length of the frame at the beginning of `src`, length field included, unchecked.
#[inline]
fn announced(src: &[u8]) -> Option<usize> {
    let word = src.first_chunk()?;
    Some((u32::from_be_bytes(*word) as usize).saturating_add(LENGTH_FIELD))
}

/// Reserves capacity for the next part of a frame that is longer than a block: three times the
/// bytes that have arrived, at least a block, and at most the rest of the frame.
fn reserve_step(src: &mut BytesMut, frame: usize) {
    let have = src.len();
    let missing = frame - have;
    if src.capacity() - have >= missing.min(BLOCK) {
        return;
    }
    if have > LARGEST_BLOCK {
        return src.reserve(step(have, frame) - have);
    }
    *src = match buffer_pool::take(frame) {
        Some(mut own) => {
            own.extend_from_slice(src);
            own
        }
        None => copied(src, step(have, frame)),
    };
}

/// Returns the capacity for a frame of which `have` bytes have arrived. The steps are fractions of
/// the frame's length, so the last one ends at the frame's end and nothing is read past it.
fn step(have: usize, frame: usize) -> usize {
    let mut room = frame;
    while room.div_ceil(GROWTH) >= have + BLOCK {
        room = room.div_ceil(GROWTH);
    }
    room
}

fn copied(src: &[u8], room: usize) -> BytesMut {
    let mut own = BytesMut::with_capacity(room);
    own.extend_from_slice(src);
    own
}

/// Splits one complete frame off `src`, also if it is malformed, and decodes it.
fn decode_frame(
    src: &mut BytesMut,
    frame: usize,
    block: usize,
    keep_header: bool,
) -> Result<RemotingCommand, Box<DecodeError>> {
    let mut command = RemotingCommand::default();
    let body = match decode_header(&src[LENGTH_FIELD..frame], command.parts_mut(), keep_header) {
        Ok(body) => body,
        Err(error) => {
            src.advance(frame);
            return Err(Box::new(error));
        }
    };
    if body >= block / PART_OF_BLOCK && body >= frame / PART_OF_FRAME {
        src.advance(frame - body);
        command.set_body(src.split_to(body).freeze());
    } else {
        let body = Bytes::copy_from_slice(&src[frame - body..frame]);
        src.advance(frame);
        command.set_body(body);
    }
    Ok(command)
}

/// Decodes what follows a frame's length field into a new command's parts. Returns the length of the body.
fn decode_header(frame: &[u8], parts: &mut Parts, keep: bool) -> Result<usize, DecodeError> {
    let mut rest = frame;
    let word = rest.get_u32();
    let length = (word & 0x00ff_ffff) as usize;
    let serialize_type = (word >> 24) as u8;
    let Some((header, body)) = rest.split_at_checked(length) else {
        return Err(DecodeError::HeaderTooLong { header: length, available: rest.len() });
    };
    match SerializeType::from_u8(serialize_type) {
        Some(SerializeType::Json) => json::decode(header, parts, keep)?,
        Some(SerializeType::RocketMq) => binary::decode(header, parts)?,
        None => return Err(DecodeError::UnknownSerializeType(serialize_type)),
    }
    Ok(body.len())
}
