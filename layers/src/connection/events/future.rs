use super::Event;
use super::queue::Queue;
use pin_project_lite::pin_project;
use rocketmq_tower_core::{Channel, CloseReason, Disconnect};
use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use tokio_util::sync::PollSemaphore;

pin_project! {
    /// Future of a connection whose events are reported.
    pub struct ResponseFuture<F, E> {
        // Set to `None` before `reporter` reports the end, so that the connection is dropped by
        // then.
        #[pin]
        inner: Option<F>,
        end: Option<Result<Disconnect, E>>,
        reporter: Reporter,
    }
}

impl<F, E> ResponseFuture<F, E> {
    pub(super) fn new(inner: F, channel: Channel, queue: Arc<Queue>) -> Self {
        let places = queue.places().map(|places| PollSemaphore::new(Arc::clone(places)));
        let reporter = Reporter { channel, queue, places, told: Told::Nothing };
        Self { inner: Some(inner), end: None, reporter }
    }
}

impl<F, E> Future for ResponseFuture<F, E>
where
    F: Future<Output = Result<Disconnect, E>>,
{
    type Output = F::Output;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<F::Output> {
        let mut this = self.project();
        if this.reporter.told == Told::Nothing {
            ready!(this.reporter.poll_connected(cx));
        }
        if let Some(inner) = this.inner.as_mut().as_pin_mut() {
            if let Poll::Ready(end) = inner.poll(cx) {
                *this.end = Some(end);
                this.inner.set(None);
            }
        }
        // The driver runs in this task, so this sees at once that it has closed the connection. The
        // connection's requests may run on after that.
        if this.end.is_some() || this.reporter.channel.is_closed() {
            ready!(this.reporter.poll_disconnected(cx));
        }
        match this.end.take() {
            Some(end) => Poll::Ready(end),
            None => Poll::Pending,
        }
    }
}

impl<F, E> fmt::Debug for ResponseFuture<F, E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ResponseFuture").field("reporter", &self.reporter).finish_non_exhaustive()
    }
}

/// How far the events of a connection have been sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Told {
    Nothing,
    Connected,
    Cause,
    Disconnected,
}

/// Sends one connection's events in order. On drop, sends the remaining ones.
struct Reporter {
    channel: Channel,
    queue: Arc<Queue>,
    /// Permits for room in the queue; `None` without a listener or stream.
    places: Option<PollSemaphore>,
    told: Told,
}

impl fmt::Debug for Reporter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Reporter")
            .field("channel", &self.channel)
            .field("queue", &self.queue)
            .field("told", &self.told)
            .finish()
    }
}

impl Reporter {
    fn poll_connected(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        ready!(self.poll_send(cx, Event::Connected(self.channel.clone())));
        self.told = Told::Connected;
        Poll::Ready(())
    }

    fn poll_disconnected(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        while self.told < Told::Disconnected {
            match self.next() {
                (told, None) => self.told = told,
                (told, Some(event)) => {
                    ready!(self.poll_send(cx, event));
                    self.told = told;
                }
            }
        }
        Poll::Ready(())
    }

    /// Returns the next step after `Connected`, and the event to send for it, if any.
    fn next(&self) -> (Told, Option<Event>) {
        let channel = self.channel.clone();
        // There is no reason yet if the driver never ran, or still runs elsewhere.
        let reason = self.channel.close_reason().unwrap_or(CloseReason::Aborted);
        if self.told == Told::Cause {
            return (Told::Disconnected, Some(Event::Disconnected(channel, reason)));
        }
        let cause = match reason {
            CloseReason::Idle | CloseReason::ReadIdle => Some(Event::Idle(channel)),
            reason if reason.is_error() => Some(Event::Exception(channel, reason)),
            _ => None,
        };
        (Told::Cause, cause)
    }

    fn poll_send(&mut self, cx: &mut Context<'_>, event: Event) -> Poll<()> {
        let place = match &mut self.places {
            // `None` only if the semaphore is closed, which never happens.
            Some(places) => ready!(places.poll_acquire(cx)),
            None => None,
        };
        self.queue.send(event, place);
        Poll::Ready(())
    }
}

/// The task was aborted or panicked, or the runtime shuts down: waiting for room is impossible
/// here.
impl Drop for Reporter {
    fn drop(&mut self) {
        if self.told == Told::Nothing {
            return;
        }
        while self.told < Told::Disconnected {
            let (told, event) = self.next();
            self.told = told;
            if let Some(event) = event {
                self.queue.send(event, None);
            }
        }
    }
}
