//! Encodes commands into bytes.

use super::{EncodeError, HEADER_WORD, LENGTH_FIELD, MAX_HEADER, RemotingCodec};
use crate::codec::{binary, json};
use crate::command::{RemotingCommand, SerializeType};
use bytes::{BufMut, BytesMut};
use tokio_util::codec::Encoder;

/// Size in bytes of a typical response's header, so that small frames reserve only once.
const USUAL_HEADER: usize = 256;

impl Encoder<&RemotingCommand> for RemotingCodec {
    type Error = EncodeError;

    /// Appends the frame to `dst`. Leaves `dst` unchanged on an error.
    fn encode(&mut self, command: &RemotingCommand, dst: &mut BytesMut) -> Result<(), EncodeError> {
        dst.reserve(command.body().len().min(self.max_frame_length) + USUAL_HEADER);
        self.encode_head(command, dst)?;
        dst.put_slice(command.body());
        Ok(())
    }
}

impl Encoder<RemotingCommand> for RemotingCodec {
    type Error = EncodeError;

    fn encode(&mut self, command: RemotingCommand, dst: &mut BytesMut) -> Result<(), EncodeError> {
        self.encode(&command, dst)
    }
}

impl RemotingCodec {
    /// Returns the encoding that is used for the header of `command`: JSON if the binary header
    /// cannot hold it, else the command's own [`serialize_type`](RemotingCommand::serialize_type).
    #[must_use]
    pub fn serialize_type_of(command: &RemotingCommand) -> SerializeType {
        match command.serialize_type() {
            SerializeType::RocketMq if binary::fits(command) => SerializeType::RocketMq,
            _ => SerializeType::Json,
        }
    }

    /// Appends the frame without its body to `dst`. Leaves `dst` unchanged on an error.
    pub(crate) fn encode_head(
        &self,
        command: &RemotingCommand,
        dst: &mut BytesMut,
    ) -> Result<(), EncodeError> {
        let start = dst.len();
        let result = self.append_head(command, dst);
        if result.is_err() {
            dst.truncate(start);
        }
        result
    }

    fn append_head(
        &self,
        command: &RemotingCommand,
        dst: &mut BytesMut,
    ) -> Result<(), EncodeError> {
        let max = self.max_frame_length;
        let start = dst.len();
        let prefix = LENGTH_FIELD + HEADER_WORD;
        let known = prefix.saturating_add(command.body().len());
        if known > max {
            return Err(EncodeError::FrameTooLong { length: known, max });
        }
        dst.put_bytes(0, prefix);
        let serialize_type = Self::serialize_type_of(command);
        match serialize_type {
            SerializeType::RocketMq => binary::encode(command, dst),
            SerializeType::Json => json::encode(command, dst),
        }
        let header = dst.len() - start - prefix;
        if header > MAX_HEADER {
            return Err(EncodeError::HeaderTooLong { length: header, max: MAX_HEADER });
        }
        let length = known + header;
        if length > max {
            return Err(EncodeError::FrameTooLong { length, max });
        }
        let word = (serialize_type as usize) << 24 | header;
        // Both fit into 32 bits, as `max` and the header's length are bounded.
        put_u32_at(dst, start, length - LENGTH_FIELD);
        put_u32_at(dst, start + LENGTH_FIELD, word);
        Ok(())
    }
}

fn put_u32_at(dst: &mut BytesMut, at: usize, value: usize) {
    dst[at..at + 4].copy_from_slice(&(value as u32).to_be_bytes());
}
