//! Connectors of any type behind one.

use super::Connector;
use super::transport::ConnectError;
use crate::service::Processor;
use crate::stack::RequestLayers;
use rocketmq_tower_core::{Addr, BoxError, Channel, ChannelInfo};
use std::future::Future;
use std::pin::Pin;
use tokio::io::{AsyncRead, AsyncWrite};
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
