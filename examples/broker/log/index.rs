//! By what messages are found: their keys, of which the index keeps hashes.

use super::Place;
use rocketmq_tower::message::{Properties, property};

/// More keys of a message than this are not in the index.
const MAX_KEYS: usize = 32;

/// The hashes of a message's keys: what the application gave it, and the id of its producer's.
pub(crate) fn keys_of(topic: &str, properties: Properties<'_>) -> Vec<u64> {
    words(properties).take(MAX_KEYS).map(|key| hash(topic, key)).collect()
}

/// Whether a message can be found by `key`. Hashes of different keys may be equal.
pub(crate) fn has_key(properties: Properties<'_>, key: &str) -> bool {
    words(properties).take(MAX_KEYS).any(|word| word == key)
}

fn words(properties: Properties<'_>) -> impl Iterator<Item = &str> {
    let unique = properties.get(property::UNIQ_KEY);
    let keys = properties.get(property::KEYS).unwrap_or_default();
    unique.into_iter().chain(keys.split_ascii_whitespace())
}

/// FNV-1a, for it is to be the same in every version of this program.
pub(crate) fn hash(topic: &str, key: &str) -> u64 {
    let bytes = topic.bytes().chain([0]).chain(key.bytes());
    bytes.fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    })
}

/// The index's row for a message.
pub(crate) fn row(hash: u64, place: Place) -> [u8; 16] {
    let mut row = [0; 16];
    row[..8].copy_from_slice(&hash.to_be_bytes());
    row[8..].copy_from_slice(&place.key());
    row
}

/// The message that a row of the index is for.
pub(crate) fn place(row: &[u8]) -> Option<Place> {
    Place::from_key(row.get(8..)?)
}
