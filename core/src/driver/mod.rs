//! The engine of one connection: [`Driver`].

mod config;
mod exchanges;
mod in_flight;
mod inbound;
mod lifecycle;
mod mailbox;
mod outbound;
mod pending;
mod rounds;
mod service;
mod transport;
mod vectored;
mod watchdog;

pub use config::ConnectionConfig;
pub use service::DriverService;

use crate::channel::{Bounds, Channel, CloseReason, Disconnect};
use crate::command::RemotingCommand;
use crate::connection::Connection;
use crate::error::BoxError;
use crate::reply::Reply;
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
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use tokio::io::{AsyncRead, AsyncWrite};
use tower_service::Service;
use transport::Transport;

/// Rounds per poll before yielding to the runtime.
const ROUNDS: usize = 16;

/// A queue that grew beyond this gives its memory back when it is empty.
const KEPT_CAPACITY: usize = 64;

/// Runs one connection to its end: a future that resolves when the connection is closed and all of
/// its requests have finished.
///
/// It reads frames, hands the peer's requests to a service and writes the responses, and sends the
/// calls that this side makes over the [`Channel`]: all in one task. Requests run concurrently;
/// responses are sent as they become ready. The rules, numbered as in `docs/architecture.md`:
///
/// * R1: readiness of the service is polled only with a request in hand.
/// * R2: a response of the peer never waits behind requests.
/// * R3: a request that was handed to the service runs to completion, whatever happens to the
///   connection. Only dropping the driver cancels it.
/// * R4: a server stops reading while it cannot take more. A client never stops reading, so that
///   responses arrive; it answers requests that it cannot take with `SYSTEM_BUSY`.
/// * R5: reading ends at the first bad frame. Requests before it are answered.
/// * R6: a response repeats its request's opaque and serialize type. Oneway requests are never
///   answered.
/// * R7: an error or a panic of the service is answered with `SYSTEM_ERROR`.
/// * R8: a call's opaque is unique on its connection; its caller's opaque is restored.
/// * R9: a [`Channel`] keeps neither the socket, nor buffers, nor the task alive.
/// * R10: every queue, buffer and wait is bounded by [`ConnectionConfig`].
///
/// While the channel is drained, requests of peers that know `GO_AWAY` are answered with it, for at
/// most [`ConnectionConfig::linger`]; nothing more is read from other peers. Needs a tokio timer.
pub struct Driver<Io, S: Service<RemotingCommand>> {
    /// `None` once the connection is closed. Dropped before `mailbox`, which announces the end.
    transport: Option<Transport<Io>>,
    mailbox: Mailbox,
    lifecycle: Lifecycle,
    inbound: Inbound,
    exchanges: Exchanges<S>,
    outbound: Outbound,
    config: Arc<ConnectionConfig>,
}

impl<Io, S> Driver<Io, S>
where
    Io: AsyncRead + AsyncWrite + Unpin,
    S: Service<RemotingCommand, Response: Reply, Error: Into<BoxError>>,
{
    /// Creates the driver of an accepted connection. Requests of the peer go to `service`.
    ///
    /// From here on, the channel's addresses and extensions are fixed and calls over it are sent.
    #[must_use]
    pub fn server(
        connection: Connection<Io>,
        service: S,
        config: impl Into<Arc<ConnectionConfig>>,
    ) -> Self {
        Self::new(connection, Role::Server, service, config.into())
    }

    /// Creates the driver of a connection that this side has opened, like
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
            outbound: Outbound::new(),
            mailbox: Mailbox::new(end),
            config,
        }
    }

    /// The connection's handle.
    #[must_use]
    pub fn channel(&self) -> &Channel {
        self.exchanges.channel()
    }

    /// Closes the connection now, for `reason` unless there is one already. Requests in flight run
    /// on; their responses are discarded.
    fn close(&mut self, reason: CloseReason) {
        self.transport = None;
        self.exchanges.release_service();
        self.inbound.close();
        self.lifecycle.close(reason);
        // Callers look the reason up, so it is set first.
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
        let mut rounds = ROUNDS;
        loop {
            this.poll_rounds(cx, &mut rounds);
            let was_writable = this.is_writable();
            this.poll_flush(cx);
            if !was_writable && this.is_writable() {
                // What waited for room goes on, reading included.
                continue;
            }
            this.poll_end(cx);
            if !this.poll_watchdog(cx) {
                break;
            }
        }
        if this.transport.is_none() && this.exchanges.is_idle() {
            return Poll::Ready(Ok(Disconnect::new(this.lifecycle.reason())));
        }
        this.release_memory();
        Poll::Pending
    }
}

/// Nothing is pinned: each future in flight is pinned in a box of its own.
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

/// Gives the memory of a queue back that has grown and is empty.
fn release<T>(queue: &mut VecDeque<T>) {
    if queue.is_empty() && queue.capacity() > KEPT_CAPACITY {
        *queue = VecDeque::new();
    }
}
