use super::Event;
use super::event::Queued;
use futures_core::Stream;
use std::fmt;
use std::future::poll_fn;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use tokio::sync::mpsc::UnboundedReceiver;

/// Yields the events of connections, in order, through [`recv`](Self::recv) or as a `Stream`.
///
/// When it is dropped, connections continue without reporting.
pub struct EventStream {
    receiver: UnboundedReceiver<Queued>,
}

impl EventStream {
    pub(super) fn new(receiver: UnboundedReceiver<Queued>) -> Self {
        Self { receiver }
    }

    /// Returns the next event; `None` once no connection can report any more.
    pub async fn recv(&mut self) -> Option<Event> {
        poll_fn(|cx| self.poll_recv(cx)).await
    }

    fn poll_recv(&mut self, cx: &mut Context<'_>) -> Poll<Option<Event>> {
        loop {
            match ready!(self.receiver.poll_recv(cx)) {
                Some(Queued::Event { event, .. }) => return Poll::Ready(Some(event)),
                // Sent to dispatchers only, never to streams.
                Some(Queued::Flush(_)) => {}
                None => return Poll::Ready(None),
            }
        }
    }
}

impl fmt::Debug for EventStream {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("EventStream").field("waiting", &self.receiver.len()).finish_non_exhaustive()
    }
}

impl Stream for EventStream {
    type Item = Event;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Event>> {
        self.poll_recv(cx)
    }
}
