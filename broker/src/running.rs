//! A broker that runs.

use crate::ServeError;
use std::net::SocketAddr;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

/// A running name server and broker.
///
/// [`shutdown`](Self::shutdown) ends them gracefully. Dropping this aborts them instead: it does not
/// wait, connections are closed, their requests get no response, and the tasks and the thread of the
/// broker end a moment later. Acknowledged messages are stored in both cases. A folder can be opened
/// again as soon as the thread has ended; only `shutdown` waits for that.
#[derive(Debug)]
pub struct RunningBroker {
    pub(crate) addrs: Addrs,
    /// Cancelled to end the task.
    pub(crate) stop: CancellationToken,
    /// Cancelled when the task has ended.
    pub(crate) ended: CancellationToken,
    pub(crate) task: JoinHandle<Result<(), ServeError>>,
}

/// The addresses of a broker.
#[derive(Clone, Debug)]
pub(crate) struct Addrs {
    pub(crate) name_server: SocketAddr,
    pub(crate) broker: SocketAddr,
    pub(crate) vip: Option<SocketAddr>,
    pub(crate) advertised: String,
    pub(crate) metrics: Option<SocketAddr>,
    pub(crate) console: Option<SocketAddr>,
}

impl RunningBroker {
    /// Returns the address on which the name server listens: what clients are configured with.
    #[must_use]
    pub fn name_server_addr(&self) -> SocketAddr {
        self.addrs.name_server
    }

    /// Returns the address on which the broker listens.
    #[must_use]
    pub fn broker_addr(&self) -> SocketAddr {
        self.addrs.broker
    }

    /// Returns the address on which it also listens for clients with a "VIP channel", if it does: see
    /// [`vip_port`](crate::BrokerBuilder::vip_port).
    #[must_use]
    pub fn vip_addr(&self) -> Option<SocketAddr> {
        self.addrs.vip
    }

    /// Returns the address of the broker, `host:port`, that the name server tells clients. It is that
    /// of [`broker_addr`](Self::broker_addr), unless the broker listens on all addresses, or
    /// [`advertise`](crate::BrokerBuilder::advertise) has set another one.
    #[must_use]
    pub fn advertised_addr(&self) -> &str {
        &self.addrs.advertised
    }

    /// Returns the address on which metrics are served, if they are.
    #[must_use]
    pub fn metrics_addr(&self) -> Option<SocketAddr> {
        self.addrs.metrics
    }

    /// Returns the address of the console, if there is one.
    #[must_use]
    pub fn console_addr(&self) -> Option<SocketAddr> {
        self.addrs.console
    }

    /// Shuts down gracefully: no more connections are accepted, requests that were read and pending
    /// pulls get their responses, connections that have not ended after 10 s are closed, and everything
    /// that was accepted is written, which may take 15 s more.
    ///
    /// When it returns, the store is closed: the folder and the addresses can be used again. Dropping
    /// the future aborts the broker.
    ///
    /// # Errors
    /// If the broker had already ended by itself: the reason. If the store does not end in time:
    /// [`ServeError::StoreBusy`].
    pub async fn shutdown(mut self) -> Result<(), ServeError> {
        self.stop.cancel();
        (&mut self.task).await.unwrap_or_else(|error| Err(ServeError::Task(error.into())))
    }

    /// Resolves when the broker has ended by itself, such as because its store has failed.
    /// [`shutdown`](Self::shutdown) returns the reason then. Cancel safe.
    pub async fn stopped(&self) {
        self.ended.cancelled().await;
    }
}

impl Drop for RunningBroker {
    fn drop(&mut self) {
        self.task.abort();
    }
}
