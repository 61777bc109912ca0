//! Decodes and encodes the body of a batch.

use super::encode::{MAX_TEXT, check, check_size};
use super::reader::{MessageReader, next};
use super::{MessageError, Properties};
use bytes::{BufMut, BytesMut};
use std::iter::FusedIterator;

/// Size in bytes of everything but the body and the properties.
const FIXED: usize = 22;

/// One message in the body of `SEND_BATCH_MESSAGE`. Its topic and queue are those of the request.
///
/// | field | bytes |
/// |---|---|
/// | total size, this field included | 4 |
/// | magic and CRC: written as 0, ignored when read | 4, 4 |
/// | flag | 4 |
/// | body's length, body | 4 + n |
/// | properties' length, properties | 2 + n |
///
/// ```
/// use bytes::BytesMut;
/// use rocketmq_tower_core::message::{BatchedMessage, MessageError, Properties};
///
/// let mut body = BytesMut::new();
/// for text in ["one", "two"] {
///     let message = BatchedMessage { flag: 0, body: text.as_bytes(), properties: Properties::default() };
///     message.encode(&mut body)?;
/// }
/// let batch = BatchedMessage::decode_all(&body).collect::<Result<Vec<_>, _>>()?;
/// assert_eq!(batch[1].body, b"two");
/// # Ok::<(), MessageError>(())
/// ```
///
/// Exhaustive: the format is Java's and has these fields.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BatchedMessage<'a> {
    /// A number for the application's own use.
    pub flag: i32,
    /// The body.
    pub body: &'a [u8],
    /// The message's properties.
    pub properties: Properties<'a>,
}

impl<'a> BatchedMessage<'a> {
    /// Decodes the first message of `bytes`. Returns it and the bytes after it.
    ///
    /// # Errors
    /// If `bytes` does not begin with a complete message of this format.
    pub fn decode(bytes: &'a [u8]) -> Result<(Self, &'a [u8]), MessageError> {
        let (mut reader, rest) = MessageReader::message(bytes)?;
        reader.take("magic and CRC", 8)?;
        let flag = reader.i32("flag")?;
        let length = reader.i32("body's length")?;
        let body = reader.part("body", length)?;
        let length = reader.i16("properties' length")?;
        let properties = Properties::new(reader.text("properties", length)?);
        reader.end()?;
        Ok((Self { flag, body, properties }, rest))
    }

    /// Decodes the messages of a batch, one after another. The iterator ends after the first error.
    #[must_use]
    pub fn decode_all(bytes: &'a [u8]) -> DecodeBatch<'a> {
        DecodeBatch { bytes }
    }

    /// Returns the number of bytes that [`encode`](Self::encode) appends.
    #[must_use]
    pub fn encoded_len(&self) -> usize {
        FIXED + self.body.len() + self.properties.as_str().len()
    }

    /// Appends the encoded message to `dst`.
    ///
    /// # Errors
    /// If the properties have more than 32767 bytes, or the message has more than
    /// 2<sup>31</sup> - 1. Nothing is written then.
    pub fn encode(&self, dst: &mut BytesMut) -> Result<(), MessageError> {
        let size = self.encoded_len();
        check("properties", self.properties.as_str().len(), MAX_TEXT)?;
        check_size(size)?;
        dst.reserve(size);
        // The lengths were checked to fit.
        dst.put_u32(size as u32);
        dst.put_u64(0);
        dst.put_i32(self.flag);
        dst.put_u32(self.body.len() as u32);
        dst.put_slice(self.body);
        dst.put_u16(self.properties.as_str().len() as u16);
        dst.put_slice(self.properties.as_str().as_bytes());
        Ok(())
    }
}

/// The iterator of [`BatchedMessage::decode_all`].
#[derive(Clone, Debug)]
pub struct DecodeBatch<'a> {
    bytes: &'a [u8],
}

impl<'a> Iterator for DecodeBatch<'a> {
    type Item = Result<BatchedMessage<'a>, MessageError>;

    fn next(&mut self) -> Option<Self::Item> {
        next(&mut self.bytes, BatchedMessage::decode)
    }
}

impl FusedIterator for DecodeBatch<'_> {}
