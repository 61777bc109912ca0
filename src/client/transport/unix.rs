use super::ConnectError;
use super::service::BoxConnectFuture;
use rocketmq_tower_core::{Addr, ChannelInfo};
use std::task::{Context, Poll};
use tokio::net::UnixStream;
use tower_service::Service;

/// Connects to Unix sockets. It has no timeout of its own.
#[derive(Clone, Copy, Debug, Default)]
pub struct UnixTransport(());

impl UnixTransport {
    /// Creates the transport, which has no settings.
    #[must_use]
    pub const fn new() -> Self {
        Self(())
    }
}

impl Service<Addr> for UnixTransport {
    type Response = (UnixStream, ChannelInfo);
    type Error = ConnectError;
    type Future = BoxConnectFuture<UnixStream>;

    fn poll_ready(&mut self, _cx: &mut Context<'_>) -> Poll<Result<(), ConnectError>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, addr: Addr) -> Self::Future {
        Box::pin(async move {
            let Addr::Unix(path) = &addr else { return Err(ConnectError::Unreachable(addr)) };
            let stream = UnixStream::connect(path).await;
            let stream = stream.map_err(|error| ConnectError::Transport(error.into()))?;
            Ok((stream, ChannelInfo::new(Addr::Unnamed, addr)))
        })
    }
}
