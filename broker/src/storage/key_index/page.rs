//! Pages of a run, and the entries in them.
//!
//! | page | bytes |
//! |---|---|
//! | CRC-32 of all that follows | 4 |
//! | the number of entries | 2 |
//! | the numbers of bits in the run's [`Widths`] | 2 |
//! | the entries, see [`bits`](super::bits); zeros up to the page's end, except for a run's last page | |
//!
//! | entry | bits |
//! |---|---|
//! | the step from the hash of the entry before it, or from 0: a Rice code | 2 + `step`, about |
//! | the distance of its record | `distance` |
//!
//! As hashes are spread evenly, most steps are about as large as their mean.

use super::bits::{Reader, Writer};

/// The size of a page, in bytes.
pub(super) const PAGE: usize = 4096;

/// The size of the fields before the entries, in bytes.
const HEADER: usize = 8;

/// An entry: a hash, and below it the distance of its record from the run's first one in the log.
pub(super) type Entry = u64;

/// The number of bits of a hash that are stored: the highest ones of 32.
const HASH_BITS: u32 = 28;

/// The bits of a hash that are stored.
pub(super) const HASH: u32 = u32::MAX << (32 - HASH_BITS);

pub(super) fn entry(hash: u32, distance: u32) -> Entry {
    u64::from(hash) << 32 | u64::from(distance)
}

pub(super) fn hash_of(entry: Entry) -> u32 {
    (entry >> 32) as u32
}

pub(super) fn distance_of(entry: Entry) -> u64 {
    entry & u64::from(u32::MAX)
}

/// The numbers of bits that the entries of a run take.
#[derive(Clone, Copy, Debug)]
pub(super) struct Widths {
    /// Those of a usual step.
    step: u32,
    distance: u32,
}

impl Widths {
    /// Returns those for about `count` entries, with distances of less than `span`.
    pub(super) fn of(count: usize, span: u64) -> Self {
        let mean = (1 << HASH_BITS) / count.clamp(1, 1 << HASH_BITS);
        Self { step: mean.ilog2(), distance: (u64::BITS - span.leading_zeros()).min(32) }
    }
}

/// A page that is being made.
pub(super) struct Page {
    widths: Widths,
    count: u16,
    /// The stored bits of the last entry's hash.
    last: u32,
    bits: Writer,
}

impl Page {
    pub(super) fn new(widths: Widths) -> Self {
        Self { widths, count: 0, last: 0, bits: Writer::default() }
    }

    /// Adds an entry, which is not less than the one before it. Returns false if the page is full.
    pub(super) fn push(&mut self, entry: Entry) -> bool {
        let hash = hash_of(entry) >> (32 - HASH_BITS);
        let step = hash - self.last;
        let Widths { step: low, distance } = self.widths;
        let bits = Writer::rice_bits(step, low, HASH_BITS) + distance;
        if self.bits.bits() + bits as usize > (PAGE - HEADER) * 8 {
            return false;
        }
        self.bits.put_rice(step, low, HASH_BITS);
        self.bits.put(distance_of(entry) as u32, distance);
        (self.count, self.last) = (self.count + 1, hash);
        true
    }

    pub(super) fn is_empty(&self) -> bool {
        self.count == 0
    }

    /// Returns the page's bytes: [`PAGE`], or fewer of a run's last page.
    pub(super) fn encode(self, is_last: bool) -> Vec<u8> {
        let mut bytes = vec![0; 4];
        bytes.extend_from_slice(&self.count.to_le_bytes());
        bytes.extend([self.widths.step as u8, self.widths.distance as u8]);
        bytes.append(&mut self.bits.into_bytes());
        if !is_last {
            bytes.resize(PAGE, 0);
        }
        let crc = crc32fast::hash(&bytes[4..]);
        bytes[..4].copy_from_slice(&crc.to_le_bytes());
        bytes
    }
}

/// Returns the entries of a page; `None` if its checksum is wrong or it has none.
pub(super) fn decode(bytes: &[u8]) -> Option<Vec<Entry>> {
    let (crc, rest) = bytes.split_first_chunk::<4>()?;
    let ([low, high, step, distance], entries) = rest.split_first_chunk::<4>()?;
    let count = u16::from_le_bytes([*low, *high]);
    if crc32fast::hash(rest) != u32::from_le_bytes(*crc) || count == 0 {
        return None;
    }
    let mut bits = Reader::new(entries);
    let mut hash = 0_u32;
    let entries = (0..count).map(|_| {
        hash = hash.wrapping_add(bits.rice((*step).into(), HASH_BITS));
        entry(hash << (32 - HASH_BITS), bits.take((*distance).into()))
    });
    Some(entries.collect())
}

#[cfg(test)]
mod tests {
    use super::{Entry, HASH, PAGE, Page, Widths, decode, entry};
    use proptest::prelude::*;

    fn pages(mut entries: Vec<Entry>, widths: Widths) -> Vec<Vec<u8>> {
        entries.sort_unstable();
        let mut pages = vec![Page::new(widths)];
        for entry in entries {
            while !pages.last_mut().unwrap().push(entry) {
                assert!(!pages.last().unwrap().is_empty());
                pages.push(Page::new(widths));
            }
        }
        pages.into_iter().map(|page| page.encode(true)).collect()
    }

    proptest! {
        #[test]
        fn pages_are_decoded_to_their_entries(
            entries in prop::collection::vec((any::<u32>(), 0..1_000_000_u32), 1..4000),
            same in prop::collection::vec(0..1_000_000_u32, 0..1000),
            count in 0..100_000_usize,
        ) {
            let all = entries.into_iter().chain(same.into_iter().map(|distance| (7 << 20, distance)));
            let mut all: Vec<_> =
                all.map(|(hash, distance)| entry(hash & HASH, distance)).collect();
            let pages = pages(all.clone(), Widths::of(count, 1_000_000));
            all.sort_unstable();
            prop_assert!(pages.iter().all(|page| page.len() <= PAGE));
            let found: Vec<_> = pages.iter().flat_map(|page| decode(page).unwrap()).collect();
            prop_assert_eq!(found, all);
        }

        #[test]
        fn any_bytes_are_decoded_without_a_panic(mut bytes in prop::collection::vec(any::<u8>(), 8..64)) {
            prop_assert!(decode(&bytes).is_none());
            let crc = crc32fast::hash(&bytes[4..]);
            bytes[..4].copy_from_slice(&crc.to_le_bytes());
            _ = decode(&bytes);
        }
    }

    #[test]
    fn an_entry_takes_less_than_6_bytes() {
        // Those of 64 MiB of messages of 300 bytes, with one key each.
        let count = 220_000_u32;
        let spread = |number: u32| number.wrapping_mul(0x9e37_79b9);
        let all = (0..count).map(|number| entry(spread(number) & HASH, number * 300));
        let pages = pages(all.collect(), Widths::of(count as usize, 64 << 20));
        let size: usize = pages.iter().map(Vec::len).sum();
        assert!(size < count as usize * 5, "{size}");
    }
}
