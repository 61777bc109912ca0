//! The slots and the queue of an executor.

use rocketmq_tower_core::sync::lock;
use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, Mutex};
use tokio::sync::oneshot;

/// The running and the waiting requests. No request waits while a slot is free.
pub(super) struct Pool {
    max_running: usize,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    running: usize,
    /// By number: the order of arrival.
    waiting: BTreeMap<u64, oneshot::Sender<Slot>>,
    next_number: u64,
}

/// How the pool admits a new request.
#[derive(Debug)]
pub(super) enum Entry {
    Run(Slot),
    Wait(Place, oneshot::Receiver<Slot>),
    Full,
}

impl Pool {
    pub(super) fn new(max_running: usize) -> Arc<Self> {
        Arc::new(Self { max_running: max_running.max(1), state: Mutex::default() })
    }

    pub(super) fn enter(self: &Arc<Self>, max_waiting: usize) -> Entry {
        let mut state = lock(&self.state);
        if state.running < self.max_running {
            state.running += 1;
            return Entry::Run(Slot(Some(Arc::clone(self))));
        }
        if state.waiting.len() >= max_waiting {
            return Entry::Full;
        }
        let number = state.next_number;
        state.next_number += 1;
        let (sender, receiver) = oneshot::channel();
        state.waiting.insert(number, sender);
        Entry::Wait(Place { pool: Arc::clone(self), number }, receiver)
    }

    pub(super) fn running(&self) -> usize {
        lock(&self.state).running
    }

    pub(super) fn waiting(&self) -> usize {
        lock(&self.state).waiting.len()
    }

    /// Takes the request that has waited longest, to receive a slot that was freed. If no request
    /// waits, returns `None`, and one request fewer is running.
    fn next(&self) -> Option<oneshot::Sender<Slot>> {
        let mut state = lock(&self.state);
        let next = state.waiting.pop_first();
        if next.is_none() {
            state.running -= 1;
        }
        next.map(|(_, sender)| sender)
    }
}

impl fmt::Debug for Pool {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Pool")
            .field("max_running", &self.max_running)
            .field("running", &self.running())
            .field("waiting", &self.waiting())
            .finish()
    }
}

/// The right to run. Dropping it passes it on to the next waiting request. It is `None` only while
/// that happens.
#[derive(Debug)]
pub(super) struct Slot(Option<Arc<Pool>>);

impl Drop for Slot {
    fn drop(&mut self) {
        // A loop: if a receiver is gone, its slot comes back, and dropping that slot here would
        // recurse once for each such receiver in the queue.
        while let Some(pool) = self.0.take() {
            let Some(next) = pool.next() else { return };
            if let Err(mut returned) = next.send(Slot(Some(pool))) {
                self.0 = returned.0.take();
            }
        }
    }
}

/// A request's place in the queue. Dropping it leaves the queue.
#[derive(Debug)]
pub(super) struct Place {
    pool: Arc<Pool>,
    number: u64,
}

impl Place {
    /// Leaves the queue and returns how many requests are left in it. Returns `None` if the request
    /// had left the queue already, for instance because it was given a slot.
    pub(super) fn leave(&self) -> Option<usize> {
        let mut state = lock(&self.pool.state);
        let sender = state.waiting.remove(&self.number)?;
        let left = state.waiting.len();
        drop(state);
        // Dropping the sender wakes the waiting task, so it must happen outside the lock.
        drop(sender);
        Some(left)
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.leave();
    }
}

#[cfg(test)]
mod tests {
    use super::{Entry, Pool, Slot};

    fn run(entry: Entry) -> Slot {
        match entry {
            Entry::Run(slot) => slot,
            _ => panic!("there is room"),
        }
    }

    #[test]
    fn a_slot_passes_by_a_long_queue_of_those_who_are_gone() {
        let pool = Pool::new(1);
        let slot = run(pool.enter(0));
        let mut places = Vec::new();
        for _ in 0..100_000 {
            match pool.enter(usize::MAX) {
                Entry::Wait(place, _gone) => places.push(place),
                _ => panic!("it is full"),
            }
        }
        drop(slot);
        assert_eq!((pool.running(), pool.waiting()), (0, 0));
        assert!(places.iter().all(|place| place.leave().is_none()));
        drop(run(pool.enter(0)));
    }

    #[test]
    fn a_slot_that_was_passed_on_and_not_taken_is_passed_on_again() {
        let pool = Pool::new(1);
        let slot = run(pool.enter(0));
        let (Entry::Wait(_one, first), Entry::Wait(_two, mut second)) =
            (pool.enter(2), pool.enter(2))
        else {
            panic!("they wait")
        };
        drop(slot);
        assert_eq!((pool.running(), pool.waiting()), (1, 1));
        drop(first);
        drop(second.try_recv().expect("its turn"));
        assert_eq!((pool.running(), pool.waiting()), (0, 0));
    }
}
