//! The memory of encoded rounds.

use bytes::BytesMut;
use std::collections::VecDeque;

/// The memory that is taken at once. Most rounds are shorter.
const BUFFER: usize = 1024 * 1024;

/// Buffers for encoded rounds. They are used again when the rounds in them are not kept any more: an
/// allocator would take much more memory for new ones, as it gives back what is freed only later.
#[derive(Default)]
pub(super) struct Buffers {
    current: BytesMut,
    /// Full ones, in order, each with the offset in the log of the first round after it.
    full: VecDeque<(u64, BytesMut)>,
}

impl Buffers {
    /// Returns a buffer with room for a round of this size, at this offset in the log. Rounds before
    /// `kept` are not needed any more.
    pub(super) fn with_room(&mut self, size: usize, base: u64, kept: u64) -> &mut BytesMut {
        if self.current.capacity() < size {
            let new = self.take(size, kept);
            let full = std::mem::replace(&mut self.current, new);
            self.full.push_back((base, full));
        }
        &mut self.current
    }

    fn take(&mut self, size: usize, kept: u64) -> BytesMut {
        while self.full.front().is_some_and(|(end, _)| *end <= kept) {
            let Some((_, mut old)) = self.full.pop_front() else { break };
            // Not one that is being read, nor one of a single long round.
            if size <= BUFFER && old.try_reclaim(size) && old.capacity() <= BUFFER {
                return old;
            }
        }
        BytesMut::with_capacity(size.max(BUFFER))
    }
}

#[cfg(test)]
mod tests {
    use super::{BUFFER, Buffers};
    use bytes::{BufMut, Bytes};

    const ROUND: usize = BUFFER / 4;

    /// Writes a round, and returns it.
    fn round(buffers: &mut Buffers, number: u64, size: usize, kept: u64) -> Bytes {
        let buffer = buffers.with_room(size, number, kept);
        buffer.put_bytes(number as u8, size);
        buffer.split().freeze()
    }

    #[test]
    fn buffers_whose_rounds_are_dropped_are_used_again() {
        let mut buffers = Buffers::default();
        let mut rounds = std::collections::VecDeque::new();
        let mut places = std::collections::BTreeSet::new();
        for number in 0..400 {
            rounds.push_back(round(&mut buffers, number, ROUND, number.saturating_sub(16)));
            if rounds.len() > 16 {
                rounds.pop_front();
            }
            places.insert(rounds[rounds.len() - 1].as_ptr() as usize);
            let first = number + 1 - rounds.len() as u64;
            let whole = |(index, bytes): (u64, &Bytes)| bytes.iter().all(|b| *b == index as u8);
            assert!((first..).zip(&rounds).all(whole));
        }
        assert!(places.len() <= 4 * 6, "{}", places.len());
        assert!(buffers.full.len() <= 5);
    }

    #[test]
    fn a_buffer_that_is_being_read_is_not_used_again() {
        let mut buffers = Buffers::default();
        let read = round(&mut buffers, 0, ROUND, 0);
        for number in 1..50 {
            drop(round(&mut buffers, number, ROUND, number));
        }
        assert!(read.iter().all(|byte| *byte == 0));
    }

    #[test]
    fn a_long_round_has_a_buffer_that_is_not_kept() {
        let mut buffers = Buffers::default();
        drop(round(&mut buffers, 0, 3 * BUFFER, 0));
        drop(round(&mut buffers, 1, ROUND, 1));
        drop(round(&mut buffers, 2, BUFFER, 2));
        assert!(buffers.current.is_empty() && buffers.full.iter().all(|(end, _)| *end == 2));
    }
}
