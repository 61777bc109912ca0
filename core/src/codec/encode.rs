//! Encodes commands into bytes.

use super::{EncodeError, HEADER_WORD, LENGTH_FIELD, MAX_HEADER, RemotingCodec};
use crate::codec::{binary, json};
use crate::command::{RemotingCommand, SerializeType};
use bytes::{BufMut, BytesMut};
use tokio_util::codec::Encoder;

/// Size in bytes of a typical response's header, so that small frames reserve only once.
const USUAL_HEADER: usize = 256;

/// Size of what comes before the header.
pub(super) const PREFIX: usize = LENGTH_FIELD + HEADER_WORD;

impl Encoder<&RemotingCommand> for RemotingCodec {
    type Error = EncodeError;

    /// Appends the frame to `dst`. Leaves `dst` unchanged on an error.
    #[inline]
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
        match binary_header(command) {
            Some(_) => SerializeType::RocketMq,
            None => SerializeType::Json,
        }
    }

    /// Appends the frame without its body to `dst`. Leaves `dst` unchanged on an error.
    #[inline]
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

    #[inline]
    fn append_head(
        &self,
        command: &RemotingCommand,
        dst: &mut BytesMut,
    ) -> Result<(), EncodeError> {
        if let Some(header) = binary_header(command) {
            let prefix = self.prefix(command, SerializeType::RocketMq, header.length())?;
            header.encode(prefix, dst);
            return Ok(());
        }
        self.append_json(command, dst)
    }

    // Not inlined: it would take the registers of the binary header's path.
    #[inline(never)]
    fn append_json(
        &self,
        command: &RemotingCommand,
        dst: &mut BytesMut,
    ) -> Result<(), EncodeError> {
        // Fails early, before a body that is too long by itself makes space for its header.
        self.prefix(command, SerializeType::Json, 0)?;
        let start = dst.len();
        dst.put_bytes(0, PREFIX);
        json::encode(command, dst);
        let header = dst.len() - start - PREFIX;
        let prefix = self.prefix(command, SerializeType::Json, header)?;
        dst[start..start + PREFIX].copy_from_slice(&prefix);
        Ok(())
    }

    /// Returns the first bytes of a frame whose header has this length, if that is not too long.
    fn prefix(
        &self,
        command: &RemotingCommand,
        serialize_type: SerializeType,
        header: usize,
    ) -> Result<[u8; PREFIX], EncodeError> {
        let max = self.max_frame_length;
        let least = PREFIX.saturating_add(command.body().len());
        if header > MAX_HEADER && least <= max {
            return Err(EncodeError::HeaderTooLong { length: header, max: MAX_HEADER });
        }
        let length = least.saturating_add(header);
        if length > max {
            return Err(EncodeError::FrameTooLong { length, max });
        }
        // Both fit into 32 bits, as `max` and the header's length are bounded.
        let (length, word) = (length - LENGTH_FIELD, (serialize_type as usize) << 24 | header);
        Ok(((length as u64) << 32 | word as u64).to_be_bytes())
    }
}

/// Returns the command's header in the binary layout, if it is encoded in that.
#[inline]
fn binary_header(command: &RemotingCommand) -> Option<binary::Header<'_>> {
    let parts = command.parts();
    match parts.serialize_type {
        SerializeType::RocketMq => binary::Header::of(parts),
        SerializeType::Json => None,
    }
}
