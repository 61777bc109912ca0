//! The library's listener and transport over the simulated network.

use crate::journal::Journal;
use crate::wire::{Tap, Wire};
use rocketmq_tower::client::ConnectError;
use rocketmq_tower::server::Listener;
use rocketmq_tower::{Addr, ChannelInfo, Service};
use std::future::Future;
use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use tokio::sync::mpsc;
use tokio::task::JoinHandle;
use turmoil::net::{TcpListener, TcpStream};

/// The server's port.
pub(crate) const PORT: u16 = 10_911;

/// Larger than the number of connections that ever wait.
const BACKLOG: usize = 4_096;

type Accepted = (Wire, ChannelInfo);

/// A listener whose connections are made before they are accepted, as in a kernel.
pub(crate) struct Backlog {
    accepted: mpsc::Receiver<Accepted>,
    local: Addr,
    task: JoinHandle<()>,
}

impl Backlog {
    pub(crate) async fn bind(chunk: usize, twice: bool) -> io::Result<Self> {
        let listener = TcpListener::bind(("0.0.0.0", PORT)).await?;
        let local = Addr::from(listener.local_addr()?);
        let (sender, accepted) = mpsc::channel(BACKLOG);
        let task = tokio::spawn(accept(listener, sender, chunk, twice));
        Ok(Self { accepted, local, task })
    }
}

async fn accept(
    listener: TcpListener,
    accepted: mpsc::Sender<Accepted>,
    chunk: usize,
    twice: bool,
) {
    while let Ok((io, peer)) = listener.accept().await {
        let Ok(local) = io.local_addr() else { continue };
        let wire = Wire { io, chunk, twice, tap: None };
        if accepted.send((wire, ChannelInfo::new(local, peer))).await.is_err() {
            return;
        }
    }
}

impl Listener for Backlog {
    type Io = Wire;

    async fn accept(&mut self) -> Option<Accepted> {
        self.accepted.recv().await
    }

    fn accept_queued(&mut self) -> Option<Accepted> {
        self.accepted.try_recv().ok()
    }

    fn local_addr(&self) -> Addr {
        self.local.clone()
    }
}

impl Drop for Backlog {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// A transport that connects a client's host to the server, whatever the address.
#[derive(Clone)]
pub(crate) struct Transport {
    pub(crate) journal: Arc<Journal>,
    pub(crate) client: usize,
    pub(crate) chunk: usize,
}

impl Service<Addr> for Transport {
    type Response = Accepted;
    type Error = ConnectError;
    type Future = Pin<Box<dyn Future<Output = Result<Accepted, ConnectError>> + Send>>;

    fn poll_ready(&mut self, _cx: &mut Context<'_>) -> Poll<Result<(), ConnectError>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, addr: Addr) -> Self::Future {
        let Self { journal, client, chunk } = self.clone();
        Box::pin(async move {
            let failed = |error: io::Error| ConnectError::Transport(error.into());
            let io = TcpStream::connect((crate::fault::SERVER, PORT)).await.map_err(failed)?;
            let info = ChannelInfo::new(io.local_addr().map_err(failed)?, addr);
            let tap = Some(Tap::new(journal, Some(client)));
            Ok((Wire { io, chunk, twice: false, tap }, info))
        })
    }
}
