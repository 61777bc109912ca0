//! The accept loop.

use super::connections::{Connections, Share};
use super::{BoxConnectionService, Listener, ServeError, Shutdown};
use rocketmq_tower_core::error::{catch_panic, chain_text};
use rocketmq_tower_core::{BoxError, Channel, ChannelInfo, CloseReason, Connection, Disconnect};
use std::future::{Future, poll_fn};
use std::pin::pin;
use std::task::{Context, Poll};
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::task::{JoinError, JoinSet};
use tokio::time::timeout;
use tower_service::Service;

/// Accepts connections and runs each in a task of its own.
pub(super) struct Accepting<Io> {
    service: BoxConnectionService<Io>,
    share: Share,
    tasks: JoinSet<()>,
}

/// Why no more connections are accepted.
pub(super) enum Ended {
    /// It was asked for, or the listener ended.
    Done,
    Failed(ServeError),
}

impl<Io> Accepting<Io>
where
    Io: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    pub(super) fn new(service: BoxConnectionService<Io>, connections: Connections) -> Self {
        Self { service, share: connections.share(), tasks: JoinSet::new() }
    }

    /// Accepts until `signal` resolves. First the service has to be ready, then a connection is
    /// accepted: one that cannot be served yet stays in the kernel's queue.
    pub(super) async fn run<L, S>(&mut self, mut listener: L, signal: S) -> Ended
    where
        L: Listener<Io = Io>,
        S: Future,
    {
        let mut signal = pin!(signal);
        loop {
            let next = async {
                poll_fn(|cx| poll_ready(&mut self.service, cx)).await?;
                Ok::<_, BoxError>(listener.accept().await)
            };
            let accepted = tokio::select! {
                biased;
                _ = &mut signal => return Ended::Done,
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
                    let failure = listener.failure();
                    return failure
                        .map_or(Ended::Done, |error| Ended::Failed(ServeError::Accept(error)));
                }
                Err(error) => return Ended::Failed(ServeError::Service(error)),
            }
        }
    }

    fn spawn(&mut self, io: Io, info: ChannelInfo) {
        let connection = Connection::new(io, info);
        let channel = connection.channel();
        let entry = self.share.add(channel.clone());
        // A layer that fails at one connection, such as by a broken invariant, is not to end the
        // others. The connection is dropped, and so closed, while the panic unwinds.
        let life = match catch_panic(|| self.service.call(connection)) {
            Ok(life) => life,
            Err(panic) => {
                let (id, peer) = (channel.id(), channel.peer_addr());
                tracing::error!(id, %peer, panic, "the stack panicked, the connection is dropped");
                return;
            }
        };
        self.tasks.spawn(async move {
            let end = life.await;
            drop(entry);
            log_end(&channel, end);
        });
    }

    /// Drains all connections, waits for their ends, and cuts those that are left at the deadline.
    pub(super) async fn finish(mut self, deadline: Duration) -> Shutdown {
        // A stack that queues connections would hold on to them.
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

/// A stack that panics here is broken for good: there is no connection to blame.
fn poll_ready<Io>(
    service: &mut BoxConnectionService<Io>,
    cx: &mut Context<'_>,
) -> Poll<Result<(), BoxError>> {
    catch_panic(|| service.poll_ready(cx)).unwrap_or_else(|panic| {
        Poll::Ready(Err(format!("the stack of the connection level panicked: {panic}").into()))
    })
}

fn log_end(channel: &Channel, end: Result<Disconnect, BoxError>) {
    let (id, peer) = (channel.id(), channel.peer_addr());
    match end {
        // Peers that vanish are everyday life; peers that misbehave are worth a look.
        Ok(Disconnect { reason, .. })
            if reason.is_error() && !matches!(reason, CloseReason::Io(_)) =>
        {
            tracing::warn!(id, %peer, reason = chain_text(&reason), "connection failed");
        }
        Ok(Disconnect { reason, .. }) => {
            tracing::debug!(id, %peer, reason = chain_text(&reason), "connection ended");
        }
        // A layer's decision, such as a timeout or a shed load. One that wants it seen logs.
        Err(error) => {
            tracing::debug!(id, %peer, error = chain_text(&*error), "a layer ended a connection");
        }
    }
}

/// A connection's task panics only when a layer of the connection level does.
fn log_panic(ended: Result<(), JoinError>) {
    if let Err(error) = ended {
        tracing::error!(%error, "a connection's task did not end by itself");
    }
}
