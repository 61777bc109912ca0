//! The task that serves both servers until the end.

use crate::ServeError;
use crate::log::{self, LogGuard};
use rocketmq_tower::server::BoundServer;
use rocketmq_tower::server::listener::{ListenerSet, Retry, TcpAcceptor};
use std::time::Duration;
use tokio::task::JoinSet;
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;

/// The maximum time that the end of the jobs and of the store may take, after the servers have ended. A
/// disk that does not answer takes longer.
const DEADLINE: Duration = Duration::from_secs(15);

/// Both servers, and the broker's background jobs.
pub(crate) struct Servers {
    pub(crate) name_server: BoundServer<Retry<TcpAcceptor>>,
    pub(crate) broker: BoundServer<ListenerSet<Retry<TcpAcceptor>>>,
    pub(crate) jobs: JoinSet<()>,
}

impl Servers {
    /// Serves until `stop` is cancelled, the store fails for good, or one of the servers ends. Then
    /// both servers are drained, and everything that was accepted is written. Dropping the future
    /// aborts all of it.
    ///
    /// Connections have 10 s to end, and the store 15 s.
    pub(crate) async fn run(
        mut self,
        log: LogGuard,
        stop: CancellationToken,
    ) -> Result<(), ServeError> {
        let failed = log.handle().failed();
        let (name_server, broker, ()) = tokio::join!(
            async {
                let served = self.name_server.serve_until(stop.cancelled()).await;
                // Neither server is of use without the other.
                stop.cancel();
                served
            },
            async {
                let served = self.broker.serve_until(stop.cancelled()).await;
                stop.cancel();
                served
            },
            async {
                tokio::select! {
                    () = failed.cancelled() => {}
                    () = stop.cancelled() => {}
                }
                stop.cancel();
            },
        );
        let ended = timeout(DEADLINE, async {
            self.jobs.shutdown().await;
            log::close(log).await;
        });
        let ended = ended.await;
        name_server.map_err(ServeError::NameServer)?;
        broker.map_err(ServeError::Broker)?;
        if failed.is_cancelled() {
            return Err(ServeError::Store);
        }
        ended.map_err(|_| ServeError::StoreBusy)
    }
}
