//! The hashes of keys and tags, by which messages are found and filtered.

use crate::storage::{KeyHashes, TAG_BITS};
use rocketmq_tower::message::{Properties, StoredMessage, property};

/// The maximum number of keys of a message that are indexed.
const MAX_KEYS: usize = 32;

/// Returns the hashes of a message's keys: those of the application, and the producer's id of the
/// message.
pub(crate) fn keys_of(topic: &str, properties: Properties<'_>) -> KeyHashes {
    words(properties).take(MAX_KEYS).map(|key| hash(topic, key)).collect()
}

/// Returns the hashes of the tag and the keys of an encoded message, as they are when it is sent:
/// recovery derives the indexes from the records.
pub(crate) fn describe(record: &[u8]) -> (u32, KeyHashes) {
    match StoredMessage::decode(record) {
        Ok((message, _)) => {
            (tag_of(message.properties), keys_of(message.topic, message.properties))
        }
        Err(_) => (0, KeyHashes::default()),
    }
}

/// Returns whether a message has `key`. Needed as hashes of different keys may be equal.
pub(crate) fn has_key(properties: Properties<'_>, key: &str) -> bool {
    words(properties).take(MAX_KEYS).any(|word| word == key)
}

fn words(properties: Properties<'_>) -> impl Iterator<Item = &str> {
    let unique = properties.get(property::UNIQ_KEY);
    let keys = properties.get(property::KEYS).unwrap_or_default();
    unique.into_iter().chain(keys.split_ascii_whitespace())
}

/// Hashes with FNV-1a, which stays the same in every version of this program.
pub(crate) fn hash(topic: &str, key: &str) -> u64 {
    let bytes = topic.bytes().chain([0]).chain(key.bytes());
    bytes.fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    })
}

/// Returns the hash of a tag, of [`TAG_BITS`], which is never 0. FNV-1a as well, of which the lowest bits
/// are taken.
pub(crate) fn tag_hash(tag: &str) -> u32 {
    let hash = tag
        .bytes()
        .fold(0x811c_9dc5_u32, |hash, byte| (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193));
    (hash & ((1 << TAG_BITS) - 1)).max(1)
}

/// Returns the hash of a message's tag; 0 if it has none.
pub(crate) fn tag_of(properties: Properties<'_>) -> u32 {
    properties.get(property::TAGS).map_or(0, |tag| tag_hash(tag.trim()))
}

#[cfg(test)]
mod tests {
    use super::{MAX_KEYS, has_key, hash, keys_of, tag_hash, tag_of};
    use crate::storage::KeyHashes;
    use rocketmq_tower::message::Properties;

    #[test]
    fn the_hash_of_a_key_never_changes() {
        // FNV-1a of the bytes "T\0k".
        assert_eq!(hash("T", "k"), 0x6b9d_ef19_e0ef_61b6);
        assert_ne!(hash("T", "Uk"), hash("TU", "k"));
    }

    #[test]
    fn keys_are_the_id_of_the_producer_and_the_words_of_the_application() {
        let properties = Properties::new("KEYS\u{1}a  b\u{2}UNIQ_KEY\u{1}id\u{2}TAGS\u{1}t");
        let expected = ["id", "a", "b"].map(|key| hash("T", key));
        assert!(keys_of("T", properties).iter().eq(expected));
        for (key, found) in [("id", true), ("a", true), ("b", true), ("t", false), ("", false)] {
            assert_eq!(has_key(properties, key), found, "{key}");
        }
        assert_eq!(keys_of("T", Properties::default()), KeyHashes::default());
    }

    #[test]
    fn at_most_32_keys_of_a_message_are_indexed() {
        let words: Vec<_> = (0..=MAX_KEYS).map(|n| n.to_string()).collect();
        let text = format!("KEYS\u{1}{}", words.join(" "));
        let properties = Properties::new(&text);
        assert_eq!(keys_of("T", properties).iter().count(), MAX_KEYS);
        assert!(has_key(properties, &words[MAX_KEYS - 1]));
        assert!(!has_key(properties, &words[MAX_KEYS]));
    }

    #[test]
    fn the_hash_of_a_tag_never_changes_and_is_not_that_of_no_tag() {
        // FNV-1a of the byte "a".
        assert_eq!(tag_hash("a"), 0x0c_292c);
        assert_eq!(tag_of(Properties::new("TAGS\u{1} a \u{2}")), tag_hash("a"));
        assert_eq!(tag_of(Properties::new("KEYS\u{1}a\u{2}")), 0);
    }
}
