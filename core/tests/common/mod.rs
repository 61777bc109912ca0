//! Starts a driver whose peer is controlled by the test.
#![allow(dead_code, reason = "not every test uses all of it")]
#![allow(clippy::expect_used, reason = "test code")]

use rocketmq_tower_core::driver::{ConnectionConfig, Driver};
use rocketmq_tower_core::{
    BoxError, Channel, ChannelInfo, Connection, Disconnect, RemotingCommand, Reply,
};
use rocketmq_tower_test_support::{Raw, soon};
use std::convert::Infallible;
use tokio::io::DuplexStream;
use tokio::task::JoinHandle;
use tower_service::Service;

/// A driver that runs in its own task.
pub(crate) struct Running {
    pub(crate) peer: Raw<DuplexStream>,
    pub(crate) channel: Channel,
    pub(crate) task: JoinHandle<Result<Disconnect, Infallible>>,
}

/// Starts the driver of a server's connection. The transport buffers at most `buffer` bytes in each
/// direction.
pub(crate) fn start_with<S>(service: S, config: ConnectionConfig, buffer: usize) -> Running
where
    S: Service<RemotingCommand, Response: Reply, Error: Into<BoxError>, Future: Send>,
    S: Send + 'static,
{
    let (peer, connection) = connection(buffer);
    run(peer, Driver::server(connection, service, config))
}

/// Starts the driver of a client's connection.
pub(crate) fn start_client_with<S>(service: S, config: ConnectionConfig, buffer: usize) -> Running
where
    S: Service<RemotingCommand, Response: Reply, Error: Into<BoxError>, Future: Send>,
    S: Send + 'static,
{
    let (peer, connection) = connection(buffer);
    run(peer, Driver::client(connection, service, config))
}

fn connection(buffer: usize) -> (Raw<DuplexStream>, Connection<DuplexStream>) {
    let (ours, theirs) = tokio::io::duplex(buffer);
    (Raw::new(ours), Connection::new(theirs, ChannelInfo::default()))
}

fn run<S>(peer: Raw<DuplexStream>, driver: Driver<DuplexStream, S>) -> Running
where
    S: Service<RemotingCommand, Response: Reply, Error: Into<BoxError>, Future: Send>,
    S: Send + 'static,
{
    let channel = driver.channel().clone();
    Running { peer, channel, task: tokio::spawn(driver) }
}

pub(crate) fn start<S>(service: S) -> Running
where
    S: Service<RemotingCommand, Response: Reply, Error: Into<BoxError>, Future: Send>,
    S: Send + 'static,
{
    start_with(service, ConnectionConfig::server(), 64 * 1024)
}

impl Running {
    /// Waits until the driver has ended.
    pub(crate) async fn end(self) -> Disconnect {
        let Ok(disconnect) = soon(self.task).await.expect("the driver does not panic");
        disconnect
    }
}
