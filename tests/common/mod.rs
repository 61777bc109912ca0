//! Helpers that the tests share.
#![allow(dead_code, reason = "not every test uses all of it")]
#![allow(clippy::expect_used, clippy::unwrap_used, clippy::panic, reason = "test code")]

pub(crate) mod net;
#[cfg(feature = "tls-self-signed")]
pub(crate) mod tls;

use rocketmq_tower::server::listener::{Listener, Retry, TcpAcceptor};
use rocketmq_tower::server::{BoundServer, ServeError, Shutdown};
use rocketmq_tower::{Addr, ChannelInfo, Server, service_fn};
use rocketmq_tower_test_support::{Raw, echo, soon};
use std::collections::VecDeque;
use std::future::pending;
use std::net::SocketAddr;
use tokio::io::DuplexStream;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

/// A server that runs in a task until the test shuts it down.
pub(crate) struct Running {
    pub(crate) addr: SocketAddr,
    pub(crate) stop: oneshot::Sender<()>,
    pub(crate) task: JoinHandle<Result<Shutdown, ServeError>>,
}

pub(crate) fn run(server: BoundServer<Retry<TcpAcceptor>>) -> Running {
    let addr = server.local_addr().socket_addr().unwrap();
    let (stop, stopped) = oneshot::channel::<()>();
    Running { addr, stop, task: tokio::spawn(server.serve_until(stopped)) }
}

impl Running {
    pub(crate) async fn stop(self) -> Shutdown {
        self.stop.send(()).expect("the server runs");
        soon(self.task).await.expect("no panic").expect("no failure")
    }
}

/// An echo server with the default stack.
pub(crate) async fn echo_server() -> Running {
    run(Server::new(service_fn(echo)).bind("127.0.0.1:0").await.unwrap())
}

/// A listener that yields the test's connections, and then ends or waits.
pub(crate) struct Scripted {
    pub(crate) connections: VecDeque<DuplexStream>,
    pub(crate) ends: bool,
}

impl Scripted {
    /// Returns a listener with this number of connections, and the peers at their other ends.
    pub(crate) fn new(connections: usize, ends: bool) -> (Self, Vec<Raw<DuplexStream>>) {
        let pipes = (0..connections).map(|_| tokio::io::duplex(64 * 1024));
        let (peers, connections) = pipes.map(|(ours, theirs)| (Raw::new(ours), theirs)).unzip();
        (Self { connections, ends }, peers)
    }
}

impl Listener for Scripted {
    type Io = DuplexStream;

    async fn accept(&mut self) -> Option<(DuplexStream, ChannelInfo)> {
        match self.connections.pop_front() {
            Some(io) => Some((io, ChannelInfo::default())),
            None if self.ends => None,
            None => pending().await,
        }
    }

    fn local_addr(&self) -> Addr {
        Addr::Unnamed
    }
}
