//! The format of the log.
//!
//! The log is a sequence of rounds without gaps; a round is stored as a whole or not at all. Numbers
//! are big endian.
//!
//! | round | bytes |
//! |---|---|
//! | magic | 4 |
//! | CRC-32 of all that follows | 4 |
//! | length, with these fields | 4 |
//! | the offset of this round in the log, so that bytes of a reused file are no round | 8 |
//! | `durable`: everything before this offset was on the disk before this round was written | 8 |
//! | the latest time of storing up to here, in ms since 1970 | 8 |
//! | stored messages, one after another | |
//! | changes of rows, if there are any | |
//!
//! A stored message begins with its length in 4 bytes, and changes of rows do so as well, but with the
//! highest bit set. A stored message has a field of 8 bytes with its own offset in the log, which is
//! known from its place. On the disk, that field holds a seal instead, so that a message takes no more
//! bytes than in a response:
//!
//! | seal | bytes |
//! |---|---|
//! | CRC-32 of the message with its offset, and of the word that follows | 4 |
//! | the number of the message's queue, and a flag | 4 |
//!
//! The CRCs start from a secret of the store, so that no body of a message looks like a round or a
//! stored message.

use super::rows;
use crate::storage::{Round, SIZE_BITS};
use bytes::{BufMut, BytesMut};
use crc32fast::Hasher;
use std::ops::Range;

/// The length of a round's own fields.
pub(super) const ROUND_HEADER: usize = 36;

/// Marks the start of a round.
pub(super) const MAGIC: [u8; 4] = [0xf1, b'R', b'T', 0x02];

/// In a length: what follows are changes of rows.
pub(super) const ROWS: u32 = 1 << 31;

/// In a seal's word: the record can be found by its keys.
const KEYED: u32 = 1 << 31;

/// The bits of a queue's number in a seal's word.
const QUEUE: u32 = KEYED - 1;

/// The field of a stored message's queue offset, and the one of its own offset in the log.
const QUEUE_OFFSET: Range<usize> = 20..28;
const OFFSET: Range<usize> = 28..36;

/// The fields of a round's header that are not derived from its bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct RoundHeader {
    pub(super) base: u64,
    pub(super) durable: u64,
    pub(super) time: i64,
}

/// The header of a round, and the length of the whole round.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Heading {
    pub(super) header: RoundHeader,
    pub(super) length: usize,
    crc: u32,
}

/// A part of a round. A record has its seal in place of its offset.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Part<'a> {
    Record { queue: u32, keyed: bool, record: &'a [u8] },
    Rows(&'a [u8]),
}

/// Computes and checks the CRCs of a store.
#[derive(Clone, Copy, Debug)]
pub(super) struct Format {
    secret: u32,
}

impl Format {
    pub(super) fn new(secret: u32) -> Self {
        Self { secret }
    }

    fn crc(self, bytes: &[u8]) -> u32 {
        let mut hasher = Hasher::new_with_initial(self.secret);
        hasher.update(bytes);
        hasher.finalize()
    }

    /// Encodes a round at the end of `bytes`.
    pub(super) fn encode(self, header: RoundHeader, round: &Round, bytes: &mut BytesMut) {
        let start = bytes.len();
        bytes.put_bytes(0, ROUND_HEADER);
        for record in &round.records {
            let keyed = if record.keys.iter().next().is_some() { KEYED } else { 0 };
            let word = (record.queue & QUEUE | keyed).to_be_bytes();
            let crc = self.crc_of(&record.record, word).to_be_bytes();
            let at = bytes.len();
            bytes.extend_from_slice(&record.record);
            // Shorter ones were refused.
            if let Some(field) = bytes.get_mut(at + OFFSET.start..at + OFFSET.end) {
                field[..4].copy_from_slice(&crc);
                field[4..].copy_from_slice(&word);
            }
        }
        if !round.rows.is_empty() {
            rows::encode(&round.rows, bytes);
        }
        let length = (bytes.len() - start) as u32;
        let mut head = &mut bytes[start..start + ROUND_HEADER];
        head.put_slice(&MAGIC);
        head.put_u32(0);
        head.put_u32(length);
        head.put_u64(header.base);
        head.put_u64(header.durable);
        head.put_i64(header.time);
        let crc = self.crc(&bytes[start + 8..]);
        bytes[start + 4..start + 8].copy_from_slice(&crc.to_be_bytes());
    }

    /// Returns the CRC of a record with its offset, and of the word of its seal.
    fn crc_of(self, record: &[u8], word: [u8; 4]) -> u32 {
        let mut hasher = Hasher::new_with_initial(self.secret);
        hasher.update(record);
        hasher.update(&word);
        hasher.finalize()
    }

    /// Returns whether `round`, which begins with its header, is whole.
    pub(super) fn is_whole(self, heading: &Heading, round: &[u8]) -> bool {
        round.len() == heading.length
            && round.get(8..).is_some_and(|bytes| self.crc(bytes) == heading.crc)
    }

    /// Puts the offset in the place of the seal of `record`, which has nothing after it. Returns whether
    /// it is undamaged, and is the record that was stored at this offset of the log.
    pub(super) fn unseal(self, record: &mut [u8], at: u64) -> bool {
        let Some(seal) = record.get(OFFSET).and_then(|field| field.first_chunk::<8>()).copied()
        else {
            return false;
        };
        let [c0, c1, c2, c3, word @ ..] = seal;
        set_offset(record, at);
        u32::from_be_bytes([c0, c1, c2, c3]) == self.crc_of(record, word)
    }
}

/// Puts the offset in the place of the seal of a record that is known to be undamaged.
pub(super) fn set_offset(record: &mut [u8], at: u64) {
    if let Some(field) = record.get_mut(OFFSET) {
        field.copy_from_slice(&at.to_be_bytes());
    }
}

/// Returns whether a record has a length that a stored message may have.
pub(super) fn is_record(record: &[u8]) -> bool {
    (OFFSET.end..1 << SIZE_BITS).contains(&record.len())
}

fn number(record: &[u8], at: usize) -> Option<u64> {
    Some(u64::from_be_bytes(*record.get(at..)?.first_chunk()?))
}

/// Returns the queue offset of a stored message.
pub(in crate::storage) fn queue_offset(record: &[u8]) -> Option<i64> {
    Some(number(record, QUEUE_OFFSET.start)? as i64)
}

/// Reads the header of the round that `bytes` begin with. `None` if it is not the one at this offset
/// of the log.
pub(super) fn heading(bytes: &[u8], base: u64) -> Option<Heading> {
    let head = bytes.first_chunk::<ROUND_HEADER>()?;
    let field = |at: usize| number(head, at);
    let word = |at: usize| Some(u32::from_be_bytes(*head.get(at..)?.first_chunk()?));
    let header =
        RoundHeader { base: field(12)?, durable: field(20)?, time: field(28)?.cast_signed() };
    let length = word(8)? as usize;
    let fits = head[..4] == MAGIC && header.base == base && length >= ROUND_HEADER;
    fits.then_some(Heading { header, length, crc: word(4)? })
}

/// Visits the parts of a whole round, each with its offset in the round.
pub(super) fn parts(round: &[u8]) -> impl Iterator<Item = (usize, Part<'_>)> {
    let mut at = ROUND_HEADER;
    std::iter::from_fn(move || {
        let start = at;
        let word = |at: usize| Some(u32::from_be_bytes(*round.get(at..)?.first_chunk()?));
        let length = word(start)?;
        // One without a length would be visited for ever.
        let size = ((length & !ROWS) as usize).max(4);
        let content = round.get(start..start.checked_add(size)?)?;
        at = start + size;
        if length & ROWS != 0 {
            return Some((start, Part::Rows(content)));
        }
        let word = word(start + OFFSET.start + 4)?;
        let (queue, keyed) = (word & QUEUE, word & KEYED != 0);
        Some((start, Part::Record { queue, keyed, record: content }))
    })
}
