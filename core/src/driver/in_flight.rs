//! Requests that run.

use crate::connection::{ExchangeId, Shared, Stamp};
use crate::error::catch_panic;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll, Wake, Waker};

/// So many empty slots stay when nothing runs.
const KEPT_SLOTS: usize = 1;

/// What is known of a request that runs.
#[derive(Clone, Copy, Debug)]
pub(super) struct Exchange {
    pub(super) id: ExchangeId,
    pub(super) stamp: Stamp,
    pub(super) oneway: bool,
    pub(super) deferral: Deferral,
}

/// What became of a request's responder.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Deferral {
    /// There is none, or nothing.
    Open,
    /// It has answered.
    Answered,
    /// It was dropped.
    Abandoned,
}

/// What a request came to: its future's output, or the message of its panic.
pub(super) type Outcome<T> = Result<T, String>;

/// The futures of a connection's requests, each in a slot that is used again and again: no task,
/// and once the slots are there no allocation, per request. A future is polled once when it starts;
/// most need no second time.
pub(super) struct InFlight<F> {
    slots: Vec<Slot<F>>,
    free: Vec<u32>,
    woken: Vec<u32>,
    turn: u32,
}

struct Slot<F> {
    future: Pin<Box<Option<F>>>,
    exchange: Option<Exchange>,
    flag: Arc<SlotWaker>,
    waker: Waker,
}

/// Wakes the driver, and tells it which slot to look at.
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
    /// Polls the future, once `prepare` has had it. At its end, or if anything panics, the slot is
    /// empty.
    fn poll(&mut self, prepare: impl FnOnce(&mut Pin<Box<Option<F>>>)) -> Poll<Outcome<F::Output>> {
        let Self { future, waker, .. } = self;
        let mut output = None;
        let caught = catch_panic(|| {
            prepare(future);
            let Some(running) = future.as_mut().as_pin_mut() else { return };
            if let Poll::Ready(ready) = running.poll(&mut Context::from_waker(waker)) {
                // Noted first, as a destructor may panic as well: the output stands.
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

    /// Takes a slot for a request, and names the exchange.
    pub(super) fn reserve(&mut self, shared: &Arc<Shared>) -> (u32, ExchangeId) {
        let slot = self.free.pop().unwrap_or_else(|| self.grow(shared));
        self.turn = self.turn.checked_add(1).unwrap_or(1);
        (slot, ExchangeId::new(slot, self.turn))
    }

    fn grow(&mut self, shared: &Arc<Shared>) -> u32 {
        // The driver's bound on requests in flight is far below 2^32.
        let slot = self.slots.len() as u32;
        let flag = Arc::new(SlotWaker {
            slot,
            queued: AtomicBool::new(false),
            shared: Arc::clone(shared),
        });
        let waker = Waker::from(Arc::clone(&flag));
        if self.slots.is_empty() {
            // The one that an idle connection keeps.
            self.slots.reserve_exact(KEPT_SLOTS);
        }
        self.slots.push(Slot { future: Box::pin(None), exchange: None, flag, waker });
        slot
    }

    /// Starts what `call` makes in a reserved slot, and polls it once. Most requests end here, and
    /// are never noted as running.
    pub(super) fn start(
        &mut self,
        slot: u32,
        exchange: Exchange,
        call: impl FnOnce() -> F,
    ) -> Poll<(Exchange, Outcome<F::Output>)> {
        let place = &mut self.slots[slot as usize];
        match place.poll(|future| future.set(Some(call()))) {
            Poll::Pending => {
                place.exchange = Some(exchange);
                Poll::Pending
            }
            Poll::Ready(outcome) => {
                self.free.push(slot);
                Poll::Ready((exchange, outcome))
            }
        }
    }

    /// Notes what became of the responder of a request, if the request still runs.
    pub(super) fn mark(&mut self, id: ExchangeId, deferral: Deferral) -> bool {
        let slot = self.slots.get_mut(id.slot() as usize);
        match slot.and_then(|slot| slot.exchange.as_mut()) {
            Some(exchange) if exchange.id == id => {
                exchange.deferral = deferral;
                true
            }
            _ => false,
        }
    }

    /// Takes over what was woken since the last time; [`next_woken`](Self::next_woken) goes through
    /// it.
    pub(super) fn collect_woken(&mut self, shared: &Shared) {
        if self.woken.is_empty() {
            shared.inbox.take_ready(&mut self.woken);
            // Taken from the end: what was woken first comes first.
            self.woken.reverse();
        }
    }

    /// Polls the next woken slot: `None` if there is none left.
    pub(super) fn next_woken(&mut self) -> Option<Poll<(Exchange, Outcome<F::Output>)>> {
        let slot = self.woken.pop()?;
        // Late wake-ups of a slot that is empty, or gone, mean nothing.
        let Some(place) = self.slots.get_mut(slot as usize) else { return Some(Poll::Pending) };
        // First this: a wake-up during the poll must count again.
        place.flag.queued.store(false, Ordering::Release);
        if place.exchange.is_none() {
            return Some(Poll::Pending);
        }
        let Poll::Ready(outcome) = place.poll(|_| {}) else { return Some(Poll::Pending) };
        let exchange = place.exchange.take()?;
        self.free.push(slot);
        Some(Poll::Ready((exchange, outcome)))
    }

    /// Gives memory back when nothing runs.
    pub(super) fn shrink(&mut self) {
        if self.is_empty() && self.slots.len() > KEPT_SLOTS {
            self.slots.truncate(KEPT_SLOTS);
            self.slots.shrink_to_fit();
            self.free = (0..KEPT_SLOTS as u32).collect();
            self.woken = Vec::new();
        }
    }
}
