//! Runs a connection of a client and the one to its broker, in one task.

use super::Link;
use super::duet::{Duet, Part};
use rocketmq_tower::{Channel, CloseReason};
use std::future::{Future, poll_fn};
use std::pin::Pin;
use std::task::{Context, Poll};

/// A connection to a broker, run by being polled. Resolves to why it has ended.
pub(super) type Upstream = Pin<Box<dyn Future<Output = CloseReason> + Send>>;

/// An end of one of the two connections.
enum Event<E> {
    /// Nothing can be sent to the client or received from it, but its requests may still run.
    ClientClosed,
    ClientEnded(E),
    BrokerEnded(CloseReason),
}

/// Runs a connection of a client. When it closes, the connection to the broker does, too, so that requests which wait there end; and the
/// other way round.
pub(super) async fn run<F: Future>(
    mut lifetime: Pin<Box<F>>,
    client: Channel,
    link: Link,
) -> F::Output {
    let mut broker = Broker { link: &link, upstream: None, closing: None };
    let mut duet = Duet::new();
    link.wake_when_opened(duet.waker(Part::Second).clone());
    let (mut output, mut closed) = (None, false);
    let (id, addr) = (&link.broker().id, client.peer_addr());
    tracing::debug!(broker = %id, client = %addr, "a client has connected");
    loop {
        let has_ended = output.is_some();
        let event = poll_fn(|cx| {
            duet.poll(cx, |part, cx| match part {
                Part::First if !has_ended => match lifetime.as_mut().poll(cx) {
                    Poll::Ready(end) => Poll::Ready(Event::ClientEnded(end)),
                    Poll::Pending if !closed && client.is_closed() => {
                        Poll::Ready(Event::ClientClosed)
                    }
                    Poll::Pending => Poll::Pending,
                },
                Part::First => Poll::Pending,
                Part::Second => broker.poll(cx).map(Event::BrokerEnded),
            })
        });
        match event.await {
            Event::ClientClosed => closed = true,
            Event::ClientEnded(end) => (closed, output) = (true, Some(end)),
            Event::BrokerEnded(reason) => link.lost(&reason),
        }
        if closed {
            broker.close();
        }
        if broker.has_ended() {
            if let Some(output) = output {
                let reason = client.close_reason();
                let reason = reason.as_ref().map(tracing::field::display);
                tracing::debug!(broker = %id, client = %addr, reason, "a client has left");
                return output;
            }
        }
    }
}

/// The connection to the broker, if there is one.
struct Broker<'a> {
    link: &'a Link,
    upstream: Option<Upstream>,
    closing: Option<Pin<Box<dyn Future<Output = ()> + Send + 'a>>>,
}

impl Broker<'_> {
    fn poll(&mut self, cx: &mut Context<'_>) -> Poll<CloseReason> {
        if self.closing.as_mut().is_some_and(|closing| closing.as_mut().poll(cx).is_ready()) {
            self.closing = None;
        }
        let upstream = self.upstream.take().or_else(|| self.link.take_opened());
        let Some(mut upstream) = upstream else { return Poll::Pending };
        let ended = upstream.as_mut().poll(cx);
        if ended.is_pending() {
            self.upstream = Some(upstream);
        }
        ended
    }

    /// Begins to close the connection; again if it was opened after an earlier time, by a request that was on its way.
    fn close(&mut self) {
        if self.closing.is_none() {
            self.closing = Some(Box::pin(self.link.close()));
        }
    }

    fn has_ended(&self) -> bool {
        self.upstream.is_none() && !self.link.has_opened()
    }
}
