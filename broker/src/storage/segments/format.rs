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
//! | frames | |
//!
//! | frame | bytes |
//! |---|---|
//! | CRC-32 of all that follows | 4 |
//! | the number of the record's queue, and flags | 4 |
//! | a stored message, or changes of rows; both begin with their length in 4 bytes | |
//!
//! The CRCs start from a secret of the store, so that no body of a message looks like a round or a
//! frame.

use super::rows;
use crate::storage::Round;
use bytes::{BufMut, BytesMut};
use crc32fast::Hasher;

/// The length of a round's own fields.
pub(in crate::storage) const ROUND_HEADER: usize = 36;

/// The length of a frame's own fields.
pub(in crate::storage) const FRAME_HEADER: usize = 8;

/// Marks the start of a round.
pub(super) const MAGIC: [u8; 4] = [0xf1, b'R', b'T', 0x01];

/// In a frame's second word: the frame has changes of rows.
const ROWS: u32 = 1 << 31;

/// In a frame's second word: the record can be found by its keys.
const KEYED: u32 = 1 << 30;

/// The bits of a queue's number in a frame's second word.
const QUEUE: u32 = KEYED - 1;

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

/// The content of a frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Frame<'a> {
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
            self.frame(record.queue & QUEUE | keyed, bytes, |bytes| {
                bytes.extend_from_slice(&record.record);
            });
        }
        if !round.rows.is_empty() {
            self.frame(ROWS, bytes, |bytes| rows::encode(&round.rows, bytes));
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

    fn frame(self, word: u32, bytes: &mut BytesMut, content: impl FnOnce(&mut BytesMut)) {
        let start = bytes.len();
        bytes.put_u32(0);
        bytes.put_u32(word);
        content(bytes);
        let crc = self.crc(&bytes[start + 4..]);
        bytes[start..start + 4].copy_from_slice(&crc.to_be_bytes());
    }

    /// Returns whether `round`, which begins with its header, is whole.
    pub(super) fn is_whole(self, heading: &Heading, round: &[u8]) -> bool {
        round.len() == heading.length
            && round.get(8..).is_some_and(|bytes| self.crc(bytes) == heading.crc)
    }

    /// Returns the frame's record if `frame`, which has nothing after it, is undamaged and has the
    /// record that was stored at this offset of the log.
    pub(super) fn record(self, frame: &[u8], at: u64) -> Option<&[u8]> {
        let (crc, rest) = frame.split_first_chunk::<4>()?;
        let (word, record) = rest.split_first_chunk::<4>()?;
        let whole = u32::from_be_bytes(*word) & ROWS == 0
            && u32::from_be_bytes(*crc) == self.crc(rest)
            && number(record, COMMIT_LOG_OFFSET) == Some(at);
        whole.then_some(record)
    }
}

/// The places of two fields in a stored message.
const QUEUE_OFFSET: usize = 20;
const COMMIT_LOG_OFFSET: usize = 28;

fn number(record: &[u8], at: usize) -> Option<u64> {
    Some(u64::from_be_bytes(*record.get(at..)?.first_chunk()?))
}

/// Returns the queue offset of a stored message.
pub(in crate::storage) fn queue_offset(record: &[u8]) -> Option<i64> {
    Some(number(record, QUEUE_OFFSET)? as i64)
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

/// Visits the frames of a whole round, each with the offset of its content in the round.
pub(super) fn frames(round: &[u8]) -> impl Iterator<Item = (usize, Frame<'_>)> {
    let mut at = ROUND_HEADER;
    std::iter::from_fn(move || {
        let word = u32::from_be_bytes(*round.get(at + 4..)?.first_chunk()?);
        let start = at + FRAME_HEADER;
        let length = u32::from_be_bytes(*round.get(start..)?.first_chunk()?) as usize;
        // A frame without a length would be visited for ever.
        let content = round.get(start..start.checked_add(length.max(4))?)?;
        at = start + content.len();
        let frame = if word & ROWS != 0 {
            Frame::Rows(content)
        } else {
            Frame::Record { queue: word & QUEUE, keyed: word & KEYED != 0, record: content }
        };
        Some((start, frame))
    })
}
