//! Calls that wait for their responses.

use super::KEPT_CAPACITY;
use crate::channel::OutgoingRequest;

/// The smallest table.
const SMALLEST: usize = 16;

/// A larger table is freed when it becomes empty. Half of a table's places are free.
const LARGEST_KEPT: usize = 2 * KEPT_CAPACITY;

/// Calls by their number, which is the opaque on the wire. Each call holds a permit, which bounds
/// the table.
///
/// A call's place is its number modulo the table's size. Numbers are assigned in sequence, so they
/// fill the places in turn. A number whose place is taken, by a call that has waited for a whole
/// round, is not assigned. At least half of the places are free, so on average at most one number
/// is skipped for each that is assigned.
#[derive(Debug, Default)]
pub(super) struct Pending {
    /// Empty, or a power of two.
    places: Vec<Option<PendingCall>>,
    len: usize,
    /// The next number, if its place is free.
    next: u32,
}

/// A call that was sent.
#[derive(Debug)]
pub(super) struct PendingCall {
    number: u32,
    /// What had been heard from the peer when the request was sent.
    pub(super) heard: u64,
    pub(super) request: OutgoingRequest,
}

impl Pending {
    /// Returns a number that no call in the table has, and that will not be returned again for as
    /// long as possible.
    pub(super) fn next_number(&mut self) -> u32 {
        if self.len * 2 >= self.places.len() {
            self.grow();
        }
        loop {
            let number = self.next;
            self.next = number.wrapping_add(1);
            if self.place(number).is_some_and(|place| place.is_none()) {
                return number;
            }
        }
    }

    /// Adds a call under the number that was returned last.
    pub(super) fn insert(&mut self, number: u32, heard: u64, request: OutgoingRequest) {
        if let Some(place) = self.place(number) {
            *place = Some(PendingCall { number, heard, request });
            self.len += 1;
        }
    }

    /// Removes the call with this number, which may be any number: the peer chooses it.
    pub(super) fn remove(&mut self, number: u32) -> Option<PendingCall> {
        let call = self.place(number)?.take_if(|call| call.number == number)?;
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

    fn place(&mut self, number: u32) -> Option<&mut Option<PendingCall>> {
        let mask = self.places.len().wrapping_sub(1);
        self.places.get_mut(number as usize & mask)
    }

    #[cold]
    fn grow(&mut self) {
        let size = (self.places.len() * 2).max(SMALLEST);
        let places = std::iter::repeat_with(|| None).take(size).collect();
        let before = std::mem::replace(&mut self.places, places);
        for call in before.into_iter().flatten() {
            // Never taken: the numbers differ modulo half of the size.
            if let Some(place) = self.place(call.number) {
                *place = Some(call);
            }
        }
    }
}
