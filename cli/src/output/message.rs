//! Messages.

use super::{DIM, NOTE, PLACE, bytes, printable, time};
use rocketmq_tower::message::{StoredMessage, property, sys_flag};
use serde_json::{Map, Value, json};
use std::fmt::Write;

/// Returns whether the body is as its sender wrote it, and not compressed.
fn is_plain(message: &StoredMessage<'_>) -> bool {
    message.sys_flag & sys_flag::COMPRESSED == 0
}

/// Returns the message as JSON. A body that is compressed or not UTF-8 is written in hex.
pub(crate) fn to_json(message: &StoredMessage<'_>, broker: &str) -> Value {
    let properties = message.properties.iter();
    let properties: Map<String, Value> =
        properties.map(|(name, value)| (name.to_owned(), value.into())).collect();
    let offset_id = message.id().to_string();
    let mut json = Map::new();
    bytes::body_to_json(message.body, is_plain(message), &mut json);
    let rest = json!({
        "topic": message.topic,
        "broker": broker,
        "queue": message.queue_id,
        "offset": message.queue_offset,
        "id": message.properties.get(property::UNIQ_KEY).unwrap_or(&offset_id),
        "offsetId": offset_id,
        "born": message.born_timestamp,
        "bornHost": message.born_host.to_string(),
        "stored": message.store_timestamp,
        "reconsumeTimes": message.reconsume_times,
        "compressed": !is_plain(message),
        "properties": properties,
    });
    if let Value::Object(rest) = rest {
        json.extend(rest);
    }
    Value::Object(json)
}

/// Returns the message as a line for people.
pub(crate) fn human(message: &StoredMessage<'_>, broker: &str) -> String {
    let mut line = format!(
        "{DIM}{}{DIM:#} {PLACE}{}:{} {}{PLACE:#}",
        time::text(message.store_timestamp),
        printable(broker),
        message.queue_id,
        message.queue_offset,
    );
    // A text can always be written to.
    if let Some(tag) = message.properties.get(property::TAGS) {
        _ = write!(line, " {NOTE}#{}{NOTE:#}", printable(tag));
    }
    if let Some(keys) = message.properties.get(property::KEYS) {
        _ = write!(line, " {DIM}[{}]{DIM:#}", printable(keys));
    }
    _ = write!(line, " {}", bytes::human(message.body, is_plain(message)));
    line
}
