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

/// The most connections that are taken from the kernel's queue when the server shuts down.
const MAX_QUEUED: usize = 4096;

/// Accepted connections that wait until the service is ready for them.
type Waiting<Io> = Vec<(Io, ChannelInfo)>;

/// Accepts connections and runs each in its own task.
pub(super) struct AcceptLoop<S> {
    service: S,
    running: Running,
}

/// The connections of the server, and their tasks.
struct Running {
    share: ServerShare,
    tasks: JoinSet<()>,
}

impl<S> AcceptLoop<S> {
    pub(super) fn new(service: S, connections: &Connections) -> Self {
        let running = Running { share: connections.share(), tasks: JoinSet::new() };
        Self { service, running }
    }

    /// Accepts until `signal` resolves or the listener ends. Waits until the service is ready
    /// before it accepts: a connection that cannot be served yet stays in the kernel's queue.
    ///
    /// Returns the connections that were in this queue at the signal. Peers may have sent requests over
    /// them, and could not know what became of these if the connections were closed unread.
    pub(super) async fn run<L, F>(
        &mut self,
        mut listener: L,
        signal: F,
    ) -> Result<Waiting<L::Io>, ServeError>
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
                _ = &mut signal => return Ok(queued(&mut listener)),
                Some(ended) = self.running.tasks.join_next() => {
                    log_panic(ended);
                    listener.connection_ended();
                    continue;
                }
                accepted = next => accepted,
            };
            match accepted {
                Ok(Some((io, info))) => _ = self.running.spawn(&mut self.service, io, info),
                Ok(None) => {
                    return match listener.failure() {
                        None => Ok(Waiting::new()),
                        Some(error) => Err(ServeError::Accept(error)),
                    };
                }
                Err(error) => return Err(ServeError::Service(error)),
            }
        }
    }

    /// Drains all connections, and those of `waiting` as soon as the service is ready for each. Waits
    /// until they end, and closes those that are left at `deadline`.
    pub(super) async fn finish<Io>(self, waiting: Waiting<Io>, deadline: Duration) -> Shutdown
    where
        S: ConnectionService<Io>,
    {
        let Self { mut service, mut running } = self;
        tracing::info!(connections = running.tasks.len(), waiting = waiting.len(), "draining");
        running.share.drain();
        let all = async {
            for (io, info) in waiting {
                if let Err(error) = poll_fn(|cx| poll_ready(&mut service, cx)).await {
                    tracing::warn!(error = chain_text(&*error), "connections that waited are lost");
                    break;
                }
                running.spawn(&mut service, io, info).drain();
            }
            // A stack that queues connections would keep them open.
            drop(service);
            while let Some(ended) = running.tasks.join_next().await {
                log_panic(ended);
            }
        };
        let mut aborted = 0;
        if timeout(deadline, all).await.is_err() {
            aborted = running.share.open();
            tracing::warn!(aborted, tasks = running.tasks.len(), "the drain deadline passed");
            running.tasks.shutdown().await;
        }
        Shutdown { accepted: running.share.accepted(), aborted }
    }
}

impl Running {
    /// Runs a connection in a task, and returns its handle.
    fn spawn<Io, S>(&mut self, service: &mut S, io: Io, info: ChannelInfo) -> Channel
    where
        S: ConnectionService<Io>,
    {
        let connection = Connection::new(io, info);
        let channel = connection.channel();
        let member = self.share.add(channel.clone());
        // A layer that panics on one connection must not end the others. The connection is dropped,
        // and so closed, while the panic unwinds.
        let lifetime = match catch_panic(|| service.call(connection)) {
            Ok(lifetime) => lifetime,
            Err(panic) => {
                let (id, peer) = (channel.id(), channel.peer_addr());
                tracing::error!(id, %peer, panic, "the connection stack panicked, the connection is dropped");
                return channel;
            }
        };
        let handle = channel.clone();
        spawn_in(&mut self.tasks, "rocketmq connection", async move {
            let end = lifetime.await;
            drop(member);
            log_end(&channel, end.map_err(Into::into));
        });
        handle
    }
}

/// Takes the connections that wait to be accepted.
fn queued<L: Listener>(listener: &mut L) -> Waiting<L::Io> {
    std::iter::from_fn(|| listener.accept_queued()).take(MAX_QUEUED).collect()
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
