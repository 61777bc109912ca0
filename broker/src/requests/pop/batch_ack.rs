//! The body of `BATCH_ACK_MESSAGE`.

use crate::pop::{BatchKey, Handle, MAX_MESSAGES};
use crate::refusal::refuse;
use crate::requests::list::AtMost;
use base64::Engine as _;
use base64::alphabet::STANDARD;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use rocketmq_tower::{BoxError, ResponseCode};
use serde::Deserialize;
use std::borrow::Cow;

/// Java writes the padding; other clients may not.
const BASE64: GeneralPurpose = GeneralPurpose::new(
    &STANDARD,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

/// The maximum number of batches of a request.
const MAX_ACKS: usize = 4096;

/// The maximum number of bytes of bits: messages of a batch are near its start.
const MAX_BITS: usize = 8 * 1024;

#[derive(Debug, Deserialize)]
pub(super) struct BatchAckBody<'a> {
    #[serde(borrow, default)]
    pub(super) acks: AtMost<BatchAck<'a>, MAX_ACKS>,
}

/// Acknowledgements of messages that were popped together, with Java's short names and its long ones.
#[derive(Debug, Deserialize)]
pub(super) struct BatchAck<'a> {
    #[serde(borrow, rename = "c", alias = "consumerGroup")]
    pub(super) consumer_group: Cow<'a, str>,
    #[serde(borrow, rename = "t", alias = "topic")]
    pub(super) topic: Cow<'a, str>,
    /// `1` if they are of the retry topic.
    #[serde(borrow, rename = "r", alias = "retry")]
    pub(super) retry: Cow<'a, str>,
    #[serde(rename = "so", alias = "startOffset")]
    start_offset: i64,
    #[serde(rename = "q", alias = "queueId")]
    pub(super) queue_id: i32,
    #[serde(rename = "rq", alias = "reviveQueueId")]
    revive_queue_id: i32,
    #[serde(rename = "pt", alias = "popTime")]
    pop_time: i64,
    #[serde(default, rename = "it", alias = "invisibleTime")]
    invisible_time: i64,
    /// Java's `BitSet` of distances from the start, in Base64.
    #[serde(borrow, default, rename = "b", alias = "bitSet")]
    bit_set: Cow<'a, str>,
}

impl BatchAck<'_> {
    pub(super) fn handle(&self) -> Handle {
        let key = BatchKey { start: self.start_offset, pop_time: self.pop_time };
        let is_ordered = self.revive_queue_id == crate::pop::revive_queue(true);
        Handle { key, invisible: self.invisible_time, is_ordered }
    }

    pub(super) fn bits(&self) -> Result<Bits, BoxError> {
        let wrong = |text| refuse(ResponseCode::INVALID_PARAMETER, text);
        if self.bit_set.len() > MAX_BITS / 3 * 4 {
            return Err(wrong("a set of bits is too long"));
        }
        let bytes = BASE64.decode(&*self.bit_set);
        bytes.map(Bits).map_err(|_| wrong("a set of bits is not Base64"))
    }
}

/// A set of distances.
#[derive(Debug)]
pub(super) struct Bits(Vec<u8>);

impl Bits {
    pub(super) fn has(&self, bit: u16) -> bool {
        self.0.get(usize::from(bit / 8)).is_some_and(|byte| byte & (1 << (bit % 8)) != 0)
    }

    /// Returns the first ones: more than a batch has messages are of no use.
    pub(super) fn iter(&self) -> impl Iterator<Item = u16> + '_ {
        let end = u16::try_from(self.0.len() * 8).unwrap_or(u16::MAX);
        (0..end).filter(|&bit| self.has(bit)).take(MAX_MESSAGES)
    }
}

#[cfg(test)]
mod tests {
    use super::{BatchAck, BatchAckBody, Bits};
    use rocketmq_tower::protocol::json;

    #[test]
    fn both_kinds_of_names_are_read() {
        let short = r#"{"brokerName":"b","acks":[{"b":"BQ==","c":"g","it":60000,"pt":9,"q":3,"r":"0","rq":0,"so":7,"t":"T"}]}"#;
        let long = r#"{"acks":[{"bitSet":"BQ==","consumerGroup":"g","popTime":9,"queueId":3,"retry":"0","reviveQueueId":0,"startOffset":7,"topic":"T"}]}"#;
        for text in [short, long] {
            let body: BatchAckBody<'_> = json::from_slice(text.as_bytes()).unwrap();
            let [ack] = &body.acks.items[..] else { panic!("one batch: {body:?}") };
            let key = ack.handle().key;
            assert_eq!((key.start, key.pop_time, ack.queue_id, &*ack.topic), (7, 9, 3, "T"));
            assert_eq!(ack.bits().unwrap().iter().collect::<Vec<_>>(), [0, 2]);
        }
    }

    #[test]
    fn bits_are_base64_with_or_without_padding() {
        for (text, expected) in
            [("BQ==", Some(&[0, 2][..])), ("BQ", Some(&[0, 2])), ("", Some(&[])), ("B-==", None)]
        {
            let ack =
                format!(r#"{{"c":"g","pt":9,"q":3,"r":"0","rq":0,"so":7,"t":"T","b":"{text}"}}"#);
            let ack: BatchAck<'_> = json::from_slice(ack.as_bytes()).unwrap();
            let bits = ack.bits().ok().map(|bits| bits.iter().collect::<Vec<_>>());
            assert_eq!(bits.as_deref(), expected, "{text}");
        }
    }

    #[test]
    fn bits_after_the_end_are_not_set() {
        let bits = Bits(vec![0b1000_0001]);
        assert!(bits.has(0) && bits.has(7) && !bits.has(8) && !bits.has(u16::MAX));
        assert_eq!(Bits(vec![0xff; 9000]).iter().count(), 32);
    }
}
