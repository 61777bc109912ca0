//! The service of one address.

use super::backoff::Backoff;
use super::call::{CallFuture, ClientCall};
use super::deadline::Deadline;
use super::pool::PooledConnection;
use super::shared::ClientShared;
use super::{Client, InvokeError};
use rocketmq_tower_core::{Addr, RemotingCommand};
use std::fmt;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::Duration;
use tokio::time::{Instant, sleep_until};
use tokio_util::sync::ReusableBoxFuture;
use tower_service::Service;

/// The service of one address of a [`Client`].
///
/// **It is ready when there is a connection.** `poll_ready` connects, and waits with back-off while
/// the server cannot be reached. It does not fail until the client is [shut
/// down](Client::shutdown), except if the address is invalid, so that `Balance`, `Buffer` and the like keep the service while its
/// server is unreachable, and use others meanwhile. To get an error instead, make calls through the
/// client itself, which connect within the timeout of the call, or put a timeout around a buffer,
/// as below: tower's timeout does not limit readiness, but it limits the wait in a buffer.
///
/// A call has the client's [`call_timeout`](super::ClientBuilder::call_timeout), which includes the
/// wait for a permit: an endpoint without a call in flight holds no permit.
///
/// ```no_run
/// use rocketmq_tower::client::Client;
/// use rocketmq_tower::{BoxError, RemotingCommand, RequestCode, ServiceBuilder, ServiceExt};
/// use std::time::Duration;
///
/// # #[tokio::main]
/// # async fn main() -> Result<(), BoxError> {
/// let broker = Client::new().endpoint("127.0.0.1:10911");
/// let mut broker = ServiceBuilder::new().timeout(Duration::from_secs(10)).buffer(64).service(broker);
/// let response = broker.ready().await?.call(RemotingCommand::request(RequestCode::HEART_BEAT)).await?;
/// # use rocketmq_tower::Service;
/// # Ok(())
/// # }
/// ```
pub struct Endpoint {
    client: Arc<ClientShared>,
    addr: Addr,
    state: EndpointState,
    /// Shared by all clones.
    backoff: Arc<Backoff>,
}

enum EndpointState {
    Idle,
    Connecting(ReusableBoxFuture<'static, Result<PooledConnection, InvokeError>>),
    Waiting(ReusableBoxFuture<'static, ()>),
    /// The connection, and when it was opened.
    Connected(PooledConnection, Instant),
}

impl Client {
    /// Returns the service of one address, which is ready when there is a connection.
    #[must_use]
    pub fn endpoint(&self, addr: impl Into<Addr>) -> Endpoint {
        Endpoint {
            client: Arc::clone(&self.shared),
            addr: addr.into(),
            state: EndpointState::Idle,
            backoff: Arc::new(Backoff::new(self.shared.backoff)),
        }
    }
}

impl Endpoint {
    /// Returns the address.
    #[must_use]
    pub fn addr(&self) -> &Addr {
        &self.addr
    }

    /// Waits for a connection. Fails when the client is shut down, and if the address is invalid.
    fn poll_connection(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), InvokeError>> {
        loop {
            self.state = match &mut self.state {
                EndpointState::Idle => match self.backoff.until() {
                    // Nothing to wait for if another connection is open.
                    Some(at) if !self.client.pool.is_open(&self.addr) => {
                        EndpointState::Waiting(ReusableBoxFuture::new(sleep_until(at)))
                    }
                    _ => EndpointState::Connecting(self.connect()),
                },
                EndpointState::Connecting(connecting) => match ready!(connecting.poll(cx)) {
                    Ok(connection) => EndpointState::Connected(connection, Instant::now()),
                    Err(error @ (InvokeError::ShutDown | InvokeError::InvalidAddr { .. })) => {
                        self.state = EndpointState::Idle;
                        return Poll::Ready(Err(error));
                    }
                    Err(error) => {
                        tracing::debug!(addr = %self.addr, %error, "an endpoint has no connection");
                        self.backoff.failed();
                        EndpointState::Idle
                    }
                },
                EndpointState::Waiting(waiting) => {
                    ready!(waiting.poll(cx));
                    EndpointState::Idle
                }
                EndpointState::Connected(connection, _) if connection.is_usable() => {
                    return Poll::Ready(Ok(()));
                }
                EndpointState::Connected(connection, since) => {
                    // A connection that ends before its first response counts as a failure to
                    // connect, so that a server which closes every connection is not dialled in a
                    // loop.
                    let lasted = since.elapsed() >= self.backoff.pause();
                    if lasted || connection.has_answered() || connection.channel.is_draining() {
                        self.backoff.reset();
                    } else {
                        self.backoff.failed();
                    }
                    EndpointState::Idle
                }
            };
        }
    }

    fn connect(&self) -> ReusableBoxFuture<'static, Result<PooledConnection, InvokeError>> {
        let (pool, addr) = (Arc::clone(&self.client.pool), self.addr.clone());
        // The dial timeout bounds it, so the deadline need not.
        let deadline = Deadline::within(Duration::MAX);
        ReusableBoxFuture::new(async move { pool.get(&addr, deadline, deadline.at()).await })
    }
}

impl Service<RemotingCommand> for Endpoint {
    type Response = RemotingCommand;
    type Error = InvokeError;
    type Future = CallFuture;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), InvokeError>> {
        self.poll_connection(cx)
    }

    fn call(&mut self, command: RemotingCommand) -> CallFuture {
        let deadline = Deadline::within(self.client.call_timeout);
        // The pool has this connection, or others.
        Box::pin(ClientCall::new(&self.client, self.addr.clone(), deadline).run(command))
    }
}

/// A clone shares the connection and the back-off: all clones together connect no more often than
/// one.
impl Clone for Endpoint {
    fn clone(&self) -> Self {
        let (client, backoff) = (Arc::clone(&self.client), Arc::clone(&self.backoff));
        Self { client, addr: self.addr.clone(), state: EndpointState::Idle, backoff }
    }
}

impl fmt::Debug for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let state = match &self.state {
            EndpointState::Idle => "idle",
            EndpointState::Connecting(_) => "connecting",
            EndpointState::Waiting(_) => "waiting to connect again",
            EndpointState::Connected(..) => "connected",
        };
        f.debug_struct("Endpoint").field("addr", &self.addr).field("state", &state).finish()
    }
}
