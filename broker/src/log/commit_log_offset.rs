//! Where a message is.

/// The queue of a message and its offset there, in one number: what the protocol calls the
/// commit-log offset.
///
/// The queue's number is in the upper 23 bits below the sign, the offset in the lower 40. So the
/// number finds its message without an index, and the messages of a queue follow each other.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct CommitLogOffset(i64);

const OFFSET_BITS: u32 = 40;

/// More queues than this can't be told apart.
pub(crate) const MAX_QUEUES: u32 = 1 << 23;

impl CommitLogOffset {
    pub(crate) fn new(queue: u32, offset: i64) -> Self {
        Self(i64::from(queue) << OFFSET_BITS | offset)
    }

    /// `None` for what is no number of a place: below zero.
    pub(crate) fn from_i64(offset: i64) -> Option<Self> {
        (offset >= 0).then_some(Self(offset))
    }

    pub(crate) fn as_i64(self) -> i64 {
        self.0
    }

    pub(crate) fn queue_offset(self) -> i64 {
        self.0 & ((1 << OFFSET_BITS) - 1)
    }

    /// As a key of the storage: in order of queues, and of offsets in each.
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
    fn a_place_is_its_number_and_its_key() {
        for (queue, offset) in [(0, 0), (0, (1 << 40) - 1), (7, 9), (MAX_QUEUES - 1, (1 << 40) - 1)]
        {
            let place = CommitLogOffset::new(queue, offset);
            assert_eq!(place.queue_offset(), offset);
            assert!(place.as_i64() >= 0);
            assert_eq!(CommitLogOffset::from_i64(place.as_i64()), Some(place));
            assert_eq!(CommitLogOffset::from_key(&place.key()), Some(place));
        }
    }

    #[test]
    fn keys_are_in_order_of_queues_and_of_offsets_in_each() {
        let places =
            [(0, 0), (0, 1), (0, 1 << 39), (1, 0), (1, 255), (1, 256), (MAX_QUEUES - 1, 0)];
        let keys = places.map(|(queue, offset)| CommitLogOffset::new(queue, offset).key());
        assert!(keys.is_sorted());
    }

    #[test]
    fn what_is_no_place_is_none() {
        assert_eq!(CommitLogOffset::from_i64(-1), None);
        assert_eq!(CommitLogOffset::from_key(&[0xff; 8]), None);
        assert_eq!(CommitLogOffset::from_key(&[0; 7]), None);
        assert_eq!(CommitLogOffset::from_key(&[0; 9]), None);
    }
}
