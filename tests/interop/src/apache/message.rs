//! Decodes stored messages.

use bytes::BytesMut;
use rocketmq_tower::BoxError;
use rocketmq_tower::message::{StoredMessage, is_intact};

/// Decodes all messages of a response to a pull. Checks that our encoder produces the same bytes as
/// the broker.
pub(super) fn decode_all(body: &[u8]) -> Result<Vec<StoredMessage<'_>>, BoxError> {
    let messages = StoredMessage::decode_all(body).collect::<Result<Vec<_>, _>>()?;
    let mut rest = body;
    for message in &messages {
        if !is_intact(rest)? {
            return Err(format!("the checksum is wrong: {message:?}").into());
        }
        let mut again = BytesMut::new();
        message.encode(&mut again)?;
        rest = rest.strip_prefix(&again[..]).ok_or_else(|| format!("other bytes: {message:?}"))?;
    }
    Ok(messages)
}
