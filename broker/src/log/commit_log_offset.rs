//! Offsets of the commit log.

/// The protocol's commit-log offset of a message. Here it combines the number of the message's
/// queue with its offset in the queue.
///
/// The queue's number takes the upper 23 bits after the sign bit, the offset the lower 40 bits. So no
/// index is needed to find a message, and the messages of a queue are neighbours in the store.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct CommitLogOffset(i64);

const OFFSET_BITS: u32 = 40;

/// The maximum number of queues.
pub(crate) const MAX_QUEUES: u32 = 1 << 23;

impl CommitLogOffset {
    pub(crate) fn new(queue: u32, offset: i64) -> Self {
        Self(i64::from(queue) << OFFSET_BITS | offset)
    }

    /// Returns `None` if `offset` is negative.
    pub(crate) fn from_i64(offset: i64) -> Option<Self> {
        (offset >= 0).then_some(Self(offset))
    }

    pub(crate) fn as_i64(self) -> i64 {
        self.0
    }

    pub(crate) fn queue_offset(self) -> i64 {
        self.0 & ((1 << OFFSET_BITS) - 1)
    }

    /// Returns the key in the storage. Keys are in order of queues, and of offsets within a queue.
    pub(crate) fn key(self) -> [u8; 8] {
        self.0.to_be_bytes()
    }

    pub(crate) fn from_key(key: &[u8]) -> Option<Self> {
        let key = <[u8; 8]>::try_from(key).ok()?;
        Self::from_i64(i64::from_be_bytes(key))
    }
}

#[cfg(test)]
mod tests {
    use super::{CommitLogOffset, MAX_QUEUES};

    #[test]
    fn an_offset_is_read_back_from_its_number_and_from_its_key() {
        for (queue, offset) in [(0, 0), (0, (1 << 40) - 1), (7, 9), (MAX_QUEUES - 1, (1 << 40) - 1)]
        {
            let combined = CommitLogOffset::new(queue, offset);
            assert_eq!(combined.queue_offset(), offset);
            assert!(combined.as_i64() >= 0);
            assert_eq!(CommitLogOffset::from_i64(combined.as_i64()), Some(combined));
            assert_eq!(CommitLogOffset::from_key(&combined.key()), Some(combined));
        }
    }

    #[test]
    fn keys_are_in_order_of_queues_and_of_offsets_in_each() {
        let offsets =
            [(0, 0), (0, 1), (0, 1 << 39), (1, 0), (1, 255), (1, 256), (MAX_QUEUES - 1, 0)];
        let keys = offsets.map(|(queue, offset)| CommitLogOffset::new(queue, offset).key());
        assert!(keys.is_sorted());
    }

    #[test]
    fn negative_numbers_and_keys_of_another_length_are_refused() {
        assert_eq!(CommitLogOffset::from_i64(-1), None);
        assert_eq!(CommitLogOffset::from_key(&[0xff; 8]), None);
        assert_eq!(CommitLogOffset::from_key(&[0; 7]), None);
        assert_eq!(CommitLogOffset::from_key(&[0; 9]), None);
    }
}
