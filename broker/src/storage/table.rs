//! The tables of the storage.

use crate::log::CommitLogOffset;

/// The small tables of the storage. Each has its own keys, sorted by their bytes. Their numbers are in
/// the log and on the disk: new ones go to the end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum StorageTable {
    /// The offsets of consumer groups in queues.
    Offsets,
    Topics,
    /// The name server's key-value configuration.
    Config,
    /// Messages that wait for their time: the time, then the offset of the record.
    Scheduled,
    /// Messages that wait for their transactions: the offset of the record.
    Prepared,
    /// The ends of queues whose messages were all deleted: the queue's number, and the offset of its next
    /// message. The log alone does not have them any more.
    Ends,
    /// The settings of groups of consumers.
    Groups,
}

impl StorageTable {
    pub(crate) const ALL: [Self; 7] = [
        Self::Offsets,
        Self::Topics,
        Self::Config,
        Self::Scheduled,
        Self::Prepared,
        Self::Ends,
        Self::Groups,
    ];

    /// The tables whose rows point to records, which are kept as long as the rows.
    pub(crate) const OF_RECORDS: [Self; 2] = [Self::Scheduled, Self::Prepared];

    /// Returns the offset of the record that a row of [`OF_RECORDS`](Self::OF_RECORDS) points to: the
    /// last 8 bytes of the key.
    pub(crate) fn record_of(key: &[u8]) -> Option<CommitLogOffset> {
        CommitLogOffset::from_key(key.last_chunk::<8>()?)
    }
}
