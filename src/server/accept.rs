//! The accept loop.

use super::connections::ServerShare;
use super::{Connections, Listener, ServeError, Shutdown};
use crate::service::ConnectionService;
use rocketmq_tower_core::error::{catch_panic, chain_text};
use rocketmq_tower_core::{BoxError, Channel, ChannelInfo, CloseReason, Connection, Disconnect};
use rocketmq_tower_layers::task::spawn_in;
use std::future::{Future, poll_fn};
use std::pin::pin;
use std::task::{Context, Poll};
use std::time::Duration;
use tokio::task::{JoinError, JoinSet};
use tokio::time::timeout;

/// Accepts connections and runs each in its own task.
pub(super) struct AcceptLoop<S> {
    service: S,
    share: ServerShare,
    tasks: JoinSet<()>,
}

impl<S> AcceptLoop<S> {
    pub(super) fn new(service: S, connections: &Connections) -> Self {
        Self { service, share: connections.share(), tasks: JoinSet::new() }
    }

    /// Accepts until `signal` resolves or the listener ends. Waits until the service is ready
    /// before it accepts: a connection that cannot be served yet stays in the kernel's queue.
    pub(super) async fn run<L, F>(&mut self, mut listener: L, signal: F) -> Result<(), ServeError>
    where
        L: Listener,
        S: ConnectionService<L::Io>,
        F: Future,
    {
        let mut signal = pin!(signal);
        loop {
            let next = async {
                poll_fn(|cx| poll_ready(&mut self.service, cx)).await?;
                Ok::<_, BoxError>(listener.accept().await)
            };
            let accepted = tokio::select! {
                biased;
                _ = &mut signal => return Ok(()),
                Some(ended) = self.tasks.join_next() => {
                    log_panic(ended);
                    listener.connection_ended();
                    continue;
                }
                accepted = next => accepted,
            };
            match accepted {
                Ok(Some((io, info))) => self.spawn(io, info),
                Ok(None) => {
                    return listener.failure().map_or(Ok(()), |e| Err(ServeError::Accept(e)));
                }
                Err(error) => return Err(ServeError::Service(error)),
            }
        }
    }

    fn spawn<Io>(&mut self, io: Io, info: ChannelInfo)
    where
        S: ConnectionService<Io>,
    {
        let connection = Connection::new(io, info);
        let channel = connection.channel();
        let member = self.share.add(channel.clone());
        // A layer that panics on one connection must not end the others. The connection is dropped,
        // and so closed, while the panic unwinds.
        let lifetime = match catch_panic(|| self.service.call(connection)) {
            Ok(lifetime) => lifetime,
            Err(panic) => {
                let (id, peer) = (channel.id(), channel.peer_addr());
                tracing::error!(id, %peer, panic, "the connection stack panicked, the connection is dropped");
                return;
            }
        };
        spawn_in(&mut self.tasks, "rocketmq connection", async move {
            let end = lifetime.await;
            drop(member);
            log_end(&channel, end.map_err(Into::into));
        });
    }

    /// Drains all connections, waits until they end, and closes those that are left at `deadline`.
    pub(super) async fn finish(mut self, deadline: Duration) -> Shutdown {
        // A stack that queues connections would keep them open.
        drop(self.service);
        tracing::info!(connections = self.tasks.len(), "draining");
        self.share.drain();
        let all = async {
            while let Some(ended) = self.tasks.join_next().await {
                log_panic(ended);
            }
        };
        let mut aborted = 0;
        if timeout(deadline, all).await.is_err() {
            aborted = self.share.open();
            tracing::warn!(aborted, tasks = self.tasks.len(), "the drain deadline passed");
            self.tasks.shutdown().await;
        }
        Shutdown { accepted: self.share.accepted(), aborted }
    }
}

/// Turns a panic into an error, which ends the server: no single connection has caused it.
fn poll_ready<Io, S>(service: &mut S, cx: &mut Context<'_>) -> Poll<Result<(), BoxError>>
where
    S: ConnectionService<Io>,
{
    match catch_panic(|| service.poll_ready(cx)) {
        Ok(ready) => ready.map_err(Into::into),
        Err(panic) => {
            Poll::Ready(Err(format!("the stack of the connection level panicked: {panic}").into()))
        }
    }
}

fn log_end(channel: &Channel, end: Result<Disconnect, BoxError>) {
    let (id, peer) = (channel.id(), channel.peer_addr());
    match end {
        // Peers that vanish are common; peers that break the protocol deserve a warning.
        Ok(Disconnect { reason, .. })
            if reason.is_error() && !matches!(reason, CloseReason::Io(_)) =>
        {
            tracing::warn!(id, %peer, reason = chain_text(&reason), "connection failed");
        }
        Ok(Disconnect { reason, .. }) => {
            tracing::debug!(id, %peer, reason = chain_text(&reason), "connection ended");
        }
        // A layer's decision, such as a timeout or load shedding. The layer logs what matters.
        Err(error) => {
            tracing::debug!(id, %peer, error = chain_text(&*error), "a layer ended a connection");
        }
    }
}

/// The task of a connection panics only when a layer of the connection level does.
fn log_panic(ended: Result<(), JoinError>) {
    if let Err(error) = ended {
        tracing::error!(%error, "a connection's task did not end by itself");
    }
}
