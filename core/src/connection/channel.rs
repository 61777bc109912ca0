//! The handle of a connection.

use super::call::{CallError, ResponseFuture, not_sent};
use super::inbox::CLOSE;
use super::shared::Shared;
use super::{Addr, ChannelInfo, CloseReason};
use crate::command::RemotingCommand;
use http::Extensions;
use std::borrow::Cow;
use std::fmt;
use std::hash::{Hash, Hasher};
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use tokio::sync::OwnedSemaphorePermit;
use tokio_util::sync::PollSemaphore;
use tower_service::Service;

/// The handle of one connection: cheap to clone, and never more than a handle.
///
/// It knows the connection's addresses, closes or drains it, and calls the peer: by
/// [`invoke`](Self::invoke), or as a `tower::Service<RemotingCommand>`, so that client middleware
/// goes around it. A clone that is kept for ever keeps a few hundred bytes, not the socket, its
/// buffers or the task.
///
/// ```
/// use rocketmq_tower_core::{CallError, Channel, RemotingCommand, RequestCode};
/// use std::time::Duration;
///
/// /// Sends a request to the peer, and closes the connection when no response comes.
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
/// As a service, `poll_ready` reserves one of the connection's slots for calls (see
/// [`ConnectionConfig::max_calls`](crate::driver::ConnectionConfig::max_calls)) and the answer
/// gives it back.
pub struct Channel {
    pub(super) shared: Arc<Shared>,
    /// Boxed, so that plain handles stay small: every request has one.
    held: Option<Box<Held>>,
}

/// What a handle may hold.
#[derive(Default)]
struct Held {
    slot: Option<Slot>,
    lease: Option<Arc<Lease>>,
}

/// What the handles share that keep a connection open.
struct Lease(Arc<Shared>);

impl Drop for Lease {
    fn drop(&mut self) {
        self.0.drain();
    }
}

/// What `poll_ready` is waiting for or has reserved. Made at the first `poll_ready`.
struct Slot {
    semaphore: PollSemaphore,
    permit: Option<OwnedSemaphorePermit>,
}

impl Channel {
    pub(super) fn new(shared: Arc<Shared>) -> Self {
        Self { shared, held: None }
    }

    /// Makes this handle, and the clones that will be made of it, keep the connection open: when
    /// the last of them is dropped, the connection is [drained](Self::drain). Other handles, such
    /// as those of requests and [observers](Self::observer), do not count.
    #[must_use]
    pub fn drain_on_drop(mut self) -> Self {
        let lease = Arc::new(Lease(Arc::clone(&self.shared)));
        self.held.get_or_insert_default().lease = Some(lease);
        self
    }

    /// A handle that does not keep the connection [open](Self::drain_on_drop).
    #[must_use]
    pub fn observer(&self) -> Self {
        Self::new(Arc::clone(&self.shared))
    }

    /// The connection's number in this process.
    #[must_use]
    pub fn id(&self) -> u64 {
        self.shared.id
    }

    /// Addresses and extensions together.
    #[must_use]
    pub fn info(&self) -> &ChannelInfo {
        self.shared.info()
    }

    /// This side's address.
    #[must_use]
    pub fn local_addr(&self) -> &Addr {
        &self.info().local_addr
    }

    /// The peer's address.
    #[must_use]
    pub fn peer_addr(&self) -> &Addr {
        &self.info().peer_addr
    }

    /// What the connection's layers found out about it.
    #[must_use]
    pub fn extensions(&self) -> &Extensions {
        &self.info().extensions
    }

    /// Closes the connection at once, for the reason `why`, unless it is ending already.
    ///
    /// Requests that run are finished, but their answers are not sent. What has been written to the
    /// socket's buffer is.
    pub fn close(&self, why: impl Into<Cow<'static, str>>) {
        self.close_with(CloseReason::Requested(why.into()));
    }

    /// Closes the connection at once, for this reason. This is what layers use, such as a timeout
    /// of idle connections.
    pub fn close_with(&self, reason: CloseReason) {
        self.shared.set_reason(reason);
        self.shared.inbox.signal(CLOSE);
    }

    /// Lets the connection end in an orderly way: what was read is answered, what is asked anew is
    /// sent away (`GO_AWAY`, to peers that know it), and then the connection closes.
    pub fn drain(&self) {
        self.shared.drain();
    }

    /// Whether the connection is being drained.
    #[must_use]
    pub fn is_draining(&self) -> bool {
        self.shared.is_draining()
    }

    /// Waits until the connection is to be drained, or is gone: the time to answer what was
    /// deferred.
    pub async fn draining(&self) {
        self.shared.wait_draining().await;
    }

    /// Whether the connection is gone: nothing can be sent or received any more.
    #[must_use]
    pub fn is_closed(&self) -> bool {
        self.shared.is_gone()
    }

    /// Why the connection is gone; `None` while it is not.
    #[must_use]
    pub fn close_reason(&self) -> Option<CloseReason> {
        self.shared.reason().filter(|_| self.is_closed()).cloned()
    }

    /// How many calls and oneway requests of this side are under way: they wait to be written or to
    /// be answered, or are reserved.
    #[must_use]
    pub fn calls(&self) -> usize {
        self.shared.under_way()
    }

    /// Waits until the connection is gone, and tells why.
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
            Some(permit) => ResponseFuture::start(&self.shared, command, permit),
            None => ResponseFuture::failed(CallError::NotReady),
        }
    }
}

/// A clone has reserved nothing.
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
        f.debug_struct("Channel")
            .field("id", &self.id())
            .field("local_addr", self.local_addr())
            .field("peer_addr", self.peer_addr())
            .field("closed", &self.is_closed())
            .finish()
    }
}
