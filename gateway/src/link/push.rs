//! Requests of brokers to clients.

use crate::rewrite::Rewriter;
use rocketmq_tower::layers::namespace::ConnectionAccess;
use rocketmq_tower::{BoxError, Channel, RemotingCommand, Service};
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

/// The maximum time for the answer of a client. Brokers wait at most 20 s for one.
const PATIENCE: Duration = Duration::from_secs(30);

/// Forwards the requests of a broker to the client whose connection it is.
#[derive(Clone)]
pub(crate) struct Push {
    client: Channel,
    rewriter: Rewriter,
}

impl Push {
    pub(crate) fn new(client: Channel, rewriter: Rewriter) -> Self {
        Self { client, rewriter }
    }
}

impl Service<RemotingCommand> for Push {
    type Response = Option<RemotingCommand>;
    type Error = BoxError;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Response, BoxError>> + Send>>;

    fn poll_ready(&mut self, _cx: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, mut request: RemotingCommand) -> Self::Future {
        self.rewriter.push(&mut request);
        let client = self.client.clone();
        Box::pin(async move {
            let (code, access) = (request.request_code(), client.extensions().get());
            let access: Option<&ConnectionAccess> = access;
            if let Some(access) = access {
                access.push(&mut request)?;
            }
            if request.is_oneway() {
                client.invoke_oneway(request).await?;
                return Ok(None);
            }
            let mut answer = client.invoke(request, PATIENCE).await?;
            if let Some(access) = access {
                access.push_answered(code, &mut answer);
            }
            Ok(Some(answer))
        })
    }
}
