//! The messages of one pop from one queue.

/// The maximum number of messages of a batch, as in Java.
pub(crate) const MAX_MESSAGES: usize = 32;

/// Identifies a batch among those of a group and queue.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct BatchKey {
    /// The offset at which the pop began. That of the first message, or one before it.
    pub(crate) start: i64,
    /// The time of the pop, in ms since 1970.
    pub(crate) pop_time: i64,
}

/// Messages that were popped and are not acknowledged.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Batch {
    /// When they are to be delivered again, in ms since 1970.
    pub(super) due: i64,
    /// The distances of their offsets from the start, sorted.
    pub(super) distances: Box<[u16]>,
    /// A bit for each message that is not acknowledged.
    pub(super) left: u32,
    /// The next delivery does not count as a retry.
    pub(super) suspended: bool,
    /// It is being delivered again: it is too late for an acknowledgement.
    pub(super) reviving: bool,
    /// How often delivering it again has failed.
    pub(super) tries: u8,
}

impl Batch {
    /// Creates a batch of the messages at these offsets, which are sorted and not before `start`. Returns
    /// `None` if it would be empty, too long, or too far from its start.
    pub(crate) fn new(start: i64, offsets: &[i64], due: i64) -> Option<Self> {
        let distance = |offset: &i64| u16::try_from(offset.checked_sub(start)?).ok();
        let distances = offsets.iter().map(distance).collect::<Option<Box<[_]>>>()?;
        let left = all(distances.len())?;
        Some(Self { due, distances, left, suspended: false, reviving: false, tries: 0 })
    }

    /// Creates a batch of one message, which was in another one before.
    pub(super) fn moved(due: i64, suspended: bool) -> Self {
        let distances = Box::new([0]);
        Self { due, distances, left: 1, suspended, reviving: false, tries: 0 }
    }

    /// Returns the number of messages that are not acknowledged.
    pub(super) fn len(&self) -> usize {
        self.left.count_ones() as usize
    }

    /// Returns the offsets of the messages that are not acknowledged.
    pub(super) fn offsets(&self, start: i64) -> impl Iterator<Item = i64> + '_ {
        let left = self.distances.iter().enumerate().filter(|(n, _)| self.left & (1 << n) != 0);
        left.map(move |(_, &distance)| start.saturating_add(distance.into()))
    }

    /// Returns whether a message with a distance that `is_it` accepts can still be acknowledged.
    pub(super) fn has(&self, is_it: impl Fn(u16) -> bool) -> bool {
        let mut left = self.distances.iter().enumerate();
        !self.reviving && left.any(|(n, &distance)| self.left & (1 << n) != 0 && is_it(distance))
    }

    /// Takes out the messages whose distances from the start `taken` accepts, and returns their number.
    pub(super) fn take(&mut self, taken: impl Fn(u16) -> bool) -> usize {
        let before = self.len();
        for (n, &distance) in self.distances.iter().enumerate() {
            if taken(distance) {
                self.left &= !(1 << n);
            }
        }
        before - self.len()
    }
}

/// Returns the bits of this number of messages.
pub(super) fn all(messages: usize) -> Option<u32> {
    match messages {
        1..=MAX_MESSAGES => Some(u32::MAX >> (MAX_MESSAGES - messages)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::Batch;

    #[test]
    fn messages_are_taken_out_once() {
        let mut batch = Batch::new(10, &[10, 12, 15], 7).unwrap();
        assert_eq!(batch.offsets(10).collect::<Vec<_>>(), [10, 12, 15]);
        assert_eq!(batch.take(|distance| distance == 2), 1);
        assert_eq!(batch.take(|distance| distance <= 2), 1);
        assert_eq!(batch.offsets(10).collect::<Vec<_>>(), [15]);
        assert_eq!((batch.take(|distance| distance == 1), batch.len()), (0, 1));
    }

    #[test]
    fn a_batch_has_1_to_32_messages_near_its_start() {
        let many: Vec<_> = (0..33).collect();
        assert_eq!(Batch::new(0, &many[..32], 0).unwrap().len(), 32);
        for bad in [&many[..], &[], &[1 << 16], &[-1]] {
            assert!(Batch::new(0, bad, 0).is_none(), "{bad:?}");
        }
    }
}
