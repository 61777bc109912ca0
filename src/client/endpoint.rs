//! The service of one address.

use super::backoff::Backoff;
use super::client::Inner;
use super::connection::Connection;
use super::exchange::{Answering, Exchange};
use super::{Deadline, InvokeError};
use rocketmq_tower_core::{Addr, RemotingCommand};
use std::fmt;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::Duration;
use tokio::time::{Instant, sleep_until};
use tokio_util::sync::ReusableBoxFuture;
use tower_service::Service;

/// The service of one address of a [`Client`](super::Client).
///
/// **Its readiness is the connection's**: `poll_ready` connects, and waits with back-off while the
/// server cannot be reached. It does not fail until the client is
/// [shut down](super::Client::shutdown), so that `Balance`, `Buffer` and the like keep the service
/// while its server is away, and use others meanwhile. Who wants an error instead makes calls
/// through the client itself, which connect in the call's time, or puts a timeout around a buffer,
/// as below: tower's timeout has no bound for readiness, but for what waits in a buffer.
///
/// A call has the client's [`call_timeout`](super::ClientBuilder::call_timeout), in which it waits
/// for a slot, too: nothing that others wait for is kept by an endpoint without a call.
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
/// let answer = broker.ready().await?.call(RemotingCommand::request(RequestCode::HEART_BEAT)).await?;
/// # use rocketmq_tower::Service;
/// # Ok(())
/// # }
/// ```
pub struct Endpoint {
    inner: Arc<Inner>,
    addr: Addr,
    state: State,
    /// Of all clones.
    backoff: Arc<Backoff>,
}

enum State {
    Idle,
    Connecting(ReusableBoxFuture<'static, Result<Connection, InvokeError>>),
    Waiting(ReusableBoxFuture<'static, ()>),
    /// Since when.
    Connected(Connection, Instant),
}

impl Endpoint {
    pub(super) fn new(inner: Arc<Inner>, addr: Addr) -> Self {
        let backoff = Arc::new(Backoff::new(inner.backoff));
        Self { inner, addr, state: State::Idle, backoff }
    }

    /// The address.
    #[must_use]
    pub fn addr(&self) -> &Addr {
        &self.addr
    }

    /// Ready when there is a connection. Fails when there will be none.
    fn poll_connection(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), InvokeError>> {
        loop {
            self.state = match &mut self.state {
                State::Idle => match self.backoff.until() {
                    Some(at) => State::Waiting(ReusableBoxFuture::new(sleep_until(at))),
                    None => State::Connecting(self.connect()),
                },
                State::Connecting(connecting) => match ready!(connecting.poll(cx)) {
                    Ok(connection) => State::Connected(connection, Instant::now()),
                    Err(error @ InvokeError::ShutDown) => {
                        self.state = State::Idle;
                        return Poll::Ready(Err(error));
                    }
                    Err(error) => {
                        tracing::debug!(addr = %self.addr, %error, "an endpoint has no connection");
                        self.backoff.failed();
                        State::Idle
                    }
                },
                State::Waiting(waiting) => {
                    ready!(waiting.poll(cx));
                    State::Idle
                }
                State::Connected(connection, _) if connection.is_usable() => {
                    return Poll::Ready(Ok(()));
                }
                State::Connected(connection, since) => {
                    // One that ends before it was of use counts as a failure to connect: a server
                    // that closes every connection is not to be dialled in a loop.
                    let lasted = since.elapsed() >= self.backoff.pause();
                    if lasted || connection.answers() > 0 || connection.channel.is_draining() {
                        self.backoff.reset();
                    } else {
                        self.backoff.failed();
                    }
                    State::Idle
                }
            };
        }
    }

    fn connect(&self) -> ReusableBoxFuture<'static, Result<Connection, InvokeError>> {
        let (table, addr) = (Arc::clone(&self.inner.table), self.addr.clone());
        // The connector's own time bounds it.
        let deadline = Deadline::within(Duration::MAX);
        ReusableBoxFuture::new(async move { table.get(&addr, deadline, deadline.at()).await })
    }
}

impl Service<RemotingCommand> for Endpoint {
    type Response = RemotingCommand;
    type Error = InvokeError;
    type Future = Answering;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), InvokeError>> {
        self.poll_connection(cx)
    }

    fn call(&mut self, command: RemotingCommand) -> Answering {
        let deadline = Deadline::within(self.inner.call_timeout);
        let (inner, addr) = (Arc::clone(&self.inner), self.addr.clone());
        // The table has the connection, or a better one by now.
        Box::pin(async move { Exchange::new(&inner, addr, deadline).run(command).await })
    }
}

/// A clone shares the connection, and the waiting for it: however many clones there are, the server
/// is dialled as if it were one.
impl Clone for Endpoint {
    fn clone(&self) -> Self {
        let (inner, backoff) = (Arc::clone(&self.inner), Arc::clone(&self.backoff));
        Self { inner, addr: self.addr.clone(), state: State::Idle, backoff }
    }
}

impl fmt::Debug for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let state = match &self.state {
            State::Idle => "idle",
            State::Connecting(_) => "connecting",
            State::Waiting(_) => "waiting to connect again",
            State::Connected(..) => "connected",
        };
        f.debug_struct("Endpoint").field("addr", &self.addr).field("state", &state).finish()
    }
}
