//! Connectors of any type behind one, and what they do for the table.

use super::connection::Connection;
use super::table::{Dialed, Table};
use super::{ConnectError, Connector};
use crate::service::Processor;
use crate::stack::RequestLayers;
use rocketmq_tower_core::error::chain_text;
use rocketmq_tower_core::{Addr, BoxError, Channel, ChannelInfo};
use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, Weak};
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::sync::watch;
use tokio::time::timeout;
use tower::ServiceExt;
use tower::layer::util::Identity;
use tower_layer::Layer;
use tower_service::Service;

/// What is told the number of a connection when it is gone.
pub(super) type OnEnd = Box<dyn FnOnce(u64) + Send>;

pub(super) type Dialing<'a> =
    Pin<Box<dyn Future<Output = Result<Channel, ConnectError>> + Send + 'a>>;

/// A [`Connector`] whose type is forgotten.
pub(super) trait Dialer: Send + Sync {
    /// Makes a connection, which the channel keeps open, and runs it in a task of its own.
    fn dial(&self, addr: Addr, on_end: OnEnd) -> Dialing<'_>;
}

impl<P, T, Io> Dialer for Connector<P, T>
where
    P: Clone + Send + Sync + 'static,
    RequestLayers<Identity>: Layer<P, Service: Processor>,
    T: Service<Addr, Response = (Io, ChannelInfo)> + Clone + Send + Sync + 'static,
    T::Error: Into<BoxError>,
    T::Future: Send,
    Io: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    fn dial(&self, addr: Addr, on_end: OnEnd) -> Dialing<'_> {
        let connecting = self.transport.clone().oneshot(addr);
        Box::pin(async move {
            let connected = connecting.await;
            let (io, info) =
                connected.map_err(|error| ConnectError::from_transport(error.into()))?;
            Ok(self.start(io, info, on_end))
        })
    }
}

/// A connection to be.
pub(super) struct Dial {
    pub(super) table: Weak<Table>,
    pub(super) dialer: Arc<dyn Dialer>,
    pub(super) limit: Duration,
    pub(super) addr: Addr,
    /// Tells it from other attempts.
    pub(super) number: u64,
}

impl Dial {
    /// Makes the connection and puts it into the table, unless the client is gone by then.
    pub(super) async fn run(self, done: watch::Sender<Option<Dialed>>) {
        let (table, addr) = (self.table.clone(), self.addr.clone());
        let evict = Box::new(move |id| {
            if let Some(table) = table.upgrade() {
                table.evict(&addr, id);
            }
        });
        let dialed = match timeout(self.limit, self.dialer.dial(self.addr.clone(), evict)).await {
            Ok(dialed) => dialed.map(Connection::new),
            Err(_) => Err(ConnectError::TransportTimeout(self.limit)),
        };
        if let Err(error) = &dialed {
            tracing::debug!(addr = %self.addr, error = chain_text(error), "no connection");
        }
        let dialed = dialed.map_err(Arc::new);
        if let Some(table) = self.table.upgrade() {
            table.dialed(&self.addr, self.number, &dialed);
        }
        // An error means that nobody waits any more.
        _ = done.send(Some(dialed));
    }
}
