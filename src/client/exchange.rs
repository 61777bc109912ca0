//! One call: connection, hooks, and a second attempt if the server sends it away.

use super::client::Inner;
use super::table::Connection;
use super::{Deadline, InvokeError};
use rocketmq_tower_core::connection::CallStage;
use rocketmq_tower_core::{Addr, BoxError, CallError, Channel, RemotingCommand, ResponseCode};
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use tokio::sync::OwnedSemaphorePermit;
use tokio::time::{Instant, timeout_at};
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
    /// A connection with a slot for the first attempt.
    reserved: Option<Connection>,
    _permit: Option<OwnedSemaphorePermit>,
}

impl Exchange {
    pub(super) fn new(
        inner: &Arc<Inner>,
        addr: Addr,
        deadline: Deadline,
        permit: OwnedSemaphorePermit,
    ) -> Self {
        let (inner, connect_by) = (Arc::clone(inner), deadline.at());
        Self { inner, addr, deadline, connect_by, reserved: None, _permit: Some(permit) }
    }

    /// With less time to connect than the call has.
    pub(super) fn connect_by(mut self, at: Instant) -> Self {
        self.connect_by = at;
        self
    }

    /// Over this connection, whose channel is ready.
    pub(super) fn over(mut self, connection: Connection) -> Self {
        self.reserved = Some(connection);
        self
    }

    /// Makes the call, with the client's hooks around it.
    pub(super) async fn run(
        self,
        command: RemotingCommand,
    ) -> Result<RemotingCommand, InvokeError> {
        if self.inner.hooks.is_empty() {
            return self.send(command).await;
        }
        let hooks = self.inner.hooks.clone().peer(self.addr.clone());
        // It is always ready.
        let answer = hooks.layer(self).call(command).await;
        answer.map_err(|error| match error.downcast::<InvokeError>() {
            Ok(error) => *error,
            Err(error) => InvokeError::Hook(error.into()),
        })
    }

    async fn send(mut self, command: RemotingCommand) -> Result<RemotingCommand, InvokeError> {
        let (mut sent_away, mut missed) = (false, false);
        loop {
            let (mut connection, is_ready) = match self.reserved.take() {
                Some(connection) => (connection, true),
                None => (self.connection().await?, false),
            };
            let channel = connection.take_reserved().channel;
            let before = connection.answers();
            let error = match self.attempt(channel, is_ready, command.clone()).await {
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
                    return Err(InvokeError::GoAway { addr: self.addr });
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
        mut channel: Channel,
        is_ready: bool,
        command: RemotingCommand,
    ) -> Result<RemotingCommand, CallError> {
        let (timeout, at) = (self.deadline.timeout(), self.deadline.at());
        if command.is_oneway() {
            let written = timeout_at(at, channel.write_oneway(command)).await;
            let late = CallError::Timeout { timeout, stage: CallStage::Slot };
            return written
                .unwrap_or(Err(late))
                .map(|()| RemotingCommand::response(ResponseCode::SUCCESS));
        }
        if !is_ready {
            return channel.invoke(command, self.deadline.left()).await;
        }
        let late = CallError::Timeout { timeout, stage: CallStage::Answer };
        timeout_at(at, channel.call(command)).await.unwrap_or(Err(late))
    }
}

/// A clone is a call of its own, without what this one has reserved.
impl Clone for Exchange {
    fn clone(&self) -> Self {
        Self {
            inner: Arc::clone(&self.inner),
            addr: self.addr.clone(),
            deadline: self.deadline,
            connect_by: self.connect_by,
            reserved: None,
            _permit: None,
        }
    }
}

/// What hooks go around.
impl Service<RemotingCommand> for Exchange {
    type Response = RemotingCommand;
    type Error = BoxError;
    type Future = Pin<Box<dyn Future<Output = Result<RemotingCommand, BoxError>> + Send>>;

    fn poll_ready(&mut self, _cx: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, command: RemotingCommand) -> Self::Future {
        let unused = self.clone();
        let exchange = std::mem::replace(self, unused);
        Box::pin(async move { exchange.send(command).await.map_err(Into::into) })
    }
}
