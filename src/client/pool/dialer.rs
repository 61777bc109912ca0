//! A type-erased connector.

use crate::client::Connector;
use crate::client::transport::{ConnectError, Transport};
use crate::service::{ConnectionService, Processor};
use crate::stack::WatchedDriver;
use rocketmq_tower_core::{Addr, Channel};
use std::future::Future;
use std::pin::Pin;
use tower::ServiceExt;
use tower::layer::util::Identity;
use tower_layer::Layer;

/// Called with the id of a connection when the connection has ended.
pub(super) type OnEnd = Box<dyn FnOnce(u64) + Send>;

pub(super) type Dialing<'a> =
    Pin<Box<dyn Future<Output = Result<Channel, ConnectError>> + Send + 'a>>;

/// A [`Connector`] of any type.
pub(in crate::client) trait Dialer: Send + Sync {
    /// Opens a connection and runs it in its own task. The channel keeps it open.
    fn dial(&self, addr: Addr, on_end: OnEnd) -> Dialing<'_>;
}

impl<P, T, C> Dialer for Connector<P, T, C>
where
    P: Processor + Clone + Sync,
    T: Transport,
    C: Layer<WatchedDriver<P, Identity>, Service: ConnectionService<T::Io>> + Send + Sync,
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
