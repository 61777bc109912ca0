//! Pages of a run, and the entries in them.

/// The size of a page, in bytes.
pub(super) const PAGE: usize = 4096;

/// The size of an entry, in bytes.
pub(super) const ENTRY: usize = 8;

/// The size of the checksum that follows the entries of a page, in bytes.
pub(super) const CRC: usize = 4;

/// The number of entries of a full page.
pub(super) const ENTRIES: usize = (PAGE - CRC) / ENTRY;

/// An entry: a hash, and below it the distance of its record from the run's first one in the log.
pub(super) type Entry = u64;

pub(super) fn entry(hash: u32, distance: u32) -> Entry {
    u64::from(hash) << 32 | u64::from(distance)
}

pub(super) fn hash_of(entry: Entry) -> u32 {
    (entry >> 32) as u32
}

pub(super) fn distance_of(entry: Entry) -> u64 {
    entry & u64::from(u32::MAX)
}

/// Encodes a page. The last one of a run may be shorter.
pub(super) fn encode(entries: &[Entry]) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(PAGE);
    entries.iter().for_each(|entry| bytes.extend_from_slice(&entry.to_le_bytes()));
    let crc = crc32fast::hash(&bytes);
    bytes.extend_from_slice(&crc.to_le_bytes());
    bytes
}

/// Returns the entries of a page; `None` if its checksum is wrong or it has none.
pub(super) fn decode(bytes: &[u8]) -> Option<Vec<Entry>> {
    let (entries, crc) = bytes.split_last_chunk::<CRC>()?;
    let (entries, rest) = entries.as_chunks::<ENTRY>();
    let is_right = crc32fast::hash(entries.as_flattened()) == u32::from_le_bytes(*crc);
    let is_page = is_right && rest.is_empty() && !entries.is_empty();
    is_page.then(|| entries.iter().map(|bytes| u64::from_le_bytes(*bytes)).collect())
}
