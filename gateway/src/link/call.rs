//! A call of a broker for a client.

use super::Link;
use rocketmq_tower::channel::ResponseFuture;
use rocketmq_tower::{BoxError, RemotingCommand, RequestCode};
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

/// The future of a request that the broker answers at once: resolves to the answer for the client.
pub(crate) struct LinkCall {
    link: Link,
    code: RequestCode,
    response: ResponseFuture,
}

impl LinkCall {
    pub(super) fn new(link: Link, code: RequestCode, response: ResponseFuture) -> Self {
        Self { link, code, response }
    }
}

impl Future for LinkCall {
    type Output = Result<RemotingCommand, BoxError>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let answer = ready!(Pin::new(&mut self.response).poll(cx));
        Poll::Ready(self.link.answered(self.code, answer))
    }
}
