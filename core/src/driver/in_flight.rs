//! Requests in flight.

use crate::channel::{ExchangeId, Shared, Stamp};
use crate::error::catch_panic;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll, Wake, Waker};

/// A request whose future is running.
#[derive(Clone, Copy, Debug)]
pub(super) struct RunningRequest {
    pub(super) id: ExchangeId,
    pub(super) stamp: Stamp,
    pub(super) code: i32,
    pub(super) oneway: bool,
    /// The length of its frame.
    pub(super) bytes: usize,
}

/// How a request ended: the output of its future, or its panic message.
pub(super) type Outcome<T> = Result<T, String>;

/// The futures of a connection's requests, in slots that are reused. A request needs no task of its
/// own, and no allocation once its slot exists. A future is polled once when it starts; most need
/// no second poll.
pub(super) struct InFlight<F> {
    slots: Vec<Slot<F>>,
    free: Vec<u32>,
    woken: Vec<u32>,
    turn: u32,
}

struct Slot<F> {
    future: Pin<Box<Option<F>>>,
    request: Option<RunningRequest>,
    flag: Arc<SlotWaker>,
    waker: Waker,
}

/// Wakes the driver and tells it which slot to poll.
struct SlotWaker {
    slot: u32,
    queued: AtomicBool,
    shared: Arc<Shared>,
}

impl Wake for SlotWaker {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        if !self.queued.swap(true, Ordering::AcqRel) {
            self.shared.inbox.wake_slot(self.slot);
        }
    }
}

impl<F: Future> Slot<F> {
    /// Runs `prepare`, then polls the future. Empties the slot when the future has finished or
    /// panicked.
    fn poll(&mut self, prepare: impl FnOnce(&mut Pin<Box<Option<F>>>)) -> Poll<Outcome<F::Output>> {
        let Self { future, waker, .. } = self;
        let mut output = None;
        let caught = catch_panic(|| {
            prepare(future);
            let Some(running) = future.as_mut().as_pin_mut() else { return };
            if let Poll::Ready(ready) = running.poll(&mut Context::from_waker(waker)) {
                // Stored before the future is dropped, which may panic, too.
                output = Some(ready);
                future.set(None);
            }
        });
        match (output, caught) {
            (Some(output), _) => Poll::Ready(Ok(output)),
            (None, Ok(())) => Poll::Pending,
            (None, Err(panic)) => {
                _ = catch_panic(|| future.set(None));
                Poll::Ready(Err(panic))
            }
        }
    }
}

impl<F: Future> InFlight<F> {
    pub(super) fn new() -> Self {
        Self { slots: Vec::new(), free: Vec::new(), woken: Vec::new(), turn: 0 }
    }

    pub(super) fn len(&self) -> usize {
        self.slots.len() - self.free.len()
    }

    pub(super) fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Reserves a slot, and returns it with the id of the new exchange.
    pub(super) fn reserve(&mut self, shared: &Arc<Shared>) -> (u32, ExchangeId) {
        let slot = self.free.pop().unwrap_or_else(|| self.grow(shared));
        self.turn = self.turn.checked_add(1).unwrap_or(1);
        (slot, ExchangeId::new(slot, self.turn))
    }

    fn grow(&mut self, shared: &Arc<Shared>) -> u32 {
        // The bound on requests in flight is far below 2^32.
        let slot = self.slots.len() as u32;
        let flag = Arc::new(SlotWaker {
            slot,
            queued: AtomicBool::new(false),
            shared: Arc::clone(shared),
        });
        let waker = Waker::from(Arc::clone(&flag));
        if self.slots.is_empty() {
            // Most connections never need a second one.
            self.slots.reserve_exact(1);
        }
        self.slots.push(Slot { future: Box::pin(None), request: None, flag, waker });
        slot
    }

    /// Starts the future that `call` returns in a reserved slot, and polls it once. Most requests
    /// finish at this poll.
    pub(super) fn start(
        &mut self,
        slot: u32,
        request: RunningRequest,
        call: impl FnOnce() -> F,
    ) -> Poll<Outcome<F::Output>> {
        let place = &mut self.slots[slot as usize];
        let polled = place.poll(|future| future.set(Some(call())));
        match polled {
            Poll::Pending => place.request = Some(request),
            Poll::Ready(_) => self.free.push(slot),
        }
        polled
    }

    /// Whether the future of this exchange is running. False if it finished at its first poll.
    pub(super) fn is_running(&self, id: ExchangeId) -> bool {
        let slot = self.slots.get(id.slot() as usize);
        slot.and_then(|slot| slot.request.as_ref()).is_some_and(|request| request.id == id)
    }

    /// Whether slots that were woken are not polled yet.
    pub(super) fn has_woken(&self) -> bool {
        !self.woken.is_empty()
    }

    /// Collects the slots that were woken, for [`next_woken`](Self::next_woken).
    pub(super) fn collect_woken(&mut self, shared: &Shared) {
        if self.woken.is_empty() {
            shared.inbox.take_ready(&mut self.woken);
            // `next_woken` pops from the end. Reversed, the slot that was woken first is polled
            // first.
            self.woken.reverse();
        }
    }

    /// Polls the next woken slot. Returns `None` if no woken slot is left.
    pub(super) fn next_woken(&mut self) -> Option<Poll<(RunningRequest, Outcome<F::Output>)>> {
        let slot = self.woken.pop()?;
        // A late wake-up may find the slot empty or removed.
        let Some(place) = self.slots.get_mut(slot as usize) else { return Some(Poll::Pending) };
        // Cleared before the poll: a wake-up during it must be queued again.
        place.flag.queued.store(false, Ordering::Release);
        if place.request.is_none() {
            return Some(Poll::Pending);
        }
        let Poll::Ready(outcome) = place.poll(|_| {}) else { return Some(Poll::Pending) };
        let request = place.request.take()?;
        self.free.push(slot);
        Some(Poll::Ready((request, outcome)))
    }

    /// Releases all memory if nothing is in flight.
    pub(super) fn release(&mut self) {
        if self.is_empty() {
            *self = Self { turn: self.turn, ..Self::new() };
        }
    }
}
