//! Messages from the holders of a channel to the connection's task.

use super::exchange::{ExchangeId, Stamp};
use super::outgoing::{GivenUp, OutgoingRequest};
use crate::command::RemotingCommand;
use crate::sync::lock;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU8, Ordering};
use std::task::Waker;

/// `messages` is not empty.
pub(crate) const MAIL: u8 = 1;
/// `ready` is not empty.
pub(crate) const READY: u8 = 1 << 1;
/// Close the connection at once.
pub(crate) const CLOSE: u8 = 1 << 2;
/// Finish the requests in flight, then close the connection.
pub(crate) const DRAIN: u8 = 1 << 3;

/// A message to the driver.
///
/// The number of messages is bounded: each request carries a permit, and each other message belongs
/// to a call or to a deferred exchange.
#[derive(Debug)]
pub(crate) enum Message {
    /// Sends a call or a oneway request.
    Send(OutgoingRequest),
    /// The caller of a call has given up.
    Cancel(GivenUp),
    /// The response to a deferred exchange.
    Respond(ExchangeId, RemotingCommand),
    /// The responder of a deferred exchange was dropped or discarded.
    Abandon(ExchangeId, Stamp),
}

/// The messages and signals for a driver. The driver takes the lock only when `bits` says that
/// something is queued.
#[derive(Debug)]
pub(crate) struct Inbox {
    bits: AtomicU8,
    state: Mutex<InboxState>,
}

#[derive(Debug)]
struct InboxState {
    /// Whether messages are accepted.
    open: bool,
    /// The waker of the driver's task. `None` before the driver starts and after it has ended.
    waker: Option<Waker>,
    messages: Vec<Message>,
    /// Slots of requests in flight that were woken.
    ready: Vec<u32>,
}

impl Inbox {
    pub(crate) fn new() -> Self {
        let state = InboxState { open: true, waker: None, messages: Vec::new(), ready: Vec::new() };
        Self { bits: AtomicU8::new(0), state: Mutex::new(state) }
    }

    /// Sets `bit` and wakes the driver.
    pub(crate) fn signal(&self, bit: u8) {
        self.bits.fetch_or(bit, Ordering::Release);
        let waker = lock(&self.state).waker.clone();
        if let Some(waker) = waker {
            waker.wake();
        }
    }

    /// Hands `message` to the driver. Returns false if the connection is closed.
    #[must_use]
    pub(crate) fn send(&self, message: Message) -> bool {
        let mut state = lock(&self.state);
        if !state.open {
            return false;
        }
        let is_first = state.messages.is_empty();
        state.messages.push(message);
        // After the first message, the driver was woken, and has not taken it yet.
        let waker = if is_first {
            self.bits.fetch_or(MAIL, Ordering::Release);
            state.waker.clone()
        } else {
            None
        };
        drop(state);
        if let Some(waker) = waker {
            waker.wake();
        }
        true
    }

    /// Tells the driver to poll the request in `slot`.
    pub(crate) fn wake_slot(&self, slot: u32) {
        let mut state = lock(&self.state);
        let Some(waker) = &state.waker else { return };
        // As in `send`.
        let waker = state.ready.is_empty().then(|| waker.clone());
        state.ready.push(slot);
        self.bits.fetch_or(READY, Ordering::Release);
        drop(state);
        if let Some(waker) = waker {
            waker.wake();
        }
    }

    /// Sets the waker of the driver's task.
    pub(crate) fn register(&self, waker: &Waker) {
        lock(&self.state).waker = Some(waker.clone());
    }

    /// Returns the bits that are set.
    pub(crate) fn bits(&self) -> u8 {
        self.bits.load(Ordering::Acquire)
    }

    /// Moves the messages to `into`, which must be empty.
    pub(crate) fn take_messages(&self, into: &mut Vec<Message>) {
        let mut state = lock(&self.state);
        self.bits.fetch_and(!MAIL, Ordering::Relaxed);
        std::mem::swap(&mut state.messages, into);
    }

    /// Moves the woken slots to `into`, which must be empty.
    pub(crate) fn take_ready(&self, into: &mut Vec<u32>) {
        let mut state = lock(&self.state);
        self.bits.fetch_and(!READY, Ordering::Relaxed);
        std::mem::swap(&mut state.ready, into);
    }

    /// Refuses messages from now on, and drops those that were not taken. Wake-ups still work.
    pub(crate) fn close(&self) {
        let mut state = lock(&self.state);
        state.open = false;
        let unread = std::mem::take(&mut state.messages);
        // Dropped after the lock is released: dropping a call wakes its caller.
        drop(state);
        drop(unread);
    }

    /// Drops the waker, so that a channel does not keep the memory of the ended task alive.
    pub(crate) fn detach(&self) {
        let mut state = lock(&self.state);
        state.ready = Vec::new();
        let waker = state.waker.take();
        drop(state);
        drop(waker);
    }
}
