//! The client as a service.

use super::exchange::{Answering, Exchange};
use super::{Client, Deadline, InvokeError};
use rocketmq_tower_core::{Addr, RemotingCommand};
use std::sync::Arc;
use std::task::{Context, Poll};
use tower_service::Service;

/// Calls the address, connecting to it if need be. A call has the client's
/// [`call_timeout`](super::ClientBuilder::call_timeout), in which it waits for whatever it needs;
/// the service is always ready.
impl Service<(Addr, RemotingCommand)> for Client {
    type Response = RemotingCommand;
    type Error = InvokeError;
    type Future = Answering;

    fn poll_ready(&mut self, _cx: &mut Context<'_>) -> Poll<Result<(), InvokeError>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, (addr, command): (Addr, RemotingCommand)) -> Answering {
        let (inner, deadline) =
            (Arc::clone(&self.inner), Deadline::within(self.inner.call_timeout));
        Box::pin(async move { Exchange::new(&inner, addr, deadline).run(command).await })
    }
}
