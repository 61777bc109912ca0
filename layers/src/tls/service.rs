use super::future::ResponseFuture;
use super::handshake::Handshake;
use super::io::MaybeTls;
use super::sniffed::Sniffed;
use super::{ServerTls, TlsMode};
use crate::support::inner::inner_service;
use crate::support::unused::take_ready;
use rocketmq_tower_core::{Connection, Disconnect};
use std::task::{Context, Poll};
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite};
use tower_service::Service;

/// Accepts TLS connections. See the [module's documentation](super).
#[derive(Clone, Debug)]
pub struct Tls<S> {
    inner: S,
    server: ServerTls,
    mode: TlsMode,
    handshake_timeout: Duration,
}

impl<S> Tls<S> {
    pub(super) const fn new(
        inner: S,
        server: ServerTls,
        mode: TlsMode,
        handshake_timeout: Duration,
    ) -> Self {
        Self { inner, server, mode, handshake_timeout }
    }

    inner_service!();
}

impl<Io, S> Service<Connection<Io>> for Tls<S>
where
    Io: AsyncRead + AsyncWrite + Unpin,
    S: Service<Connection<MaybeTls<Io>>, Response = Disconnect> + Clone,
{
    type Response = Disconnect;
    type Error = S::Error;
    type Future = ResponseFuture<Io, S>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, connection: Connection<Io>) -> Self::Future {
        let connection = connection.map_io(Sniffed::new);
        if self.mode == TlsMode::Disabled {
            return ResponseFuture::serving(self.inner.call(connection.map_io(MaybeTls::plain)));
        }
        // The service that is ready moves into the future, which calls it after the handshake.
        let inner = take_ready(&mut self.inner);
        let config = self.server.current();
        let handshake = Handshake::new(connection, config, self.mode, self.handshake_timeout);
        ResponseFuture::handshaking(handshake, inner)
    }
}
