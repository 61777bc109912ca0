//! The innermost service of the connection level.

use super::config::Role;
use super::{ByteBudget, ConnectionConfig, Driver};
use crate::channel::Disconnect;
use crate::command::RemotingCommand;
use crate::connection::Connection;
use crate::error::BoxError;
use crate::reply::Reply;
use std::convert::Infallible;
use std::sync::Arc;
use std::task::{Context, Poll};
use tokio::io::{AsyncRead, AsyncWrite};
use tower_layer::Layer;
use tower_service::Service;

/// Runs a [`Driver`] for each connection. It joins the connection level of the stack to the request
/// level.
///
/// For each connection it clones `processor` and wraps the clone in `layer`. A layer that keeps
/// state, such as a concurrency limit, keeps it per connection. State that the clones of
/// `processor` share is shared by all connections. The service is always ready.
#[derive(Debug)]
pub struct DriverService<L, P> {
    /// Shared, so that the service is `Clone` even if a layer is not.
    layer: Arc<L>,
    processor: P,
    config: Arc<ConnectionConfig>,
    role: Role,
}

impl<L, P> DriverService<L, P> {
    /// Creates a service that runs accepted connections. They share the budget of `config`, or a
    /// default one of 256 MiB.
    pub fn server(layer: L, processor: P, config: impl Into<Arc<ConnectionConfig>>) -> Self {
        let mut config = config.into();
        if config.budget.is_none() {
            Arc::make_mut(&mut config).budget = Some(ByteBudget::default());
        }
        Self { layer: Arc::new(layer), processor, config, role: Role::Server }
    }

    /// Creates a service that runs connections that this side has opened.
    pub fn client(layer: L, processor: P, config: impl Into<Arc<ConnectionConfig>>) -> Self {
        Self { layer: Arc::new(layer), processor, config: config.into(), role: Role::Client }
    }
}

impl<L, P: Clone> Clone for DriverService<L, P> {
    fn clone(&self) -> Self {
        let (layer, config) = (Arc::clone(&self.layer), Arc::clone(&self.config));
        Self { layer, processor: self.processor.clone(), config, role: self.role }
    }
}

impl<Io, L, P, S> Service<Connection<Io>> for DriverService<L, P>
where
    Io: AsyncRead + AsyncWrite + Unpin,
    P: Clone,
    L: Layer<P, Service = S>,
    S: Service<RemotingCommand, Response: Reply, Error: Into<BoxError>>,
{
    type Response = Disconnect;
    type Error = Infallible;
    type Future = Driver<Io, S>;

    fn poll_ready(&mut self, _cx: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, connection: Connection<Io>) -> Self::Future {
        let service = self.layer.layer(self.processor.clone());
        Driver::new(connection, self.role, service, Arc::clone(&self.config))
    }
}
