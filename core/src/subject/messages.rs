//! Changes the names in messages: their topics, and properties that name topics, groups and clients.

use super::Kind::{self, Client, Group, ProducerGroup, Topic};
use crate::message::{
    BatchedMessage, MessageError, Properties, StoredMessage, checksum, property, sys_flag,
};
use crate::protocol::json::places::Change;
use bytes::{BufMut, Bytes, BytesMut};
use std::borrow::Cow;

type Changes<'f> = &'f mut dyn FnMut(Kind, &str) -> Change;

/// The properties that hold names. A message goes with the name of its topic; the name of a group or a
/// client goes alone.
const NAMES: [(&str, Kind); 7] = [
    (property::RETRY_TOPIC, Topic),
    (property::REAL_TOPIC, Topic),
    (property::DLQ_ORIGIN_TOPIC, Topic),
    (property::INNER_MULTI_DISPATCH, Topic),
    (property::PGROUP, ProducerGroup),
    (property::ORIGIN_GROUP, Group),
    (property::REPLY_TO_CLIENT, Client),
];

// The places of fields in an encoded message; see `StoredMessage`.
const MAGIC: usize = 4;
const CRC: usize = 8;
const MAGIC_V1: u32 = 0xDAA3_20A7;

/// The names in a text were changed, or its message goes.
pub(super) enum Changed<T> {
    No,
    To(T),
    Goes,
}

/// Changes the names in properties.
pub(super) fn properties(text: &str, change: Changes<'_>) -> Changed<String> {
    let mut new: Option<String> = None;
    let mut start = 0;
    for part in text.split_inclusive('\u{2}') {
        let end = start + part.len();
        let (body, mark) = match part.strip_suffix('\u{2}') {
            Some(body) => (body, "\u{2}"),
            None => (part, ""),
        };
        let named = body.split_once('\u{1}').and_then(|(name, value)| {
            let &(_, kind) = NAMES.iter().find(|(known, _)| *known == name)?;
            (!value.is_empty()).then_some((name, value, kind))
        });
        let mut kept = Cow::Borrowed(part);
        if let Some((name, value, kind)) = named {
            match names_of_value(value, kind, change) {
                Changed::No => {}
                Changed::To(value) => kept = format!("{name}\u{1}{value}{mark}").into(),
                Changed::Goes if kind == Topic => return Changed::Goes,
                Changed::Goes => kept = "".into(),
            }
        }
        if kept != part {
            new.get_or_insert_with(|| text[..start].to_owned());
        }
        if let Some(new) = &mut new {
            new.push_str(&kept);
        }
        start = end;
    }
    new.map_or(Changed::No, Changed::To)
}

/// Changes a name, or several topics with commas.
fn names_of_value(value: &str, kind: Kind, change: Changes<'_>) -> Changed<String> {
    let mut new = String::new();
    for (index, name) in value.split(',').enumerate() {
        if index > 0 {
            new.push(',');
        }
        match change(kind, name) {
            Change::Keep => new.push_str(name),
            Change::Replace(name) => new.push_str(&name),
            Change::Remove => return Changed::Goes,
        }
    }
    if new == value { Changed::No } else { Changed::To(new) }
}

/// Changes the names in the properties of a batch, and leaves messages out.
pub(super) fn batch(body: &[u8], change: Changes<'_>) -> Result<Changed<Bytes>, MessageError> {
    let read = |rest| {
        let (message, after) = BatchedMessage::decode(rest)?;
        let changed = properties(message.properties.as_str(), change);
        Ok((message, changed, after))
    };
    each(body, read, |_, message, text, new| {
        let BatchedMessage { flag, body, .. } = message;
        BatchedMessage { flag, body, properties: Properties::new(&text) }.encode(new)
    })
}

/// Changes the names in stored messages, and leaves messages out: everything else stays as it is, byte
/// for byte, with its checksum.
pub(super) fn stored(body: &[u8], change: Changes<'_>) -> Result<Changed<Bytes>, MessageError> {
    let read = |rest| {
        let (message, after) = StoredMessage::decode(rest)?;
        let changed = one(&message, change)?;
        Ok((message, changed, after))
    };
    each(body, read, |record, message, parts, new| write(record, &message, &parts, new))
}

/// Changes messages that follow each other. `read` returns the first one of a text, how it changes, and the text behind it; `write` writes
/// one that changes. Nothing is copied before the first of those.
fn each<'a, M, T>(
    body: &'a [u8],
    mut read: impl FnMut(&'a [u8]) -> Result<(M, Changed<T>, &'a [u8]), MessageError>,
    write: impl Fn(&'a [u8], M, T, &mut BytesMut) -> Result<(), MessageError>,
) -> Result<Changed<Bytes>, MessageError> {
    let mut new: Option<BytesMut> = None;
    let mut rest = body;
    while !rest.is_empty() {
        let start = body.len() - rest.len();
        let (message, changed, after) = read(rest)?;
        let record = &rest[..rest.len() - after.len()];
        if !matches!(changed, Changed::No) && new.is_none() {
            let mut copy = BytesMut::with_capacity(body.len() + 64);
            copy.extend_from_slice(&body[..start]);
            new = Some(copy);
        }
        match (changed, &mut new) {
            (Changed::No, Some(new)) => new.extend_from_slice(record),
            (Changed::To(to), Some(new)) => write(record, message, to, new)?,
            _ => {}
        }
        rest = after;
    }
    Ok(match new {
        None => Changed::No,
        Some(new) if new.is_empty() => Changed::Goes,
        Some(new) => Changed::To(new.freeze()),
    })
}

/// The parts of a stored message that may change.
struct Parts {
    topic: Option<String>,
    properties: Option<String>,
    body: Option<Bytes>,
}

fn one(message: &StoredMessage<'_>, change: Changes<'_>) -> Result<Changed<Parts>, MessageError> {
    let mut topic = change(Topic, message.topic);
    if topic == Change::Remove {
        // While it waits in a topic of the broker's own, its topic is a property.
        if let Some(real) = message.properties.get(property::REAL_TOPIC) {
            topic = match change(Topic, real) {
                Change::Keep => Change::Replace(real.to_owned()),
                changed => changed,
            };
        }
    }
    let topic = match topic {
        Change::Keep => None,
        Change::Replace(topic) => Some(topic),
        Change::Remove => return Ok(Changed::Goes),
    };
    let properties = match properties(message.properties.as_str(), change) {
        Changed::No => None,
        Changed::To(text) => Some(text),
        Changed::Goes => return Ok(Changed::Goes),
    };
    let wraps = sys_flag::NEED_UNWRAP | sys_flag::COMPRESSED;
    let body = match message.sys_flag & wraps == sys_flag::NEED_UNWRAP {
        false => None,
        // A body that cannot be read has no names.
        true => match batch(message.body, change).unwrap_or(Changed::No) {
            Changed::No => None,
            Changed::To(body) => Some(body),
            Changed::Goes => return Ok(Changed::Goes),
        },
    };
    Ok(match (&topic, &properties, &body) {
        (None, None, None) => Changed::No,
        _ => Changed::To(Parts { topic, properties, body }),
    })
}

/// Appends a message with some other parts.
fn write(
    record: &[u8],
    message: &StoredMessage<'_>,
    parts: &Parts,
    out: &mut BytesMut,
) -> Result<(), MessageError> {
    let is_v1 = record.get(MAGIC..CRC) == Some(&MAGIC_V1.to_be_bytes());
    let max = if is_v1 { i8::MAX as usize } else { i16::MAX as usize };
    let (topic, text) = (message.topic, message.properties.as_str());
    let tail = if is_v1 { 1 } else { 2 } + topic.len() + 2 + text.len();
    let head = record.len() - tail - message.body.len() - 4;
    let topic = parts.topic.as_deref().unwrap_or(topic);
    let text = parts.properties.as_deref().unwrap_or(text);
    let body = parts.body.as_deref().unwrap_or(message.body);
    let fits = |field, length, max| match length <= max {
        true => Ok(()),
        false => Err(MessageError::TooLong { field, length, max }),
    };
    fits("topic", topic.len(), max)?;
    fits("properties", text.len(), i16::MAX as usize)?;
    let size = head + 4 + body.len() + if is_v1 { 1 } else { 2 } + topic.len() + 2 + text.len();
    fits("size", size, i32::MAX as usize)?;
    let start = out.len();
    out.reserve(size);
    // The lengths were checked to fit.
    out.put_u32(size as u32);
    out.put_slice(&record[4..head]);
    if parts.body.is_some() {
        out[start + CRC..start + CRC + 4].copy_from_slice(&checksum(body).to_be_bytes());
    }
    out.put_u32(body.len() as u32);
    out.put_slice(body);
    if is_v1 {
        out.put_u8(topic.len() as u8);
    } else {
        out.put_u16(topic.len() as u16);
    }
    out.put_slice(topic.as_bytes());
    out.put_u16(text.len() as u16);
    out.put_slice(text.as_bytes());
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::{Changed, batch, stored};
    use crate::message::{BatchedMessage, Properties, StoredMessage, is_intact, sys_flag};
    use crate::protocol::json::places::Change;
    use crate::subject::Kind;
    use bytes::BytesMut;

    /// Takes `A.` from names, and removes others.
    fn plain(_: Kind, name: &str) -> Change {
        name.strip_prefix("A.").map_or(Change::Remove, |name| Change::Replace(name.to_owned()))
    }

    fn message<'a>(topic: &'a str, properties: &'a str, body: &'a [u8]) -> StoredMessage<'a> {
        StoredMessage {
            queue_id: 1,
            flag: 2,
            queue_offset: 3,
            commit_log_offset: 4,
            sys_flag: 0,
            born_timestamp: 5,
            born_host: "[::1]:6".parse().unwrap(),
            store_timestamp: 7,
            store_host: "10.0.0.1:8".parse().unwrap(),
            reconsume_times: 9,
            prepared_transaction_offset: 10,
            body,
            topic,
            properties: Properties::new(properties),
        }
    }

    fn changed(messages: &[StoredMessage<'_>]) -> Option<BytesMut> {
        let mut body = BytesMut::new();
        messages.iter().for_each(|message| message.encode(&mut body).unwrap());
        match stored(&body, &mut plain).unwrap() {
            Changed::No => Some(body),
            Changed::To(new) => Some(new.into()),
            Changed::Goes => None,
        }
    }

    #[test]
    fn messages_get_other_names_and_nothing_else_changes() {
        let long = format!("A.{}", "t".repeat(130));
        let new = changed(&[
            message("A.T", "K\u{1}v\u{2}PGROUP\u{1}A.g\u{2}", b"one"),
            message("B.T", "", b"secret"),
            message("A.T", "PGROUP\u{1}B.g\u{2}X\u{1}y", b"two"),
            message("A.T", "RETRY_TOPIC\u{1}B.T\u{2}", b"secret"),
            message("S", "REAL_TOPIC\u{1}A.T\u{2}", b"waits"),
            message("S", "REAL_TOPIC\u{1}B.T\u{2}", b"secret"),
            message(&long, "", b"long"),
        ]);
        let new = new.unwrap();
        let all: Vec<_> = StoredMessage::decode_all(&new).map(Result::unwrap).collect();
        let expected = [
            message("T", "K\u{1}v\u{2}PGROUP\u{1}g\u{2}", b"one"),
            message("T", "X\u{1}y", b"two"),
            message("T", "REAL_TOPIC\u{1}T\u{2}", b"waits"),
            message(&long[2..], "", b"long"),
        ];
        for (message, mut expected) in all.iter().zip(expected) {
            expected.sys_flag = message.sys_flag;
            assert_eq!(*message, expected);
        }
        assert_eq!(all.len(), 4);
        assert!(is_intact(&new).unwrap());
        assert!(changed(&[message("B.T", "", b"")]).is_none());
        assert!(stored(b"no message", &mut plain).is_err());
    }

    #[test]
    fn the_messages_of_a_batch_get_other_names_too() {
        let mut inner = BytesMut::new();
        for properties in ["RETRY_TOPIC\u{1}A.T\u{2}", "", "RETRY_TOPIC\u{1}B.T\u{2}"] {
            let properties = Properties::new(properties);
            BatchedMessage { flag: 1, body: b"text", properties }.encode(&mut inner).unwrap();
        }
        let mut outer = message("A.T", "", &inner);
        outer.sys_flag = sys_flag::NEED_UNWRAP;
        let new = changed(&[outer]).unwrap();
        assert!(is_intact(&new).unwrap());
        let (outer, _) = StoredMessage::decode(&new).unwrap();
        let inner: Vec<_> = BatchedMessage::decode_all(outer.body).map(Result::unwrap).collect();
        let all: Vec<_> = inner.iter().map(|message| message.properties.as_str()).collect();
        assert_eq!(all, ["RETRY_TOPIC\u{1}T\u{2}", ""]);
        assert!(batch(b"no batch", &mut plain).is_err());
    }
}
