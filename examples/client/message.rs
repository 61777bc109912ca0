//! Converts messages to JSON.

use rocketmq_tower::message::{StoredMessage, sys_flag};
use serde_json::{Map, Value, json};

/// Returns the message as JSON. A body that is compressed or not UTF-8 is written in hex.
pub(crate) fn to_json(message: &StoredMessage<'_>) -> Value {
    let properties = message.properties.iter();
    let properties: Map<String, Value> =
        properties.map(|(name, value)| (name.to_owned(), value.into())).collect();
    let mut json = json!({
        "topic": message.topic,
        "queue": message.queue_id,
        "offset": message.queue_offset,
        "properties": properties,
    });
    match std::str::from_utf8(message.body) {
        Ok(text) if message.sys_flag & sys_flag::COMPRESSED == 0 => json["body"] = text.into(),
        _ => {
            let hex: String = message.body.iter().map(|byte| format!("{byte:02x}")).collect();
            json["bodyHex"] = hex.into();
        }
    }
    json
}
