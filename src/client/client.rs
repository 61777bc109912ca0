//! A client of many servers.

use super::InvokeError;
use super::call::{CallFuture, ClientCall};
use super::deadline::Deadline;
use super::shared::ClientShared;
use rocketmq_tower_core::{Addr, Channel, RemotingCommand};
use std::fmt;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;
use tokio::time::timeout;
use tower_service::Service;

/// A client of many servers, with one connection to each address, opened by its first call; or
/// [several](super::ClientBuilder::connections_per_address).
///
/// Clones share the connections. When the last clone is dropped, the connections close as soon as
/// the calls in flight have ended.
///
/// Each call has one deadline for everything it waits for: a permit, the connection, the response.
/// A call that is answered with `GO_AWAY` is sent once more over a new connection, as in Java; so
/// is a call whose connection was closed before the request was written.
///
/// [`invoke`](Self::invoke) is the direct way. As a service of `(Addr, RemotingCommand)` the client
/// works with tower's middleware, and so do the [`endpoint`](Self::endpoint) of one address and a
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
    pub(super) shared: Arc<ClientShared>,
}

impl Client {
    /// Sends `command` to `addr` and waits for the response, for at most `timeout`.
    ///
    /// For a [oneway](RemotingCommand::is_oneway) command, returns an empty `SUCCESS` response once
    /// the command is written.
    ///
    /// # Errors
    /// See [`InvokeError`]. A response with an error code is a response.
    pub async fn invoke(
        &self,
        addr: impl Into<Addr>,
        command: RemotingCommand,
        timeout: Duration,
    ) -> Result<RemotingCommand, InvokeError> {
        ClientCall::new(&self.shared, addr.into(), Deadline::within(timeout)).run(command).await
    }

    /// Marks `command` as oneway, sends it to `addr`, and waits until it is written, for at most
    /// `timeout`.
    ///
    /// # Errors
    /// See [`InvokeError`]. Success does not mean that the server received it.
    pub async fn invoke_oneway(
        &self,
        addr: impl Into<Addr>,
        command: RemotingCommand,
        timeout: Duration,
    ) -> Result<(), InvokeError> {
        self.invoke(addr, command.oneway(), timeout).await.map(drop)
    }

    /// Returns the connection to `addr`, and opens it if there is none; of several, the one with the
    /// fewest calls in flight. The handle keeps the connection open.
    ///
    /// # Errors
    /// If there is no connection and none can be made within `timeout`.
    pub async fn connect(
        &self,
        addr: impl Into<Addr>,
        timeout: Duration,
    ) -> Result<Channel, InvokeError> {
        let (addr, deadline) = (addr.into(), Deadline::within(timeout));
        let connection = self.shared.pool.get(&addr, deadline, deadline.at()).await?;
        Ok(connection.channel)
    }

    /// Closes the connections to `addr` at once, and stops connecting. The calls in flight on them
    /// fail.
    pub fn disconnect(&self, addr: impl Into<Addr>) {
        self.shared.pool.close(&addr.into(), "the client disconnected");
    }

    /// Returns the number of connections, including those that are being opened.
    #[must_use]
    pub fn connection_count(&self) -> usize {
        self.shared.pool.len()
    }

    /// Returns the number of calls in flight, including oneway ones.
    #[must_use]
    pub fn calls(&self) -> usize {
        self.shared.calls.in_flight() + self.shared.oneways.in_flight()
    }

    /// Refuses new calls, waits until the calls in flight have ended, and then closes the
    /// connections. After `limit`, closes the connections that are left at once.
    pub async fn shutdown(&self, limit: Duration) {
        let shared = &self.shared;
        shared.pool.shutdown();
        let all = async {
            shared.calls.until_idle().await;
            shared.oneways.until_idle().await;
            for channel in shared.pool.drain() {
                channel.closed().await;
            }
        };
        // A connection may still be opening that no call waits for, even if all calls ended in
        // time.
        _ = timeout(limit, all).await;
        shared.pool.abort();
    }
}

/// Calls the address, and connects to it if there is no connection. A call has the client's
/// [`call_timeout`](super::ClientBuilder::call_timeout) for everything it waits for. The service is
/// always ready.
impl Service<(Addr, RemotingCommand)> for Client {
    type Response = RemotingCommand;
    type Error = InvokeError;
    type Future = CallFuture;

    fn poll_ready(&mut self, _cx: &mut Context<'_>) -> Poll<Result<(), InvokeError>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, (addr, command): (Addr, RemotingCommand)) -> CallFuture {
        let deadline = Deadline::within(self.shared.call_timeout);
        let call = ClientCall::new(&self.shared, addr, deadline);
        Box::pin(call.run(command))
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
