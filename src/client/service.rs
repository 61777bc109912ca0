//! The client as a service.

use super::client::Slot;
use super::exchange::{Answering, Exchange};
use super::{Client, Deadline, InvokeError};
use rocketmq_tower_core::{Addr, RemotingCommand};
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use tower_service::Service;

/// Calls the address, connecting to it if need be. A call has the client's
/// [`call_timeout`](super::ClientBuilder::call_timeout); readiness is that of a free slot for one
/// more call.
impl Service<(Addr, RemotingCommand)> for Client {
    type Response = RemotingCommand;
    type Error = InvokeError;
    type Future = Answering;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), InvokeError>> {
        let permits = &self.inner.calls.permits;
        let slot = self.slot.get_or_insert_with(|| Box::new(Slot::new(permits)));
        ready!(slot.poll(cx));
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, (addr, command): (Addr, RemotingCommand)) -> Answering {
        let deadline = Deadline::within(self.inner.call_timeout);
        let permit = self.slot.as_mut().and_then(|slot| slot.permit.take());
        let inner = Arc::clone(&self.inner);
        Box::pin(async move {
            let permit = permit.ok_or(InvokeError::NotReady)?;
            Exchange::new(&inner, addr, deadline, permit).run(command).await
        })
    }
}
