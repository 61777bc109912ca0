//! A driver whose peer is the test.
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

/// A driver that runs in a task of its own.
pub(crate) struct Running {
    pub(crate) peer: Raw<DuplexStream>,
    pub(crate) channel: Channel,
    pub(crate) task: JoinHandle<Result<Disconnect, Infallible>>,
}

/// Starts a driver; at most `buffer` bytes are under way in each direction.
pub(crate) fn start_with<S>(service: S, config: ConnectionConfig, buffer: usize) -> Running
where
    S: Service<RemotingCommand> + Send + 'static,
    S::Response: Reply,
    S::Error: Into<BoxError>,
    S::Future: Send,
{
    let (ours, theirs) = tokio::io::duplex(buffer);
    let connection = Connection::new(theirs, ChannelInfo::default());
    let channel = connection.channel();
    let task = tokio::spawn(Driver::new(connection, service, config));
    Running { peer: Raw::new(ours), channel, task }
}

pub(crate) fn start<S>(service: S) -> Running
where
    S: Service<RemotingCommand> + Send + 'static,
    S::Response: Reply,
    S::Error: Into<BoxError>,
    S::Future: Send,
{
    start_with(service, ConnectionConfig::server(), 64 * 1024)
}

impl Running {
    /// Waits for the driver's end.
    pub(crate) async fn end(self) -> Disconnect {
        let Ok(disconnect) = soon(self.task).await.expect("the driver does not panic");
        disconnect
    }
}
