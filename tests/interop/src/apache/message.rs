//! Messages as brokers store them, and as pulls bring them.

use rocketmq_tower::BoxError;

/// What the first form of stored messages begins with, after the size.
const MAGIC: u32 = 0xDAA3_20A7;

/// The fields that the checks compare.
#[derive(Debug, PartialEq)]
pub(super) struct Message {
    pub(super) queue_id: u32,
    pub(super) flag: u32,
    pub(super) queue_offset: u64,
    pub(super) commit_log_offset: u64,
    pub(super) born_timestamp: u64,
    pub(super) body: Vec<u8>,
    pub(super) topic: String,
    pub(super) properties: Vec<(String, String)>,
}

impl Message {
    pub(super) fn property(&self, name: &str) -> Option<&str> {
        let mut properties = self.properties.iter();
        properties.find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }
}

/// Reads all messages of a pull's answer.
pub(super) fn decode_all(body: &[u8]) -> Result<Vec<Message>, BoxError> {
    let mut reader = Reader(body);
    let mut messages = Vec::new();
    while !reader.0.is_empty() {
        let size = reader.u32()?;
        let length = usize::try_from(size)?.checked_sub(4).ok_or("a message of no length")?;
        messages.push(decode(Reader(reader.take(length)?))?);
    }
    Ok(messages)
}

fn decode(mut reader: Reader<'_>) -> Result<Message, BoxError> {
    if reader.u32()? != MAGIC {
        return Err("this is no message of the first form".into());
    }
    let _checksum = reader.u32()?;
    let (queue_id, flag) = (reader.u32()?, reader.u32()?);
    let (queue_offset, commit_log_offset) = (reader.u64()?, reader.u64()?);
    let _sys_flag = reader.u32()?;
    let born_timestamp = reader.u64()?;
    let _born_host = reader.take(8)?;
    let _stored = (reader.u64()?, reader.take(8)?);
    let _reconsumed = reader.u32()?;
    let _prepared = reader.u64()?;
    let length = reader.u32()?;
    let body = reader.take(length.try_into()?)?.to_vec();
    let length = reader.take(1)?[0];
    let topic = String::from_utf8(reader.take(length.into())?.to_vec())?;
    let length = u16::from_be_bytes(reader.array()?);
    let properties = std::str::from_utf8(reader.take(length.into())?)?;
    if !reader.0.is_empty() {
        return Err("a message is longer than its parts".into());
    }
    let properties = properties
        .split_terminator('\u{2}')
        .map(|property| property.split_once('\u{1}').ok_or("a property without a value"))
        .map(|property| property.map(|(name, value)| (name.to_owned(), value.to_owned())))
        .collect::<Result<_, _>>()?;
    Ok(Message {
        queue_id,
        flag,
        queue_offset,
        commit_log_offset,
        born_timestamp,
        body,
        topic,
        properties,
    })
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

    fn u32(&mut self) -> Result<u32, BoxError> {
        Ok(u32::from_be_bytes(self.array()?))
    }

    fn u64(&mut self) -> Result<u64, BoxError> {
        Ok(u64::from_be_bytes(self.array()?))
    }
}
