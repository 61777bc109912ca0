//! Property tests of messages, batches and properties.
#![allow(clippy::expect_used, clippy::panic, reason = "test code")]

use bytes::BytesMut;
use proptest::prelude::*;
use rocketmq_tower_core::message::{
    BatchedMessage, MessageId, MessageOutline, Properties, PropertiesBuf, StoredMessage, is_intact,
};
use std::collections::HashMap;
use std::net::SocketAddr;

fn hosts() -> impl Strategy<Value = SocketAddr> {
    let v4 = any::<([u8; 4], u16)>().prop_map(SocketAddr::from);
    let v6 = any::<([u8; 16], u16)>().prop_map(SocketAddr::from);
    prop_oneof![v4, v6]
}

/// The parts of a message, owned.
#[derive(Clone, Debug)]
struct Parts {
    small: [i32; 4],
    large: [i64; 5],
    hosts: (SocketAddr, SocketAddr),
    body: Vec<u8>,
    topic: String,
    properties: PropertiesBuf,
}

impl Parts {
    fn message(&self) -> StoredMessage<'_> {
        let [queue_id, flag, sys_flag, reconsume_times] = self.small;
        let [queue_offset, commit_log_offset, born, stored, prepared] = self.large;
        let (born_host, store_host) = self.hosts;
        let v6 = |host: SocketAddr, bit| if host.is_ipv6() { bit } else { 0 };
        StoredMessage {
            queue_id,
            flag,
            queue_offset,
            commit_log_offset,
            sys_flag: sys_flag & !0x30 | v6(born_host, 0x10) | v6(store_host, 0x20),
            born_timestamp: born,
            born_host,
            store_timestamp: stored,
            store_host,
            reconsume_times,
            prepared_transaction_offset: prepared,
            body: &self.body,
            topic: &self.topic,
            properties: self.properties.as_properties(),
        }
    }
}

fn properties() -> impl Strategy<Value = PropertiesBuf> {
    prop::collection::vec(("\\PC{0,12}", "\\PC{0,30}"), 0..6)
        .prop_map(|properties| properties.into_iter().collect())
}

prop_compose! {
    fn parts()(
        small in any::<[i32; 4]>(),
        large in any::<[i64; 5]>(),
        hosts in (hosts(), hosts()),
        body in prop::collection::vec(any::<u8>(), 0..300),
        topic in "\\PC{0,60}",
        properties in properties(),
    ) -> Parts {
        Parts { small, large, hosts, body, topic, properties }
    }
}

fn outline<'a>(message: &StoredMessage<'a>) -> MessageOutline<'a> {
    let properties = message.properties.as_str().as_bytes();
    MessageOutline { queue_offset: message.queue_offset, properties }
}

proptest! {
    #[test]
    fn messages_survive(all in prop::collection::vec(parts(), 0..4)) {
        let mut bytes = BytesMut::new();
        for parts in &all {
            let before = bytes.len();
            parts.message().encode(&mut bytes).expect("fits");
            prop_assert_eq!(bytes.len() - before, parts.message().encoded_len());
            prop_assert_eq!(is_intact(&bytes[before..]), Ok(true));
            prop_assert_eq!(MessageOutline::of(&bytes[before..]), Ok(outline(&parts.message())));
        }
        let decoded: Result<Vec<_>, _> = StoredMessage::decode_all(&bytes).collect();
        let expected: Vec<_> = all.iter().map(Parts::message).collect();
        prop_assert_eq!(decoded.expect("decodes"), expected);
    }

    /// A damaged message is decoded or refused. If it is decoded, it can be encoded again.
    #[test]
    fn damage_never_panics(parts in parts(), at in any::<prop::sample::Index>(), byte in any::<u8>()) {
        let mut bytes = BytesMut::new();
        parts.message().encode(&mut bytes).expect("fits");
        let at = at.index(bytes.len());
        bytes[at] = byte;
        let outlined = MessageOutline::of(&bytes);
        if let Ok((message, rest)) = StoredMessage::decode(&bytes) {
            prop_assert_eq!(outlined, Ok(outline(&message)));
            let mut again = BytesMut::new();
            message.encode(&mut again).expect("fits");
            prop_assert_eq!(StoredMessage::decode(&again), Ok((message, rest)));
        }
        _ = BatchedMessage::decode_all(&bytes).count();
    }

    #[test]
    fn garbage_never_panics(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        _ = StoredMessage::decode_all(&bytes).count();
        _ = BatchedMessage::decode_all(&bytes).count();
    }

    #[test]
    fn batches_survive(
        batch in prop::collection::vec((any::<i32>(), any::<Vec<u8>>(), properties()), 0..4),
    ) {
        let messages: Vec<_> = batch
            .iter()
            .map(|(flag, body, properties)| {
                BatchedMessage { flag: *flag, body, properties: properties.as_properties() }
            })
            .collect();
        let mut bytes = BytesMut::new();
        for message in &messages {
            message.encode(&mut bytes).expect("fits");
        }
        let decoded: Result<Vec<_>, _> = BatchedMessage::decode_all(&bytes).collect();
        prop_assert_eq!(decoded.expect("decodes"), messages);
    }

    #[test]
    fn ids_survive(host in hosts(), commit_log_offset in any::<i64>()) {
        let id = MessageId { host, commit_log_offset };
        prop_assert_eq!(id.to_string().parse(), Ok(id));
    }

    /// Compares with a map. Names and values are often equal or empty, or hold separators.
    #[test]
    fn properties_are_a_map(
        changes in prop::collection::vec(("[ab\x01\x02]{0,2}", "[ab\x01\x02]{0,2}"), 0..20),
    ) {
        let mut map = HashMap::new();
        let mut set = PropertiesBuf::new();
        for (name, value) in &changes {
            set.set(name, value);
            let (name, value) = (name.replace(['\x01', '\x02'], ""), value.replace('\x02', ""));
            if value.is_empty() {
                map.remove(&name);
            } else if !name.is_empty() {
                map.insert(name, value);
            }
        }
        let collected: PropertiesBuf = changes.into_iter().collect();
        for properties in [&set, &collected, &PropertiesBuf::from(set.as_properties())] {
            let read = properties.as_properties();
            prop_assert_eq!(read.iter().count(), map.len());
            for (name, value) in &map {
                prop_assert_eq!(read.get(name), Some(value.as_str()));
            }
        }
        for name in map.keys() {
            prop_assert!(set.remove(name));
            prop_assert!(!set.remove(name));
        }
        prop_assert_eq!(set.as_properties(), Properties::default());
    }
}
