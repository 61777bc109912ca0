//! Offsets of the commit log.

/// The offset of a message in the log of all messages: the position of its record, in bytes since the
/// log's beginning. It never changes. Message ids name it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct CommitLogOffset(u64);

impl CommitLogOffset {
    pub(crate) const MIN: Self = Self(0);
    pub(crate) const MAX: Self = Self(i64::MAX as u64);

    /// Creates the offset of this position, at most `i64::MAX`, as the protocol's offsets are signed.
    pub(crate) fn new(position: u64) -> Self {
        Self(position.min(Self::MAX.0))
    }

    /// Returns `None` if `offset` is negative.
    pub(crate) fn from_i64(offset: i64) -> Option<Self> {
        u64::try_from(offset).ok().map(Self)
    }

    pub(crate) fn as_i64(self) -> i64 {
        self.0 as i64
    }

    pub(crate) fn as_u64(self) -> u64 {
        self.0
    }

    /// Returns the key in the storage. Keys are in order of offsets.
    pub(crate) fn key(self) -> [u8; 8] {
        self.0.to_be_bytes()
    }

    /// Returns `None` if `key` has another length, or a value that is not an offset.
    pub(crate) fn from_key(key: &[u8]) -> Option<Self> {
        let position = u64::from_be_bytes(key.try_into().ok()?);
        (position <= Self::MAX.0).then_some(Self(position))
    }
}

#[cfg(test)]
mod tests {
    use super::CommitLogOffset;

    #[test]
    fn an_offset_is_read_back_from_its_number_and_from_its_key() {
        for position in [0, 7, 1 << 40, i64::MAX as u64] {
            let offset = CommitLogOffset::new(position);
            assert_eq!(offset.as_u64(), position);
            assert_eq!(CommitLogOffset::from_i64(offset.as_i64()), Some(offset));
            assert_eq!(CommitLogOffset::from_key(&offset.key()), Some(offset));
        }
    }

    #[test]
    fn keys_are_in_order_of_offsets() {
        let positions = [0, 1, 255, 256, 1 << 32, i64::MAX as u64];
        assert!(positions.map(|position| CommitLogOffset::new(position).key()).is_sorted());
    }

    #[test]
    fn negative_numbers_and_keys_of_another_length_are_refused() {
        assert_eq!(CommitLogOffset::from_i64(-1), None);
        assert_eq!(CommitLogOffset::from_key(&[0xff; 8]), None);
        assert_eq!(CommitLogOffset::from_key(&[0; 7]), None);
        assert_eq!(CommitLogOffset::from_key(&[0; 9]), None);
    }
}
