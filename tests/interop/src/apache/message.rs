//! Messages as a broker stored them.

use bytes::BytesMut;
use rocketmq_tower::BoxError;
use rocketmq_tower::message::{StoredMessage, is_intact};

/// Reads all messages of a pull's answer. What the broker wrote is what we would have written.
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
