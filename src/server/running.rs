//! A server that runs in a task.

use super::{Connections, ServeError, Shutdown};
use rocketmq_tower_core::Addr;
use rocketmq_tower_layers::task::spawn;
use std::fmt;
use std::future::Future;
use std::panic::resume_unwind;
use tokio::task::JoinHandle;
use tokio_util::sync::{CancellationToken, DropGuard};

/// A server that runs in a task of its own. Created by [`BoundServer::spawn`] and [`Serve::spawn`].
///
/// Dropping it starts a graceful shutdown, which goes on without it:
/// [`serve_until`](super::BoundServer::serve_until) says what that is. [`shutdown`](Self::shutdown) also waits
/// for its end and returns the result. [`abort`](Self::abort) closes everything at once.
///
/// [`BoundServer::spawn`]: super::BoundServer::spawn
/// [`Serve::spawn`]: super::Serve::spawn
#[must_use = "the server shuts down when this is dropped"]
pub struct RunningServer {
    local_addrs: Vec<Addr>,
    connections: Connections,
    /// Dropping it starts the shutdown.
    stop: DropGuard,
    /// Cancelled when the task has ended.
    ended: CancellationToken,
    task: JoinHandle<Result<Shutdown, ServeError>>,
}

impl RunningServer {
    /// Runs `serving`, which ends after the signal of `stop`.
    pub(super) fn start<F>(
        stop: Stop,
        local_addrs: Vec<Addr>,
        connections: Connections,
        serving: F,
    ) -> Self
    where
        F: Future<Output = Result<Shutdown, ServeError>> + Send + 'static,
    {
        let ended = CancellationToken::new();
        let end = ended.clone().drop_guard();
        let task = spawn("rocketmq server", async move {
            let _end = end;
            serving.await
        });
        Self { local_addrs, connections, stop: stop.0.drop_guard(), ended, task }
    }

    /// Returns the address that the server listens on: the first, if there are several.
    #[must_use]
    pub fn local_addr(&self) -> Addr {
        self.local_addrs.first().cloned().unwrap_or_default()
    }

    /// Returns all addresses that the server listens on.
    #[must_use]
    pub fn local_addrs(&self) -> &[Addr] {
        &self.local_addrs
    }

    /// Returns a handle to the table of the server's connections.
    #[must_use]
    pub fn connections(&self) -> Connections {
        self.connections.clone()
    }

    /// Waits until the server has ended by itself, because its listener or its stack did. Then
    /// [`shutdown`](Self::shutdown) returns the result at once.
    pub async fn ended(&self) {
        self.ended.cancelled().await;
    }

    /// Shuts down gracefully, and waits until the last connection has ended, or until the drain
    /// deadline. The shutdown goes on if the future is dropped.
    ///
    /// # Errors
    /// If the server had ended by itself with an error. If its runtime is shut down.
    pub async fn shutdown(self) -> Result<Shutdown, ServeError> {
        let Self { stop, task, .. } = self;
        drop(stop);
        result(task).await
    }

    /// Waits until the server ends by itself. Dropping the future starts a graceful shutdown.
    ///
    /// # Errors
    /// If the stack of the connection level fails permanently, or the listener does. If the runtime
    /// of the server is shut down.
    pub async fn wait(self) -> Result<Shutdown, ServeError> {
        let Self { stop, task, .. } = self;
        let result = result(task).await;
        drop(stop);
        result
    }

    /// Stops listening and closes all connections at once, soon after this returns.
    pub fn abort(self) {
        self.task.abort();
    }
}

async fn result(task: JoinHandle<Result<Shutdown, ServeError>>) -> Result<Shutdown, ServeError> {
    match task.await {
        Ok(result) => result,
        // A panic of the listener: the same as if the caller had served.
        Err(error) => match error.try_into_panic() {
            Ok(panic) => resume_unwind(panic),
            Err(_) => Err(ServeError::Stopped),
        },
    }
}

impl fmt::Debug for RunningServer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RunningServer")
            .field("local_addrs", &self.local_addrs)
            .field("connections", &self.connections.len())
            .field("is_running", &!self.ended.is_cancelled())
            .finish_non_exhaustive()
    }
}

/// Starts the shutdown of a server when its guard is dropped.
pub(super) struct Stop(CancellationToken);

impl Stop {
    pub(super) fn new() -> Self {
        Self(CancellationToken::new())
    }

    /// Returns the future that resolves when the shutdown starts.
    pub(super) fn signal(&self) -> impl Future<Output = ()> + Send + 'static {
        self.0.clone().cancelled_owned()
    }
}
