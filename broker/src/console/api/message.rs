//! A message as JSON. Its body is base64, as it is any bytes, and may be anything but text.

use crate::state::BrokerState;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use rocketmq_tower::message::{StoredMessage, property, sys_flag};
use serde_json::{Map, Value, json};

/// The bytes of a body that a list has, and the answer for one message.
pub(super) const PREVIEW: usize = 4 * 1024;
pub(super) const MAX_BODY: usize = 1024 * 1024;

/// Returns a message with at most `body` bytes of its body.
pub(super) fn message(broker: &BrokerState, message: &StoredMessage<'_>, body: usize) -> Value {
    let shown = &message.body[..message.body.len().min(body)];
    let properties: Map<String, Value> =
        message.properties.iter().map(|(name, value)| (name.to_owned(), value.into())).collect();
    json!({
        "id": broker.message_id(message.commit_log_offset).to_string(),
        "unique_key": message.properties.get(property::UNIQ_KEY),
        "topic": message.topic,
        "queue": message.queue_id,
        "offset": message.queue_offset,
        "tag": message.properties.get(property::TAGS),
        "keys": message.properties.get(property::KEYS),
        "stored": message.store_timestamp,
        "born": message.born_timestamp,
        "born_host": message.born_host.to_string(),
        "flag": message.flag,
        "sys_flag": message.sys_flag,
        "compressed": message.sys_flag & sys_flag::COMPRESSED != 0,
        "reconsume_times": message.reconsume_times,
        "properties": properties,
        "body_base64": STANDARD.encode(shown),
        "body_bytes": message.body.len(),
        "body_cut": shown.len() < message.body.len(),
    })
}
