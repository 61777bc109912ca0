//! The codec for drivers, with results that fit into registers.

use super::{DecodeError, EncodeError, RemotingCodec};
use crate::command::RemotingCommand;
use bytes::BytesMut;
use std::io;
use tokio_util::codec::{Decoder, Encoder};

/// Decodes and encodes as [`RemotingCodec`] does, but returns errors in a box: every frame passes through several functions, and
/// would be moved together with the space for an error.
#[derive(Debug)]
pub(crate) struct BoxedCodec(pub(crate) RemotingCodec);

/// An error of decoding.
#[derive(Debug)]
pub(crate) struct BoxedError(pub(crate) Box<DecodeError>);

impl From<io::Error> for BoxedError {
    fn from(error: io::Error) -> Self {
        Self(Box::new(error.into()))
    }
}

impl Decoder for BoxedCodec {
    type Item = RemotingCommand;
    type Error = BoxedError;

    #[inline]
    fn decode(&mut self, src: &mut BytesMut) -> Result<Option<RemotingCommand>, BoxedError> {
        self.0.next_frame(src).map_err(BoxedError)
    }

    fn decode_eof(&mut self, src: &mut BytesMut) -> Result<Option<RemotingCommand>, BoxedError> {
        self.0.decode_eof(src).map_err(|error| BoxedError(Box::new(error)))
    }
}

impl Encoder<&RemotingCommand> for BoxedCodec {
    type Error = EncodeError;

    #[inline]
    fn encode(&mut self, command: &RemotingCommand, dst: &mut BytesMut) -> Result<(), EncodeError> {
        self.0.encode(command, dst)
    }
}
