//! [`Driver`], which runs one connection.

mod budget;
mod config;
mod exchanges;
mod held_bytes;
mod in_flight;
mod inbound;
mod lifecycle;
mod mailbox;
mod metered;
mod outbound;
mod own_responses;
mod pending;
mod rounds;
mod service;
mod transport;
mod vectored;
mod watchdog;

pub use budget::ByteBudget;
pub use config::ConnectionConfig;
pub use service::DriverService;

use crate::channel::lending::Handles;
use crate::channel::{Bounds, Channel, CloseReason, Disconnect};
use crate::command::RemotingCommand;
use crate::connection::Connection;
use crate::error::BoxError;
use crate::reply::Reply;
use budget::Account;
use config::Role;
use exchanges::Exchanges;
use inbound::Inbound;
use lifecycle::Lifecycle;
use mailbox::Mailbox;
use outbound::Outbound;
use std::collections::VecDeque;
use std::convert::Infallible;
use std::fmt;
use std::future::Future;
use std::mem;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use tokio::io::{AsyncRead, AsyncWrite};
use tower_service::Service;
use transport::Transport;

/// Rounds per poll before yielding to the runtime.
const ROUNDS: usize = 16;

/// A queue with a larger capacity is freed when it becomes empty.
const KEPT_CAPACITY: usize = 64;

/// Runs one connection. Resolves when the connection is closed and all of its requests have ended.
///
/// It reads frames, hands the peer's requests to a service, writes the responses, and sends the
/// calls that this side makes over the [`Channel`], all in one task. Requests run concurrently, and
/// responses are sent as they become ready. The rules, numbered as in `docs/architecture.md`:
///
/// * R1: readiness of the service is polled only while there is a request for it.
/// * R2: a response from the peer never waits behind requests.
/// * R3: a request that was handed to the service runs to completion, whatever happens to the
///   connection. Only dropping the driver cancels it.
/// * R4: a server stops reading while its queues are full. A client never stops reading, so that
///   responses arrive; it answers requests that do not fit into the queue with `SYSTEM_BUSY`.
/// * R5: reading stops at the first invalid frame. Requests before it are answered.
/// * R6: a response repeats its request's opaque and serialize type. Oneway requests get none.
/// * R7: an error or a panic of the service is answered with `SYSTEM_ERROR`.
/// * R8: a call's opaque is unique on its connection; its caller's opaque is restored.
/// * R9: a [`Channel`] keeps neither the socket, nor buffers, nor the task alive.
/// * R10: every queue, buffer and wait is bounded by [`ConnectionConfig`].
///
/// While the connection is drained, requests from a peer whose version supports `GO_AWAY` are
/// answered with it, so that the peer can send them again elsewhere. When all other requests are
/// answered, the connection ends as soon as the peer closes it. If the peer does not, it ends
/// [`ConnectionConfig::linger`] later, and this much after the first `GO_AWAY` at the earliest. From
/// peers of other versions, nothing more is read, and nothing is waited for. A client's connection
/// waits only for a server that has asked it before. Must run in a tokio runtime with the timer
/// enabled.
pub struct Driver<Io, S: Service<RemotingCommand>> {
    /// `None` once the connection is closed. Declared before `mailbox`, so that the socket is
    /// dropped before the mailbox announces the end.
    transport: Option<Transport<Io>>,
    mailbox: Mailbox,
    lifecycle: Lifecycle,
    inbound: Inbound,
    exchanges: Exchanges<S>,
    outbound: Outbound,
    account: Account,
    /// The number of bytes besides the read buffer that the connection held when it was not allowed
    /// to read more. `None` if it was allowed.
    over: Option<usize>,
    config: Arc<ConnectionConfig>,
    /// Spare handles of the connection for requests.
    handles: Handles,
}

impl<Io, S> Driver<Io, S>
where
    Io: AsyncRead + AsyncWrite + Unpin,
    S: Service<RemotingCommand, Response: Reply, Error: Into<BoxError>>,
{
    /// Creates the driver of an accepted connection. Requests from the peer go to `service`.
    ///
    /// From now on, the channel's addresses and extensions do not change, and calls over it no
    /// longer wait for the driver.
    #[must_use]
    pub fn server(
        connection: Connection<Io>,
        service: S,
        config: impl Into<Arc<ConnectionConfig>>,
    ) -> Self {
        Self::new(connection, Role::Server, service, config.into())
    }

    /// Creates the driver of a connection that this side has opened. Otherwise like
    /// [`server`](Self::server).
    #[must_use]
    pub fn client(
        connection: Connection<Io>,
        service: S,
        config: impl Into<Arc<ConnectionConfig>>,
    ) -> Self {
        Self::new(connection, Role::Client, service, config.into())
    }

    fn new(
        connection: Connection<Io>,
        role: Role,
        service: S,
        config: Arc<ConnectionConfig>,
    ) -> Self {
        let (io, info, end) = connection.into_parts();
        let (calls, oneways) = (config.max_calls, config.max_oneways);
        end.shared.start(info, Bounds { calls, oneways, deferred: config.max_deferred });
        Self {
            transport: Some(Transport::new(io, &config)),
            lifecycle: Lifecycle::new(Arc::clone(&end.shared)),
            inbound: Inbound::new(role),
            exchanges: Exchanges::new(service, end.channel()),
            outbound: Outbound::new(&config),
            account: Account::new(config.budget.clone()),
            over: None,
            handles: Handles::new(end.shared.id),
            mailbox: Mailbox::new(end),
            config,
        }
    }

    /// Returns the connection's handle.
    pub fn channel(&self) -> &Channel {
        self.exchanges.channel()
    }

    /// Runs all stages until nothing is left to do now.
    fn poll_stages(&mut self, cx: &mut Context<'_>) {
        let mut rounds = ROUNDS;
        loop {
            self.poll_rounds(cx, &mut rounds);
            let was_writable = self.is_writable();
            self.poll_flush(cx);
            if !was_writable && self.is_writable() || self.has_freed_bytes() {
                // There is room again: stages that waited for it can go on, including reading.
                continue;
            }
            self.poll_end(cx);
            self.settle();
            if !self.poll_watchdog(cx) {
                break;
            }
        }
    }

    /// Notes the number of requests that are not answered, for [`Channel::requests`].
    fn note_requests(&self) {
        let held = self.exchanges.running() + self.inbound.queued();
        self.channel().shared().note_requests(held);
    }

    /// Gives empty blocks back, and releases memory if nothing is in flight.
    fn release_memory(&mut self) {
        if let Some(transport) = &mut self.transport {
            transport.end_poll();
        }
        if !self.exchanges.is_idle() || self.outbound.awaits_responses() {
            return;
        }
        self.exchanges.release_memory();
        self.inbound.release_memory();
        self.outbound.release_memory();
        if let Some(transport) = &mut self.transport {
            transport.release_buffers();
        }
    }

    /// Closes the connection now, for `reason` unless it already has one. Requests in flight run to
    /// completion; their responses are discarded.
    fn close(&mut self, reason: CloseReason) {
        self.transport = None;
        self.exchanges.release_service();
        self.inbound.close();
        self.lifecycle.close(reason);
        // Last: the callers that this wakes look up the reason, which is set above.
        self.outbound.close();
    }
}

impl<Io, S> Future for Driver<Io, S>
where
    Io: AsyncRead + AsyncWrite + Unpin,
    S: Service<RemotingCommand, Response: Reply, Error: Into<BoxError>>,
{
    type Output = Result<Disconnect, Infallible>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.get_mut();
        this.mailbox.register(cx);
        let handles = mem::take(&mut this.handles);
        let lending = handles.lend();
        if let Some(transport) = &mut this.transport {
            transport.begin_poll();
        }
        this.poll_stages(cx);
        drop(lending);
        this.handles = handles;
        this.note_requests();
        if this.transport.is_none() && this.exchanges.is_idle() {
            return Poll::Ready(Ok(Disconnect::new(this.lifecycle.reason())));
        }
        this.release_memory();
        Poll::Pending
    }
}

/// No field is structurally pinned: each future in flight is pinned in its own box.
impl<Io, S: Service<RemotingCommand>> Unpin for Driver<Io, S> {}

impl<Io, S: Service<RemotingCommand>> fmt::Debug for Driver<Io, S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Driver")
            .field("lifecycle", &self.lifecycle)
            .field("inbound", &self.inbound)
            .field("outbound", &self.outbound)
            .finish_non_exhaustive()
    }
}

/// Frees the memory of a queue if it is empty and has grown beyond [`KEPT_CAPACITY`].
fn release<T>(queue: &mut VecDeque<T>) {
    if queue.is_empty() && queue.capacity() > KEPT_CAPACITY {
        *queue = VecDeque::new();
    }
}
