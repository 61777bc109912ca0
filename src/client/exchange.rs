//! One call: connection, hooks, and a second attempt if the server sends it away.

use super::client::Inner;
use super::connection::Connection;
use super::{Deadline, InvokeError};
use rocketmq_tower_core::channel::CallStage;
use rocketmq_tower_core::{Addr, CallError, Channel, RemotingCommand, ResponseCode};
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use tokio::time::{Instant, timeout};
use tower::service_fn;
use tower_layer::Layer;
use tower_service::Service;

pub(super) type Answering =
    Pin<Box<dyn Future<Output = Result<RemotingCommand, InvokeError>> + Send>>;

/// A call that is to be made.
pub(super) struct Exchange {
    inner: Arc<Inner>,
    addr: Addr,
    deadline: Deadline,
    /// When to give up waiting for a connection.
    connect_by: Instant,
}

impl Exchange {
    pub(super) fn new(inner: &Arc<Inner>, addr: Addr, deadline: Deadline) -> Self {
        Self { inner: Arc::clone(inner), addr, deadline, connect_by: deadline.at() }
    }

    /// With less time to connect than the call has.
    pub(super) fn connect_by(mut self, at: Instant) -> Self {
        self.connect_by = at;
        self
    }

    /// Makes the call, with the client's hooks around it.
    pub(super) async fn run(
        self,
        command: RemotingCommand,
    ) -> Result<RemotingCommand, InvokeError> {
        self.inner.table.check()?;
        let limit = if command.is_oneway() { &self.inner.oneways } else { &self.inner.calls };
        let _permit = limit.acquire(&self.addr, self.deadline).await?;
        if self.inner.hooks.is_empty() {
            return self.send(command).await;
        }
        let hooks = self.inner.hooks.clone().peer(self.addr.clone());
        // It is always ready.
        let mut hooked = hooks.layer(service_fn(|command| self.send(command)));
        hooked.call(command).await.map_err(|error| match error.downcast::<InvokeError>() {
            Ok(error) => *error,
            Err(error) => InvokeError::Hook(error.into()),
        })
    }

    async fn send(&self, command: RemotingCommand) -> Result<RemotingCommand, InvokeError> {
        let (mut sent_away, mut missed) = (false, false);
        loop {
            let connection = self.connection().await?;
            let before = connection.answers();
            let error = match self.attempt(&connection.channel, command.clone()).await {
                Ok(answer) if answer.response_code() != ResponseCode::GO_AWAY => {
                    connection.answered();
                    return Ok(answer);
                }
                Ok(_) if !sent_away => {
                    sent_away = true;
                    self.retire(&connection);
                    continue;
                }
                Ok(_) => {
                    self.retire(&connection);
                    return Err(InvokeError::GoAway { addr: self.addr.clone() });
                }
                Err(error) => error,
            };
            match &error {
                // It ended between the look-up and the sending.
                CallError::NotSent(_) if !missed => {
                    missed = true;
                    self.retire(&connection);
                    continue;
                }
                // Nothing came in all the time: nobody may be there any more.
                CallError::Timeout { stage: CallStage::Answer, .. }
                    if connection.answers() == before =>
                {
                    self.retire(&connection);
                }
                _ => {}
            }
            return Err(InvokeError::from_call(&self.addr, error, self.deadline.timeout()));
        }
    }

    async fn connection(&self) -> Result<Connection, InvokeError> {
        self.inner.table.get(&self.addr, self.deadline, self.connect_by).await
    }

    fn retire(&self, connection: &Connection) {
        self.inner.table.retire(&self.addr, &connection.channel);
    }

    async fn attempt(
        &self,
        channel: &Channel,
        command: RemotingCommand,
    ) -> Result<RemotingCommand, CallError> {
        let left = self.deadline.left();
        if !command.is_oneway() {
            return channel.invoke(command, left).await;
        }
        let late = CallError::Timeout { timeout: left, stage: CallStage::Capacity };
        let written = timeout(left, channel.write_oneway(command)).await;
        written.unwrap_or(Err(late)).map(|()| RemotingCommand::response(ResponseCode::SUCCESS))
    }
}
