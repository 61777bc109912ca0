//! How the rest of the world reaches the task of a connection.

use super::call::{Call, Oneway};
use super::responder::{ExchangeId, Stamp};
use crate::command::RemotingCommand;
use std::sync::atomic::{AtomicU8, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::task::Waker;

/// Something is in `messages`.
pub(crate) const MAIL: u8 = 1;
/// Something is in `ready`.
pub(crate) const READY: u8 = 1 << 1;
/// The connection is to be closed at once.
pub(crate) const CLOSE: u8 = 1 << 2;
/// The connection is to finish what runs and then close.
pub(crate) const DRAIN: u8 = 1 << 3;

/// What the holders of a channel ask of its driver.
///
/// Every kind is bounded by something that is taken before: calls and oneways by permits that
/// travel with them, the others by the call or the deferred exchange that they belong to.
#[derive(Debug)]
pub(crate) enum Message {
    Call(Call),
    Oneway(Oneway),
    /// The caller of this call gave up.
    Cancel(u32),
    /// This exchange will be answered later, by a `Responder`.
    Defer(ExchangeId),
    /// The answer of a deferred exchange.
    Answer(ExchangeId, RemotingCommand),
    /// The responder of a deferred exchange was dropped.
    Abandon(ExchangeId, Stamp),
}

/// One lock, taken by senders and only then by the driver: while nobody sends, the driver looks at
/// `bits` and goes on.
#[derive(Debug)]
pub(crate) struct Inbox {
    bits: AtomicU8,
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    /// Whether messages are still taken.
    open: bool,
    /// The driver's task; `None` before it starts and after it is gone.
    waker: Option<Waker>,
    messages: Vec<Message>,
    /// Slots of in-flight requests that were woken.
    ready: Vec<u32>,
}

impl Inbox {
    pub(crate) fn new() -> Self {
        let state = State { open: true, waker: None, messages: Vec::new(), ready: Vec::new() };
        Self { bits: AtomicU8::new(0), state: Mutex::new(state) }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Sets `bit` and wakes the driver.
    pub(crate) fn signal(&self, bit: u8) {
        self.bits.fetch_or(bit, Ordering::Release);
        let waker = self.lock().waker.clone();
        if let Some(waker) = waker {
            waker.wake();
        }
    }

    /// Hands `message` to the driver; false if the connection is gone.
    #[must_use]
    pub(crate) fn send(&self, message: Message) -> bool {
        let mut state = self.lock();
        if !state.open {
            return false;
        }
        state.messages.push(message);
        self.bits.fetch_or(MAIL, Ordering::Release);
        let waker = state.waker.clone();
        drop(state);
        if let Some(waker) = waker {
            waker.wake();
        }
        true
    }

    /// Tells the driver to poll the request in `slot`.
    pub(crate) fn wake_slot(&self, slot: u32) {
        let mut state = self.lock();
        let Some(waker) = state.waker.clone() else { return };
        state.ready.push(slot);
        self.bits.fetch_or(READY, Ordering::Release);
        drop(state);
        waker.wake();
    }

    /// Makes `waker` the one that is woken.
    pub(crate) fn register(&self, waker: &Waker) {
        self.lock().waker = Some(waker.clone());
    }

    /// The bits that are set now.
    pub(crate) fn bits(&self) -> u8 {
        self.bits.load(Ordering::Acquire)
    }

    /// Moves the messages to `into`, which must be empty.
    pub(crate) fn take_messages(&self, into: &mut Vec<Message>) {
        let mut state = self.lock();
        self.bits.fetch_and(!MAIL, Ordering::Relaxed);
        std::mem::swap(&mut state.messages, into);
    }

    /// Moves the woken slots to `into`, which must be empty.
    pub(crate) fn take_ready(&self, into: &mut Vec<u32>) {
        let mut state = self.lock();
        self.bits.fetch_and(!READY, Ordering::Relaxed);
        std::mem::swap(&mut state.ready, into);
    }

    /// Refuses messages from now on, and forgets those that were not taken. Wake-ups go on.
    pub(crate) fn close(&self) {
        let mut state = self.lock();
        state.open = false;
        let unread = std::mem::take(&mut state.messages);
        // Not under the lock: dropping a call wakes its caller.
        drop(state);
        drop(unread);
    }

    /// Forgets the driver's task, so that nothing here keeps its memory.
    pub(crate) fn detach(&self) {
        let mut state = self.lock();
        state.ready = Vec::new();
        let waker = state.waker.take();
        drop(state);
        drop(waker);
    }
}
