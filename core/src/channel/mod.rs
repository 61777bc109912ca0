//! The handle of a connection, [`Channel`], and the types for calls, deferred responses, and
//! reasons to close.

mod call;
mod call_error;
mod call_pool;
mod deferral;
mod exchange;
mod failures;
mod inbox;
mod info;
pub(crate) mod lending;
mod observer;
mod outgoing;
mod reason;
mod responder;
mod shared;
mod silence;

pub use call::{CallPermit, ResponseFuture};
pub use call_error::{CallError, CallStage};
pub use deferral::Answered;
pub(crate) use deferral::AtEnd;
pub(crate) use exchange::{ExchangeId, Stamp};
pub(crate) use inbox::{CLOSE, DRAIN, MAIL, Message, READY};
pub use info::{Addr, ChannelInfo};
pub use observer::ExchangeObserver;
pub(crate) use outgoing::{GivenUp, OutgoingRequest};
pub use reason::{CloseReason, Disconnect};
pub use responder::{DeferError, Responder};
pub(crate) use shared::{Bounds, Shared};

use crate::command::RemotingCommand;
use call::not_sent;
use http::Extensions;
use std::borrow::Cow;
use std::fmt;
use std::hash::{Hash, Hasher};
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use tokio::sync::OwnedSemaphorePermit;
use tokio_util::sync::PollSemaphore;
use tower_service::Service;

/// The handle of one connection, cheap to clone.
///
/// It returns the connection's addresses, closes or drains the connection, and calls the peer,
/// either through [`invoke`](Self::invoke) or as a `tower::Service<RemotingCommand>` that client
/// middleware wraps. A clone keeps a few hundred bytes alive, but not the socket, its buffers or
/// the task.
///
/// ```
/// use rocketmq_tower_core::{CallError, Channel, RemotingCommand, RequestCode};
/// use std::time::Duration;
///
/// /// Sends a request to the peer, and closes the connection if no response arrives.
/// async fn probe(channel: &Channel) -> Result<RemotingCommand, CallError> {
///     let request = RemotingCommand::request(RequestCode::HEART_BEAT);
///     let result = channel.invoke(request, Duration::from_secs(3)).await;
///     if result.is_err() {
///         println!("{} does not respond", channel.peer_addr());
///         channel.close("no response");
///     }
///     result
/// }
/// ```
///
/// As a service, `poll_ready` reserves one of the connection's
/// [`max_calls`](crate::driver::ConnectionConfig::max_calls) permits, which is released when the
/// call ends.
#[must_use = "a client closes its connection when the last channel is dropped"]
pub struct Channel {
    shared: Arc<Shared>,
    /// Boxed to keep ordinary handles small: every request carries one.
    held: Option<Box<Held>>,
}

/// State that belongs to one handle.
#[derive(Default)]
struct Held {
    slot: Option<Slot>,
    lease: Option<Arc<Lease>>,
}

/// Shared by the handles that keep a connection open. Dropping the last one drains it.
struct Lease(Arc<Shared>);

impl Drop for Lease {
    fn drop(&mut self) {
        self.0.drain();
    }
}

/// The permit that `poll_ready` waits for or has reserved.
struct Slot {
    semaphore: PollSemaphore,
    permit: Option<OwnedSemaphorePermit>,
}

impl Channel {
    pub(crate) fn new(shared: Arc<Shared>) -> Self {
        Self { shared, held: None }
    }

    pub(crate) fn shared(&self) -> &Arc<Shared> {
        &self.shared
    }

    pub(crate) fn into_shared(self) -> Arc<Shared> {
        self.shared
    }

    /// Makes this handle keep the connection open, together with the clones that are made of it
    /// from now on: when the last of them is dropped, the connection is [drained](Self::drain).
    /// Other handles, such as those of requests and [observers](Self::observer), do not keep it
    /// open.
    pub fn drain_on_drop(mut self) -> Self {
        let lease = Arc::new(Lease(Arc::clone(&self.shared)));
        self.held.get_or_insert_default().lease = Some(lease);
        self
    }

    /// Returns a handle that does not keep the connection [open](Self::drain_on_drop).
    pub fn observer(&self) -> Self {
        Self::new(Arc::clone(&self.shared))
    }

    /// Returns the connection's number, unique in this process.
    #[must_use]
    pub fn id(&self) -> u64 {
        self.shared.id
    }

    /// Returns the connection's addresses and extensions.
    #[must_use]
    pub fn info(&self) -> &ChannelInfo {
        self.shared.info()
    }

    /// Returns this side's address.
    #[must_use]
    pub fn local_addr(&self) -> &Addr {
        &self.info().local_addr
    }

    /// Returns the peer's address.
    #[must_use]
    pub fn peer_addr(&self) -> &Addr {
        &self.info().peer_addr
    }

    /// Returns the values that the connection's layers have added.
    #[must_use]
    pub fn extensions(&self) -> &Extensions {
        &self.info().extensions
    }

    /// Closes the connection at once, with the reason `why` unless it already has one.
    ///
    /// Requests in flight run to completion, but their responses are not sent. Bytes that are
    /// already in the socket's buffer are still sent.
    pub fn close(&self, why: impl Into<Cow<'static, str>>) {
        self.close_with(CloseReason::Requested(why.into()));
    }

    /// Closes the connection at once, with `reason` unless it already has one. For layers, such as
    /// an idle timeout.
    pub fn close_with(&self, reason: CloseReason) {
        self.shared.set_reason(reason);
        self.shared.inbox.signal(CLOSE);
    }

    /// Closes the connection gracefully: requests that were already read are answered, new requests
    /// are answered with `GO_AWAY` if the peer's version supports it, and then the connection
    /// closes.
    pub fn drain(&self) {
        self.shared.drain();
    }

    /// [Drains](Self::drain) the connection, and makes `reason` the reason why it closes, unless it
    /// already has one. For layers, such as an idle timeout.
    pub fn drain_with(&self, reason: CloseReason) {
        self.shared.set_reason(reason);
        self.shared.drain();
    }

    /// Whether the connection is being drained.
    #[must_use]
    pub fn is_draining(&self) -> bool {
        self.shared.is_draining()
    }

    /// Waits until the connection starts to drain or is closed. Holders of a [`Responder`] should
    /// then respond, because the drain waits for them.
    pub async fn draining(&self) {
        self.shared.wait_draining().await;
    }

    /// Whether the connection is closed: nothing can be sent or received any more.
    #[must_use]
    pub fn is_closed(&self) -> bool {
        self.shared.is_gone()
    }

    /// Returns why the connection closed, or `None` while it is open.
    #[must_use]
    pub fn close_reason(&self) -> Option<CloseReason> {
        self.shared.reason().filter(|_| self.is_closed()).cloned()
    }

    /// Returns the number of calls and oneway requests of this side in flight, including reserved
    /// permits.
    #[must_use]
    pub fn calls(&self) -> usize {
        self.shared.under_way()
    }

    /// Returns the number of the peer's requests that were read and are not answered yet, including
    /// those that wait for the service and those that are deferred.
    ///
    /// It is a snapshot: the count at the end of the driver's last poll. For metrics, and for
    /// decisions that may be late by a moment. Takes the lock of the deferred requests, and looks at
    /// each of them.
    #[must_use]
    pub fn requests(&self) -> usize {
        self.shared.requests()
    }

    /// Returns the number of this side's calls that the peer left unanswered and silent: calls that
    /// timed out or were dropped since the last byte arrived. 0 as soon as anything arrives.
    ///
    /// See [`answer_stall`](crate::driver::ConnectionConfig::answer_stall) for when the driver closes
    /// such a connection.
    #[must_use]
    pub fn unanswered(&self) -> usize {
        self.shared.silence.unanswered()
    }

    /// Returns a mark of what the peer has sent so far. If it is the same as before, nothing has
    /// arrived since then, not even a part of a frame. Its value means nothing else.
    #[must_use]
    pub fn heard(&self) -> u64 {
        self.shared.silence.heard()
    }

    /// Waits until the connection is closed, and returns the reason.
    pub async fn closed(&self) -> CloseReason {
        self.shared.wait_gone().await
    }
}

impl Service<RemotingCommand> for Channel {
    type Response = RemotingCommand;
    type Error = CallError;
    type Future = ResponseFuture;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), CallError>> {
        let shared = &self.shared;
        let slot = self.held.get_or_insert_default().slot.get_or_insert_with(|| {
            let semaphore = PollSemaphore::new(Arc::clone(&shared.calls));
            Slot { semaphore, permit: None }
        });
        if slot.permit.is_none() {
            slot.permit = ready!(slot.semaphore.poll_acquire(cx));
        }
        match slot.permit {
            Some(_) if !shared.is_gone() => Poll::Ready(Ok(())),
            _ => Poll::Ready(Err(not_sent(shared))),
        }
    }

    fn call(&mut self, command: RemotingCommand) -> ResponseFuture {
        let slot = self.held.as_mut().and_then(|held| held.slot.as_mut());
        match slot.and_then(|slot| slot.permit.take()) {
            Some(permit) => ResponseFuture::start(&self.shared, command, permit, None),
            None => ResponseFuture::failed(CallError::NotReady),
        }
    }
}

/// A clone does not share a reserved permit: it must be polled until it is ready itself.
impl Clone for Channel {
    fn clone(&self) -> Self {
        let lease = self.held.as_ref().and_then(|held| held.lease.clone());
        let held = lease.map(|lease| Box::new(Held { slot: None, lease: Some(lease) }));
        Self { shared: Arc::clone(&self.shared), held }
    }
}

/// Handles of the same connection are equal.
impl PartialEq for Channel {
    fn eq(&self, other: &Self) -> bool {
        self.id() == other.id()
    }
}

impl Eq for Channel {}

impl Hash for Channel {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.id().hash(state);
    }
}

impl fmt::Debug for Channel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.shared.fmt(f)
    }
}
