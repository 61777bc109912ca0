//! The connections that wait for bytes of a budget, in the order of their arrival.

use super::ByteBudget;
use crate::sync::lock;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::Waker;

/// A place in the line. Earlier places have smaller numbers.
pub(super) type Ticket = u64;

#[derive(Default)]
pub(super) struct Line {
    /// The number of waiters. Changes under the lock.
    length: AtomicUsize,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    last: Ticket,
    waiters: BTreeMap<Ticket, Waiter>,
    /// Those that wait in the middle of a frame, and may have the turn.
    in_frame: BTreeSet<Ticket>,
    /// Whether a connection has the turn.
    turn_taken: bool,
}

struct Waiter {
    waker: Waker,
    /// The number of bytes for which it waits.
    need: usize,
}

/// The answer to a connection that asks whether it may read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Answer {
    /// There was room, and the bytes are taken. The connection has left the line.
    Room,
    /// It has the turn, and takes the bytes beyond the budget. The connection has left the line.
    Turn,
    /// It waits at this place.
    Wait(Ticket),
}

impl Line {
    pub(super) fn len(&self) -> usize {
        self.length.load(Ordering::SeqCst)
    }

    /// Joins the line, or stays in it at `place`, and then takes `need` bytes of `budget` if there is
    /// room. Bytes that become free later wake the waker.
    pub(super) fn ask(
        &self,
        place: Option<Ticket>,
        in_frame: bool,
        waker: &Waker,
        need: usize,
        budget: &ByteBudget,
    ) -> Answer {
        let mut state = lock(&self.state);
        let ticket = place.unwrap_or_else(|| state.next_ticket());
        state.waiters.insert(ticket, Waiter { waker: waker.clone(), need });
        if in_frame {
            state.in_frame.insert(ticket);
        } else {
            state.in_frame.remove(&ticket);
        }
        self.length.store(state.waiters.len(), Ordering::SeqCst);
        let answer = if state.is_first(ticket) && budget.try_take(need) {
            Answer::Room
        } else if !state.turn_taken && state.in_frame.first() == Some(&ticket) {
            state.turn_taken = true;
            Answer::Turn
        } else {
            // The room for which this connection was woken may be gone: then another may have the
            // turn.
            state.wake_for_turn();
            return Answer::Wait(ticket);
        };
        state.remove(ticket);
        self.length.store(state.waiters.len(), Ordering::SeqCst);
        answer
    }

    /// Leaves the line.
    pub(super) fn leave(&self, ticket: Ticket) {
        let mut state = lock(&self.state);
        state.remove(ticket);
        self.length.store(state.waiters.len(), Ordering::SeqCst);
    }

    /// Gives the turn back. The connection at `place` may have it again, after those before it.
    pub(super) fn end_turn(&self, place: Option<Ticket>) {
        let mut state = lock(&self.state);
        state.turn_taken = false;
        state.in_frame.extend(place);
    }

    /// Wakes the first waiter if there is room for it, or else the first one that may have the turn.
    pub(super) fn wake_next(&self, budget: &ByteBudget) {
        let state = lock(&self.state);
        match state.waiters.first_key_value() {
            Some((_, first)) if budget.has_room(first.need) => first.waker.wake_by_ref(),
            _ => state.wake_for_turn(),
        }
    }
}

impl State {
    fn next_ticket(&mut self) -> Ticket {
        self.last += 1;
        self.last
    }

    /// Wakes the first waiter that may have the turn, unless the turn is taken.
    fn wake_for_turn(&self) {
        let next = self.in_frame.first().filter(|_| !self.turn_taken);
        if let Some(waiter) = next.and_then(|ticket| self.waiters.get(ticket)) {
            waiter.waker.wake_by_ref();
        }
    }

    fn is_first(&self, ticket: Ticket) -> bool {
        self.waiters.first_key_value().is_none_or(|(first, _)| *first == ticket)
    }

    fn remove(&mut self, ticket: Ticket) {
        self.waiters.remove(&ticket);
        self.in_frame.remove(&ticket);
    }
}
