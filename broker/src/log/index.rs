//! The index of messages by key. It stores hashes of keys.

use super::CommitLogOffset;
use rocketmq_tower::message::{Properties, property};

/// The maximum number of keys of a message that are indexed.
const MAX_KEYS: usize = 32;

/// Returns the hashes of a message's keys: those of the application, and the producer's id of the
/// message.
pub(crate) fn keys_of(topic: &str, properties: Properties<'_>) -> Vec<u64> {
    words(properties).take(MAX_KEYS).map(|key| hash(topic, key)).collect()
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

/// Returns the key of the index's row for a message.
pub(crate) fn row(hash: u64, offset: CommitLogOffset) -> [u8; 16] {
    let mut row = [0; 16];
    row[..8].copy_from_slice(&hash.to_be_bytes());
    row[8..].copy_from_slice(&offset.key());
    row
}

/// Returns the offset of the message that a row of the index points to.
pub(crate) fn offset(row: &[u8]) -> Option<CommitLogOffset> {
    CommitLogOffset::from_key(row.get(8..)?)
}

#[cfg(test)]
mod tests {
    use super::{CommitLogOffset, MAX_KEYS, has_key, hash, keys_of, offset, row};
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
        assert_eq!(keys_of("T", properties), ["id", "a", "b"].map(|key| hash("T", key)));
        for (key, found) in [("id", true), ("a", true), ("b", true), ("t", false), ("", false)] {
            assert_eq!(has_key(properties, key), found, "{key}");
        }
        assert!(keys_of("T", Properties::default()).is_empty());
    }

    #[test]
    fn at_most_32_keys_of_a_message_are_indexed() {
        let words: Vec<_> = (0..=MAX_KEYS).map(|n| n.to_string()).collect();
        let text = format!("KEYS\u{1}{}", words.join(" "));
        let properties = Properties::new(&text);
        assert_eq!(keys_of("T", properties).len(), MAX_KEYS);
        assert!(has_key(properties, &words[MAX_KEYS - 1]));
        assert!(!has_key(properties, &words[MAX_KEYS]));
    }

    #[test]
    fn a_row_points_to_its_message() {
        let here = CommitLogOffset::new(3, 5);
        assert_eq!(offset(&row(7, here)), Some(here));
        assert_eq!(offset(&[0; 7]), None);
        assert!(row(7, CommitLogOffset::new(9, 9)) < row(8, CommitLogOffset::new(0, 0)));
    }
}
