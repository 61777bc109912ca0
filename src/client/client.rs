//! A client of many servers.

use super::exchange::Exchange;
use super::table::Table;
use super::{ClientBuilder, Deadline, Endpoint, InvokeError, NameServers};
use rocketmq_tower_core::channel::CallStage;
use rocketmq_tower_core::{Addr, Channel, RemotingCommand};
use rocketmq_tower_layers::RpcHookLayer;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::{timeout, timeout_at};

/// A client of many servers: one connection to each address, made when it is needed.
///
/// Clones share the connections. When the last clone is dropped, the connections end as soon as
/// the calls that are under way are done.
///
/// Each call has one deadline for all that it may have to wait for: a slot, the connection, the
/// answer. A server that says `GO_AWAY` is asked once more over a fresh connection, as in Java;
/// so is one whose connection was closed before the request was written.
///
/// [`invoke`](Self::invoke) is the direct way. As a service of `(Addr, RemotingCommand)` the client
/// goes into tower's middleware, and so does the [`endpoint`](Self::endpoint) of one address, and a
/// list of [name servers](Self::name_servers). All must be used within a tokio runtime.
///
/// ```no_run
/// use rocketmq_tower::client::Client;
/// use rocketmq_tower::{BoxError, RemotingCommand, RequestCode};
/// use std::time::Duration;
///
/// # #[tokio::main]
/// # async fn main() -> Result<(), BoxError> {
/// let client = Client::new();
/// let request = RemotingCommand::request(RequestCode::GET_BROKER_CLUSTER_INFO);
/// let response = client.invoke("127.0.0.1:9876", request, Duration::from_secs(3)).await?;
/// println!("{response:?}");
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct Client {
    pub(super) inner: Arc<Inner>,
}

/// What all clones share.
pub(super) struct Inner {
    pub(super) table: Arc<Table>,
    pub(super) hooks: RpcHookLayer,
    pub(super) calls: Limit,
    pub(super) oneways: Limit,
    pub(super) call_timeout: Duration,
    pub(super) backoff: (Duration, Duration),
}

/// A bound on what is under way.
pub(super) struct Limit {
    pub(super) max: usize,
    pub(super) permits: Arc<Semaphore>,
}

impl Limit {
    pub(super) fn new(max: usize) -> Self {
        // What `none_under_way` can ask for at once.
        let max = max.min(u32::MAX as usize).min(Semaphore::MAX_PERMITS);
        Self { max, permits: Arc::new(Semaphore::new(max)) }
    }

    /// Waits until nothing is under way.
    async fn none_under_way(&self) {
        // An error means that they are closed, which they never are.
        _ = self.permits.acquire_many(self.max as u32).await;
    }

    pub(super) async fn acquire(
        &self,
        addr: &Addr,
        deadline: Deadline,
    ) -> Result<OwnedSemaphorePermit, InvokeError> {
        let permits = Arc::clone(&self.permits);
        if deadline.timeout().is_zero() {
            let too_many = |_| InvokeError::TooManyCalls { limit: self.max };
            return permits.try_acquire_owned().map_err(too_many);
        }
        match timeout_at(deadline.at(), permits.acquire_owned()).await {
            Ok(Ok(permit)) => Ok(permit),
            // They are never closed.
            Ok(Err(_)) => Err(InvokeError::ShutDown),
            Err(_) => Err(deadline.passed(addr, CallStage::Capacity)),
        }
    }
}

impl Client {
    /// A client with the defaults of [`ClientBuilder`].
    #[must_use]
    pub fn new() -> Self {
        Self::builder().build()
    }

    /// Starts to put a client together.
    #[must_use]
    pub fn builder() -> ClientBuilder {
        ClientBuilder::default()
    }

    pub(super) fn from_inner(inner: Arc<Inner>) -> Self {
        Self { inner }
    }

    /// Sends `command` to `addr` and waits for the answer: for `timeout` at most, whatever has to be
    /// waited for.
    ///
    /// A command that is [oneway](RemotingCommand::is_oneway) is answered with an empty `SUCCESS`
    /// when it was written.
    ///
    /// # Errors
    /// See [`InvokeError`]. An answer with an error code is an answer.
    pub async fn invoke(
        &self,
        addr: impl Into<Addr>,
        command: RemotingCommand,
        timeout: Duration,
    ) -> Result<RemotingCommand, InvokeError> {
        Exchange::new(&self.inner, addr.into(), Deadline::within(timeout)).run(command).await
    }

    /// Sends `command`, marked as oneway, to `addr`, and waits until it was written.
    ///
    /// # Errors
    /// See [`InvokeError`]. Whether the server got it, nobody can know.
    pub async fn invoke_oneway(
        &self,
        addr: impl Into<Addr>,
        command: RemotingCommand,
        timeout: Duration,
    ) -> Result<(), InvokeError> {
        self.invoke(addr, command.oneway(), timeout).await.map(drop)
    }

    /// The service of one address, whose readiness waits for the connection.
    #[must_use]
    pub fn endpoint(&self, addr: impl Into<Addr>) -> Endpoint {
        Endpoint::new(Arc::clone(&self.inner), addr.into())
    }

    /// A service of whichever of these name servers can be reached.
    pub fn name_servers<A: Into<Addr>>(&self, addrs: impl IntoIterator<Item = A>) -> NameServers {
        NameServers::new(self.clone(), addrs.into_iter().map(Into::into).collect())
    }

    /// The connection to `addr`, made if there is none: to look at it, or to see whether the server
    /// can be reached. The handle keeps the connection open.
    ///
    /// # Errors
    /// If there is none and none can be made within `timeout`.
    pub async fn connect(
        &self,
        addr: impl Into<Addr>,
        timeout: Duration,
    ) -> Result<Channel, InvokeError> {
        let (addr, deadline) = (addr.into(), Deadline::within(timeout));
        let connection = self.inner.table.get(&addr, deadline, deadline.at()).await?;
        Ok(connection.channel)
    }

    /// Closes the connection to `addr` at once, if there is one or one is being made. Its calls
    /// fail.
    pub fn disconnect(&self, addr: impl Into<Addr>) {
        self.inner.table.close(&addr.into(), "the client disconnected");
    }

    /// How many connections there are or are being made.
    #[must_use]
    pub fn connection_count(&self) -> usize {
        self.inner.table.len()
    }

    /// How many calls are under way, oneway ones included.
    #[must_use]
    pub fn calls(&self) -> usize {
        let under_way = |limit: &Limit| limit.max - limit.permits.available_permits();
        under_way(&self.inner.calls) + under_way(&self.inner.oneways)
    }

    /// Takes no calls any more, lets those that are under way end, and then closes the connections:
    /// at once those that are left after `limit`.
    pub async fn shutdown(&self, limit: Duration) {
        let inner = &self.inner;
        inner.table.shutdown();
        let all = async {
            inner.calls.none_under_way().await;
            inner.oneways.none_under_way().await;
            for channel in inner.table.drain() {
                channel.closed().await;
            }
        };
        // In time or not, nothing is to be left: a connection may still be made for nobody.
        _ = timeout(limit, all).await;
        inner.table.cut();
    }
}

impl Default for Client {
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Client")
            .field("connections", &self.connection_count())
            .field("calls", &self.calls())
            .finish_non_exhaustive()
    }
}
