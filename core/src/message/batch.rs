//! The body of a batch.

use super::encode::{MAX_TEXT, check, check_size};
use super::reader::{MessageReader, next};
use super::{MessageError, Properties};
use bytes::{BufMut, BytesMut};
use std::iter::FusedIterator;

/// All that is not body and properties.
const FIXED: usize = 22;

/// One message of the body of `SEND_BATCH_MESSAGE`. Topic and queue are those of the request.
///
/// | field | bytes |
/// |---|---|
/// | total size, this field included | 4 |
/// | magic and CRC: 0, and not looked at | 4, 4 |
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
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BatchedMessage<'a> {
    /// A number of the application's.
    pub flag: i32,
    /// The body.
    pub body: &'a [u8],
    /// Names and values.
    pub properties: Properties<'a>,
}

impl<'a> BatchedMessage<'a> {
    /// The first message of `bytes`, and what follows it.
    ///
    /// # Errors
    /// If `bytes` does not begin with a whole message of this form.
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

    /// All messages of a batch, one after another; ends after the first error.
    #[must_use]
    pub fn decode_all(bytes: &'a [u8]) -> DecodeBatch<'a> {
        DecodeBatch { bytes }
    }

    /// How many bytes [`encode`](Self::encode) appends.
    #[must_use]
    pub fn encoded_len(&self) -> usize {
        FIXED + self.body.len() + self.properties.as_str().len()
    }

    /// Appends it.
    ///
    /// # Errors
    /// If the properties have more than 32767 bytes, or the whole has more than
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

/// What [`BatchedMessage::decode_all`] returns.
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
