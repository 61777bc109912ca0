//! Where a message is.

/// The queue of a message and its offset there, in one number: what the protocol calls the
/// commit-log offset.
///
/// The queue's number is in the upper 23 bits below the sign, the offset in the lower 40. So the
/// number finds its message without an index, and the messages of a queue follow each other.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Place(i64);

const OFFSET_BITS: u32 = 40;

/// More queues than this can't be told apart.
pub(crate) const MAX_QUEUES: u32 = 1 << 23;

impl Place {
    pub(crate) fn new(queue: u32, offset: i64) -> Self {
        Self(i64::from(queue) << OFFSET_BITS | offset)
    }

    /// `None` for what is no number of a place: below zero.
    pub(crate) fn from_commit_log_offset(offset: i64) -> Option<Self> {
        (offset >= 0).then_some(Self(offset))
    }

    pub(crate) fn commit_log_offset(self) -> i64 {
        self.0
    }

    pub(crate) fn offset(self) -> i64 {
        self.0 & ((1 << OFFSET_BITS) - 1)
    }

    /// As a key of the storage: in order of queues, and of offsets in each.
    pub(crate) fn key(self) -> [u8; 8] {
        self.0.to_be_bytes()
    }

    pub(crate) fn from_key(key: &[u8]) -> Option<Self> {
        let key = <[u8; 8]>::try_from(key).ok()?;
        Self::from_commit_log_offset(i64::from_be_bytes(key))
    }
}
