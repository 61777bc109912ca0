//! Calls that wait for their responses.

use super::KEPT_CAPACITY;

/// The smallest table.
const SMALLEST: usize = 4;

/// A larger table is freed when it becomes empty. Half of a table's places are free.
const LARGEST_KEPT: usize = 2 * KEPT_CAPACITY;

/// Calls by their number, which is the opaque on the wire. Each call holds a permit, which bounds
/// the table.
///
/// A call's place is its number modulo the table's size. Numbers are assigned in sequence, so they
/// fill the places in turn. A number whose place is taken, by a call that has waited for a whole
/// round, is skipped. As at least half of the places are free, on average at most one number is
/// skipped for each that is assigned.
#[derive(Debug)]
pub(super) struct Pending<C> {
    /// Empty, or a power of two.
    places: Vec<Option<(u32, C)>>,
    len: usize,
    /// The next number, if its place is free.
    next: u32,
}

impl<C> Pending<C> {
    pub(super) fn new() -> Self {
        Self { places: Vec::new(), len: 0, next: 0 }
    }

    /// Returns a number that no call in the table has. It comes up again after 2^32 numbers.
    pub(super) fn next_number(&mut self) -> u32 {
        if self.len * 2 >= self.places.len() {
            self.grow();
        }
        loop {
            let number = self.next;
            self.next = number.wrapping_add(1);
            if matches!(self.place(number), Some(None)) {
                return number;
            }
        }
    }

    /// Adds a call under the number that was returned last.
    pub(super) fn insert(&mut self, number: u32, call: C) {
        if let Some(place) = self.place(number) {
            *place = Some((number, call));
            self.len += 1;
        }
    }

    /// Removes the call with this number, which may be any: the peer chooses it.
    pub(super) fn remove(&mut self, number: u32) -> Option<C> {
        let (_, call) = self.place(number)?.take_if(|(of, _)| *of == number)?;
        self.len -= 1;
        if self.len == 0 && self.places.len() > LARGEST_KEPT {
            self.places = Vec::new();
        }
        Some(call)
    }

    pub(super) fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// Drops all calls, which fails them.
    pub(super) fn clear(&mut self) {
        self.len = 0;
        self.places = Vec::new();
    }

    fn place(&mut self, number: u32) -> Option<&mut Option<(u32, C)>> {
        let mask = self.places.len().wrapping_sub(1);
        self.places.get_mut(number as usize & mask)
    }

    #[cold]
    fn grow(&mut self) {
        let size = (self.places.len() * 2).max(SMALLEST);
        let places = std::iter::repeat_with(|| None).take(size).collect();
        let before = std::mem::replace(&mut self.places, places);
        for (number, call) in before.into_iter().flatten() {
            // It is free: no two of the numbers had the same place in half of the size.
            if let Some(place) = self.place(number) {
                *place = Some((number, call));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::collection::vec;
    use proptest::prelude::*;
    use std::collections::HashMap;

    #[derive(Clone, Debug)]
    enum Step {
        /// Assigns a number, to a call or to a oneway request.
        Send {
            is_call: bool,
        },
        /// The response to one of the calls, or a second one.
        Respond(prop::sample::Index),
        /// A response with any opaque.
        Invent(u32),
        Clear,
    }

    fn steps() -> impl Strategy<Value = Vec<Step>> {
        let step = prop_oneof![
            8 => any::<bool>().prop_map(|is_call| Step::Send { is_call }),
            4 => any::<prop::sample::Index>().prop_map(Step::Respond),
            1 => any::<u32>().prop_map(Step::Invent),
            1 => Just(Step::Clear),
        ];
        vec(step, 1..600)
    }

    proptest! {
        /// Like a hash map, from any first number, with calls that stay for many rounds.
        #[test]
        fn behaves_as_a_map(start in prop_oneof![any::<u32>(), u32::MAX - 300..], steps in steps()) {
            let mut pending = Pending { next: start, ..Pending::new() };
            let mut model = HashMap::new();
            let mut sent = Vec::new();
            for (at, step) in steps.into_iter().enumerate() {
                match step {
                    Step::Send { is_call } => {
                        let number = pending.next_number();
                        prop_assert!(!sent.contains(&number), "came up again");
                        sent.push(number);
                        if is_call {
                            pending.insert(number, at);
                            model.insert(number, at);
                        }
                    }
                    Step::Respond(index) if !sent.is_empty() => {
                        let number = *index.get(&sent);
                        prop_assert_eq!(pending.remove(number), model.remove(&number));
                        prop_assert_eq!(pending.remove(number), None);
                    }
                    Step::Respond(_) => {}
                    Step::Invent(number) => {
                        prop_assert_eq!(pending.remove(number), model.remove(&number));
                    }
                    Step::Clear => {
                        pending.clear();
                        model.clear();
                    }
                }
                prop_assert_eq!(pending.is_empty(), model.is_empty());
                prop_assert!(pending.places.len() <= SMALLEST.max(4 * at), "bounded by the calls");
            }
            for (number, call) in model {
                prop_assert_eq!(pending.remove(number), Some(call));
            }
            prop_assert!(pending.is_empty());
        }
    }

    #[test]
    fn a_call_that_stays_costs_others_nothing() {
        let mut pending = Pending::new();
        let first = pending.next_number();
        pending.insert(first, ());
        for _ in 0..100_000 {
            let number = pending.next_number();
            pending.insert(number, ());
            assert_eq!(pending.remove(number), Some(()));
        }
        assert_eq!(pending.places.len(), SMALLEST);
        assert_eq!(pending.remove(first), Some(()));
    }
}
