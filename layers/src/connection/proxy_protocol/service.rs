use super::error::ProxyError;
use super::future::ResponseFuture;
use super::io::ProxyIo;
use super::settings::Settings;
use crate::support::inner::inner_service;
use crate::support::refused::end;
use crate::support::unused::{Unused, take_ready};
use rocketmq_tower_core::{Connection, Disconnect};
use std::sync::Arc;
use std::task::{Context, Poll};
use tokio::io::AsyncRead;
use tower_service::Service;

/// Reads PROXY headers. See the [module's documentation](super).
#[derive(Clone, Debug)]
pub struct ProxyProtocol<S> {
    inner: S,
    settings: Arc<Settings>,
}

impl<S> ProxyProtocol<S> {
    pub(super) fn new(inner: S, settings: Arc<Settings>) -> Self {
        Self { inner, settings }
    }

    inner_service!();
}

impl<Io, S> Service<Connection<Io>> for ProxyProtocol<S>
where
    Io: AsyncRead + Unpin,
    S: Service<Connection<ProxyIo<Io>>, Response = Disconnect> + Clone,
{
    type Response = Disconnect;
    type Error = S::Error;
    type Future = ResponseFuture<Io, S, S::Future>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, connection: Connection<Io>) -> Self::Future {
        let trusted = self.settings.trusts(&connection.info().peer_addr);
        if !trusted && self.settings.required {
            drop(Unused::new(&mut self.inner));
            let reason = ProxyError::NotTrusted.into_reason();
            return ResponseFuture::ended(end(&connection, reason));
        }
        if !trusted {
            let connection = connection.map_io(|io| ProxyIo::new(io, Vec::new()));
            return ResponseFuture::serving(self.inner.call(connection));
        }
        // The service that is ready moves into the future, which calls it once the header is read.
        let ready = take_ready(&mut self.inner);
        ResponseFuture::reading(connection, ready, &self.settings)
    }
}
