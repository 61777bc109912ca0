//! Finds repeated names while fields are decoded, and removes all but the last value of each.

use super::wire::{Fields, append};
use crate::last_wins::last_of_each_name;

/// Up to this number of fields, a name that may be a repetition is searched for when it arrives. Beyond it, the end of the
/// decoding removes repetitions with a hash map, so that a header with many names takes linear time.
const SCAN_LIMIT: usize = 64;

/// The names of the fields decoded so far, as far as is needed to notice a repetition.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Names {
    /// One bit per hash of a name: a clear bit means that the name is new.
    seen: u64,
    may_repeat: bool,
}

impl Names {
    /// Notes the next field's name. `known` returns the fields before it, which are seldom needed.
    #[inline(always)]
    pub(crate) fn note<'a>(&mut self, known: impl FnOnce() -> &'a [u8], name: &[u8]) {
        let bit = bit(name);
        if self.seen & bit != 0 && !self.may_repeat {
            self.may_repeat = may_repeat(known(), name);
        }
        self.seen |= bit;
    }

    /// Whether repetitions have to be [removed].
    pub(crate) fn may_repeat(&self) -> bool {
        self.may_repeat
    }
}

/// Whether `name` is among the fields, or there are too many to look.
// By value and not inlined, so that `Names` stays in registers.
#[inline(never)]
fn may_repeat(wire: &[u8], name: &[u8]) -> bool {
    let mut fields = Fields::new(wire);
    fields.by_ref().take(SCAN_LIMIT).any(|(other, _)| other == name) || fields.next().is_some()
}

/// Returns the last field of each name, in the place of the first.
#[cold]
pub(super) fn removed(wire: &[u8]) -> Vec<u8> {
    let fields = Fields::new(wire);
    let unique = last_of_each_name(fields.map(|(name, value)| (name, (name, value))), 0);
    // Nothing is reserved in advance, as there may be few distinct names.
    let mut kept = Vec::new();
    for (name, value) in unique {
        append(&mut kept, name, value);
    }
    kept
}

/// Returns one of 64 bits for a name. Names of one header seldom share a bit; RocketMQ's
/// single-letter names never do.
#[inline(always)]
fn bit(name: &[u8]) -> u64 {
    let (first, last) = match name {
        [first, .., last] => (*first, *last),
        [only] => (*only, 0),
        [] => (0, 0),
    };
    let mixed = usize::from(first) + 5 * usize::from(last) + 11 * name.len();
    1 << (mixed % 64)
}
