use super::{Accepted, BUFFER, server_addr};
use crate::client::{ConnectError, Connector};
use rocketmq_tower_core::{Addr, Channel, ChannelInfo};
use std::future::Future;
use std::io::{self, ErrorKind};
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU16, Ordering};
use std::task::{Context, Poll};
use tokio::io::DuplexStream;
use tokio::sync::mpsc::Sender;
use tower_service::Service;

/// Connects to the [`MemoryListener`](super::MemoryListener) that it was created with. Created by
/// [`memory`](super::memory).
///
/// It is a [`Transport`](crate::client::Transport) for which every address is that listener's. The
/// server sees the address `127.0.0.1` with a new port for each connection, so that layers that
/// count or filter by address work; [`ip`](Self::ip) sets another one.
#[derive(Clone, Debug)]
pub struct MemoryTransport {
    pub(super) queue: Sender<Accepted>,
    ip: IpAddr,
    /// The number of connections so far, which makes their ports differ.
    count: Arc<AtomicU16>,
}

impl MemoryTransport {
    pub(super) fn new(queue: Sender<Accepted>) -> Self {
        Self { queue, ip: Ipv4Addr::LOCALHOST.into(), count: Arc::default() }
    }

    /// Sets the IP address from which connections seem to come.
    #[must_use]
    pub fn ip(mut self, ip: impl Into<IpAddr>) -> Self {
        self.ip = ip.into();
        self
    }

    /// Opens a connection and runs it, as [`connect`](crate::connect) does. For other settings than
    /// the defaults, use [`Connector::run`] with [`dial`](Self::dial).
    ///
    /// # Errors
    /// If the listener was dropped, as it is when its server shuts down.
    pub async fn connect(&self) -> Result<Channel, ConnectError> {
        let (io, info) = self.dial().await.map_err(|e| ConnectError::Transport(e.into()))?;
        Ok(Connector::new().run(io, info))
    }

    /// Opens a connection, and returns the client's end. Waits while the listener's queue is full.
    ///
    /// # Errors
    /// `ConnectionRefused` if the listener was dropped.
    pub async fn dial(&self) -> io::Result<(DuplexStream, ChannelInfo)> {
        let place = self.queue.reserve().await.map_err(|_| ErrorKind::ConnectionRefused)?;
        let (client, server) = self.open();
        place.send(server);
        Ok(client)
    }

    /// Makes both ends of a connection: the client's and the server's.
    pub(super) fn open(&self) -> (Accepted, Accepted) {
        let (client, server) = tokio::io::duplex(BUFFER);
        // The ports that systems use for clients.
        let port = 49_152 | (self.count.fetch_add(1, Ordering::Relaxed) & 16_383);
        let (addr, to) = (SocketAddr::new(self.ip, port), server_addr());
        let info = ChannelInfo::new(to.clone(), addr);
        ((client, ChannelInfo::new(addr, to)), (server, info))
    }
}

impl Service<Addr> for MemoryTransport {
    type Response = (DuplexStream, ChannelInfo);
    type Error = io::Error;
    type Future = Pin<Box<dyn Future<Output = io::Result<Self::Response>> + Send>>;

    fn poll_ready(&mut self, _cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, _addr: Addr) -> Self::Future {
        let transport = self.clone();
        Box::pin(async move { transport.dial().await })
    }
}
