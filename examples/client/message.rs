//! Messages as brokers store them, and as pulls bring them.

use rocketmq_tower::BoxError;
use serde_json::{Map, Value, json};

/// What stored messages begin with, after the size; in the second form, topics may be longer.
const MAGIC: [u32; 2] = [0xDAA3_20A7, 0xDAA3_20A8];

/// Flags of the system's.
const COMPRESSED: u32 = 1;
const BORN_HOST_V6: u32 = 1 << 4;
const STORE_HOST_V6: u32 = 1 << 5;

pub(crate) struct Message<'a> {
    topic: &'a str,
    queue: u32,
    offset: u64,
    sys_flag: u32,
    body: &'a [u8],
    properties: &'a str,
}

impl Message<'_> {
    /// A body that is compressed or not UTF-8 is written in hex.
    pub(crate) fn to_json(&self) -> Value {
        let properties: Map<String, Value> = self
            .properties
            .split_terminator('\u{2}')
            .filter_map(|property| property.split_once('\u{1}'))
            .map(|(name, value)| (name.to_owned(), value.into()))
            .collect();
        let mut json = json!({
            "topic": self.topic,
            "queue": self.queue,
            "offset": self.offset,
            "properties": properties,
        });
        match std::str::from_utf8(self.body) {
            Ok(text) if self.sys_flag & COMPRESSED == 0 => json["body"] = text.into(),
            _ => {
                let hex: String = self.body.iter().map(|byte| format!("{byte:02x}")).collect();
                json["bodyHex"] = hex.into();
            }
        }
        json
    }
}

/// Reads all messages of a pull's answer.
pub(crate) fn decode_all(body: &[u8]) -> Result<Vec<Message<'_>>, BoxError> {
    let mut reader = Reader(body);
    let mut messages = Vec::new();
    while !reader.0.is_empty() {
        let size = reader.u32()? as usize;
        let rest = size.checked_sub(4).ok_or("a message of no length")?;
        messages.push(decode(Reader(reader.take(rest)?))?);
    }
    Ok(messages)
}

fn decode(mut reader: Reader<'_>) -> Result<Message<'_>, BoxError> {
    let magic = reader.u32()?;
    if !MAGIC.contains(&magic) {
        return Err(format!("messages of the kind {magic:#x} are not known").into());
    }
    let _checksum = reader.u32()?;
    let (queue, _flag, offset) = (reader.u32()?, reader.u32()?, reader.u64()?);
    let _place = reader.u64()?;
    let sys_flag = reader.u32()?;
    // An address and a port.
    let host = |v6: u32| if sys_flag & v6 == 0 { 8 } else { 20 };
    let _born = (reader.u64()?, reader.take(host(BORN_HOST_V6))?);
    let _stored = (reader.u64()?, reader.take(host(STORE_HOST_V6))?);
    let (_reconsumed, _prepared) = (reader.u32()?, reader.u64()?);
    let length = reader.u32()? as usize;
    let body = reader.take(length)?;
    let length = if magic == MAGIC[0] { reader.u8()?.into() } else { reader.u16()?.into() };
    let topic = std::str::from_utf8(reader.take(length)?)?;
    let length = reader.u16()?.into();
    let properties = std::str::from_utf8(reader.take(length)?)?;
    Ok(Message { topic, queue, offset, sys_flag, body, properties })
}

struct Reader<'a>(&'a [u8]);

impl<'a> Reader<'a> {
    fn take(&mut self, length: usize) -> Result<&'a [u8], BoxError> {
        let (taken, rest) = self.0.split_at_checked(length).ok_or("a message is cut off")?;
        self.0 = rest;
        Ok(taken)
    }

    fn array<const N: usize>(&mut self) -> Result<[u8; N], BoxError> {
        Ok(self.take(N)?.try_into()?)
    }

    fn u8(&mut self) -> Result<u8, BoxError> {
        Ok(self.take(1)?[0])
    }

    fn u16(&mut self) -> Result<u16, BoxError> {
        Ok(u16::from_be_bytes(self.array()?))
    }

    fn u32(&mut self) -> Result<u32, BoxError> {
        Ok(u32::from_be_bytes(self.array()?))
    }

    fn u64(&mut self) -> Result<u64, BoxError> {
        Ok(u64::from_be_bytes(self.array()?))
    }
}
