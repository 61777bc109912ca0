//! Listeners of one type as one listener.

use super::Listener;
use rocketmq_tower_core::{Addr, ChannelInfo};
use std::future::{Future, poll_fn};
use std::io;
use std::task::Poll;

/// Accepts from several listeners of one type. Made of a `Vec` or an array of them.
///
/// All are served alike: after a connection from one listener, the next one comes first. While one
/// waits after an error, as [`Retry`](super::Retry) does, the others go on. A listener that ends is
/// dropped, and the set ends with the last one; an empty set has ended. When one of them gives up
/// with a [failure](Listener::failure), the whole set ends with it: a server must not lose one of
/// its addresses unnoticed.
///
/// Each accepted connection costs one small allocation per listener.
#[derive(Debug)]
pub struct ListenerSet<L> {
    open: Vec<L>,
    /// The listener that is polled first.
    first: usize,
    failure: Option<io::Error>,
}

impl<L> FromIterator<L> for ListenerSet<L> {
    fn from_iter<I: IntoIterator<Item = L>>(listeners: I) -> Self {
        Self { open: listeners.into_iter().collect(), first: 0, failure: None }
    }
}

impl<L: Listener> ListenerSet<L> {
    /// Waits for the next connection, or for the end of a listener. Returns the listener's place.
    async fn next(&mut self) -> (usize, Option<(L::Io, ChannelInfo)>) {
        let (count, first) = (self.open.len(), self.first);
        // Kept until one is ready: dropping a future gives up its place in the queue for a wake-up.
        let mut accepting: Vec<_> = self.open.iter_mut().map(|l| Box::pin(l.accept())).collect();
        poll_fn(|cx| {
            for place in (first..count).chain(0..first) {
                if let Poll::Ready(accepted) = accepting[place].as_mut().poll(cx) {
                    return Poll::Ready((place, accepted));
                }
            }
            Poll::Pending
        })
        .await
    }

    /// Drops the listener that has ended, or all if it failed.
    fn remove(&mut self, place: usize) {
        self.failure = self.open.remove(place).failure();
        if self.failure.is_some() {
            self.open.clear();
        }
        self.first = 0;
    }
}

impl<L: Listener> Listener for ListenerSet<L> {
    type Io = L::Io;

    async fn accept(&mut self) -> Option<(L::Io, ChannelInfo)> {
        while !self.open.is_empty() {
            match self.next().await {
                (place, None) => self.remove(place),
                (place, accepted) => {
                    self.first = (place + 1) % self.open.len();
                    return accepted;
                }
            }
        }
        None
    }

    fn accept_queued(&mut self) -> Option<(L::Io, ChannelInfo)> {
        self.open.iter_mut().find_map(L::accept_queued)
    }

    /// Returns the first address; [`Addr::Unnamed`] if the set is empty.
    fn local_addr(&self) -> Addr {
        self.open.first().map(L::local_addr).unwrap_or_default()
    }

    fn local_addrs(&self) -> Vec<Addr> {
        self.open.iter().flat_map(L::local_addrs).collect()
    }

    fn connection_ended(&mut self) {
        self.open.iter_mut().for_each(L::connection_ended);
    }

    fn failure(&mut self) -> Option<io::Error> {
        self.failure.take()
    }
}
