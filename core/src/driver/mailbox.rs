//! The driver's end of the channel.

use super::KEPT_CAPACITY;
use crate::channel::{MAIL, Message, READY};
use crate::connection::DriverEnd;
use std::task::{Context, Waker};

/// Receives messages and signals from the holders of the channel.
pub(super) struct Mailbox {
    end: DriverEnd,
    /// The waker that is registered.
    waker: Option<Waker>,
    /// An empty buffer, kept to reuse its memory.
    messages: Vec<Message>,
}

impl Mailbox {
    pub(super) fn new(end: DriverEnd) -> Self {
        Self { end, waker: None, messages: Vec::new() }
    }

    /// Makes signals wake the current task.
    pub(super) fn register(&mut self, cx: &Context<'_>) {
        if !self.waker.as_ref().is_some_and(|waker| waker.will_wake(cx.waker())) {
            self.end.shared.inbox.register(cx.waker());
            self.waker = Some(cx.waker().clone());
        }
    }

    /// Returns the signals that are set.
    pub(super) fn signals(&self) -> u8 {
        self.end.shared.inbox.bits()
    }

    pub(super) fn has_mail(&self) -> bool {
        self.signals() & MAIL != 0
    }

    pub(super) fn has_woken_requests(&self) -> bool {
        self.signals() & READY != 0
    }

    /// Takes the messages. The caller gives the buffer back with [`recycle`](Self::recycle).
    pub(super) fn take(&mut self) -> Vec<Message> {
        let mut messages = std::mem::take(&mut self.messages);
        self.end.shared.inbox.take_messages(&mut messages);
        messages
    }

    pub(super) fn recycle(&mut self, mut messages: Vec<Message>) {
        messages.clear();
        if messages.capacity() <= KEPT_CAPACITY {
            self.messages = messages;
        }
    }
}
