//! The slots and the queue of an executor.

use rocketmq_tower_core::sync::lock;
use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, Mutex};
use tokio::sync::oneshot;

/// The requests that run and that wait. No request waits while there is room to run.
pub(super) struct Pool {
    max_running: usize,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    running: usize,
    /// By number, which is the order in which they came.
    waiting: BTreeMap<u64, oneshot::Sender<Slot>>,
    next_number: u64,
}

/// What becomes of a request that comes.
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

    /// The one that has waited longest, for a slot that is free now. Without one the slot is gone.
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

/// The right to run. Whoever drops it passes it on to the next one that waits; it is empty only
/// while that happens.
#[derive(Debug)]
pub(super) struct Slot(Option<Arc<Pool>>);

impl Drop for Slot {
    fn drop(&mut self) {
        // A loop, since a slot that comes back from one who is gone must not be dropped in here:
        // a long queue of them would be as deep a recursion.
        while let Some(pool) = self.0.take() {
            let Some(next) = pool.next() else { return };
            if let Err(mut returned) = next.send(Slot(Some(pool))) {
                self.0 = returned.0.take();
            }
        }
    }
}

/// A place in the queue, which is left when this is dropped.
#[derive(Debug)]
pub(super) struct Place {
    pool: Arc<Pool>,
    number: u64,
}

impl Place {
    /// Leaves the queue and tells how many are left in it; `None` if its turn has come before.
    pub(super) fn leave(&self) -> Option<usize> {
        let mut state = lock(&self.pool.state);
        let sender = state.waiting.remove(&self.number)?;
        let left = state.waiting.len();
        drop(state);
        // Wakes the task that waits, and so is not for the inside of the lock.
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
