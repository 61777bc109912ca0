//! One call of a client: the connection, the hooks, and a second attempt after `GO_AWAY`.

use super::InvokeError;
use super::deadline::Deadline;
use super::on_drop::OnDrop;
use super::pool::PooledConnection;
use super::shared::ClientShared;
use rocketmq_tower_core::channel::CallStage;
use rocketmq_tower_core::{Addr, CallError, Channel, RemotingCommand, ResponseCode};
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;
use tokio::time::{Instant, timeout};
use tower::service_fn;
use tower_layer::Layer;
use tower_service::Service;

/// The future of the client's services.
pub(super) type CallFuture =
    Pin<Box<dyn Future<Output = Result<RemotingCommand, InvokeError>> + Send>>;

/// A connection is replaced when calls that were dropped have waited in vain for a third of their
/// timeout.
const PARTS: u32 = 3;

/// A call to one address.
pub(super) struct ClientCall {
    client: Arc<ClientShared>,
    addr: Addr,
    deadline: Deadline,
    /// When to give up waiting for a connection.
    connect_by: Instant,
}

impl ClientCall {
    pub(super) fn new(client: &Arc<ClientShared>, addr: Addr, deadline: Deadline) -> Self {
        Self { client: Arc::clone(client), addr, deadline, connect_by: deadline.at() }
    }

    /// Gives up waiting for a connection at this time, before the deadline.
    pub(super) fn connect_by(mut self, at: Instant) -> Self {
        self.connect_by = at;
        self
    }

    /// Makes the call, with the client's hooks around it.
    pub(super) async fn run(
        self,
        command: RemotingCommand,
    ) -> Result<RemotingCommand, InvokeError> {
        self.client.pool.check()?;
        let limit = if command.is_oneway() { &self.client.oneways } else { &self.client.calls };
        let _permit = limit.acquire(&self.addr, self.deadline).await?;
        if self.client.hooks.is_empty() {
            return self.send(command).await;
        }
        let hooks = self.client.hooks.clone().peer(self.addr.clone());
        // `HookedService` is always ready here: `service_fn` is.
        let mut hooked = hooks.layer(service_fn(|command| self.send(command)));
        hooked.call(command).await.map_err(|error| match error.downcast::<InvokeError>() {
            Ok(error) => *error,
            Err(error) => InvokeError::Hook(error.into()),
        })
    }

    async fn send(&self, command: RemotingCommand) -> Result<RemotingCommand, InvokeError> {
        // The newest connection when the call was first sent away, and when it first missed.
        // Connections that are not newer may end for the same reason, and do not count.
        let (mut sent_away, mut missed) = (None, None);
        let is_second = |first: Option<u64>, connection: &PooledConnection| {
            first.is_some_and(|newest| connection.number() > newest)
        };
        loop {
            let connection = self.connection().await?;
            let (since, heard) = (Instant::now(), connection.channel.heard());
            let is_call = !command.is_oneway();
            let given_up = OnDrop::new(|| {
                if is_call {
                    self.gave_up(&connection, since, heard);
                }
            });
            let left = self.deadline.left_from(since);
            let result = attempt(&connection.channel, command.clone(), left).await;
            given_up.disarm();
            let error = match result {
                Ok(response) if response.response_code() != ResponseCode::GO_AWAY => {
                    connection.answered();
                    return Ok(response);
                }
                Ok(_) => {
                    let newest = self.retire(&connection);
                    if is_second(sent_away, &connection) {
                        return Err(InvokeError::GoAway { addr: self.addr.clone() });
                    }
                    sent_away.get_or_insert(newest);
                    continue;
                }
                Err(error) => error,
            };
            match &error {
                // The connection closed between the look-up and the sending.
                CallError::NotSent(_) if !is_second(missed, &connection) => {
                    let newest = self.retire(&connection);
                    missed.get_or_insert(newest);
                    continue;
                }
                // Nothing arrived during the whole call: the peer may have vanished.
                CallError::Timeout { stage: CallStage::Answer, .. }
                    if connection.is_silent_since(heard) =>
                {
                    _ = self.retire(&connection);
                }
                _ => {}
            }
            return Err(InvokeError::from_call(&self.addr, error, self.deadline.timeout()));
        }
    }

    async fn connection(&self) -> Result<PooledConnection, InvokeError> {
        self.client.pool.get(&self.addr, self.deadline, self.connect_by).await
    }

    /// Retires a connection, and returns the number of the newest one to the address.
    fn retire(&self, connection: &PooledConnection) -> u64 {
        self.client.pool.retire(&self.addr, &connection.channel).max(connection.number())
    }

    /// Called when the call is dropped while it waits for its response. The peer may have vanished if
    /// such calls have waited for a good part of their timeout and nothing arrived meanwhile.
    fn gave_up(&self, connection: &PooledConnection, since: Instant, heard: u64) {
        if connection.gave_up(since, heard) >= self.deadline.timeout() / PARTS {
            tracing::debug!(addr = %self.addr, "a connection on which calls wait in vain is replaced");
            self.retire(connection);
        }
    }
}

/// Makes one attempt, which may take as long as `left`.
async fn attempt(
    channel: &Channel,
    command: RemotingCommand,
    left: Duration,
) -> Result<RemotingCommand, CallError> {
    if !command.is_oneway() {
        return channel.invoke(command, left).await;
    }
    let late = CallError::Timeout { timeout: left, stage: CallStage::Capacity };
    let written = timeout(left, channel.write_oneway(command)).await;
    written.unwrap_or(Err(late)).map(|()| RemotingCommand::response(ResponseCode::SUCCESS))
}
