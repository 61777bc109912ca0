//! The innermost service of the connection level.

use super::{ConnectionConfig, Driver};
use crate::command::RemotingCommand;
use crate::connection::{Connection, Disconnect};
use crate::error::BoxError;
use crate::reply::Reply;
use std::convert::Infallible;
use std::sync::Arc;
use std::task::{Context, Poll};
use tokio::io::{AsyncRead, AsyncWrite};
use tower_layer::Layer;
use tower_service::Service;

/// Drives connections: where the connection level of the stack meets the request level.
///
/// For every connection it clones `processor`, puts `layer` around the clone, and runs a [`Driver`]
/// with the result. So a layer that keeps state, such as a concurrency limit, keeps it per
/// connection, and what the clones of `processor` share is shared by all connections. It is always
/// ready.
#[derive(Clone, Debug)]
pub struct DriverService<L, P> {
    layer: L,
    processor: P,
    config: Arc<ConnectionConfig>,
}

impl<L, P> DriverService<L, P> {
    /// Requests of every connection go through `layer` to a clone of `processor`.
    pub fn new(layer: L, processor: P, config: impl Into<Arc<ConnectionConfig>>) -> Self {
        Self { layer, processor, config: config.into() }
    }
}

impl<Io, L, P> Service<Connection<Io>> for DriverService<L, P>
where
    Io: AsyncRead + AsyncWrite + Unpin,
    P: Clone,
    L: Layer<P>,
    L::Service: Service<RemotingCommand>,
    <L::Service as Service<RemotingCommand>>::Response: Reply,
    <L::Service as Service<RemotingCommand>>::Error: Into<BoxError>,
{
    type Response = Disconnect;
    type Error = Infallible;
    type Future = Driver<Io, L::Service>;

    fn poll_ready(&mut self, _cx: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, connection: Connection<Io>) -> Self::Future {
        let service = self.layer.layer(self.processor.clone());
        Driver::new(connection, service, Arc::clone(&self.config))
    }
}
