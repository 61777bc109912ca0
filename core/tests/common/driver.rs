//! A driver with its peer's end in the test's hands.

use futures_core::Stream;
use rocketmq_tower_core::driver::{ConnectionConfig, Driver};
use rocketmq_tower_core::{
    BoxError, Channel, ChannelInfo, Connection, Disconnect, RemotingCodec, RemotingCommand, Reply,
    ResponseCode,
};
use std::convert::Infallible;
use std::future::{Future, poll_fn};
use std::io;
use std::pin::Pin;
use std::time::Duration;
use tokio::io::{AsyncWriteExt, DuplexStream};
use tokio::task::JoinHandle;
use tokio_util::codec::{Encoder, Framed};
use tower_service::Service;

/// Fails instead of waiting for ever. Under the paused clock, an hour passes at once when nothing
/// else can happen.
pub(crate) async fn soon<F: Future>(future: F) -> F::Output {
    let hour = Duration::from_secs(3600);
    tokio::time::timeout(hour, future).await.expect("something happens within an hour")
}

/// The other end of a connection.
pub(crate) struct Peer {
    pub(crate) framed: Framed<DuplexStream, RemotingCodec>,
}

/// A driver that runs in a task of its own.
pub(crate) struct Running {
    pub(crate) peer: Peer,
    pub(crate) channel: Channel,
    pub(crate) task: JoinHandle<Result<Disconnect, Infallible>>,
}

/// Starts the driver of a server's connection; `buffer` bytes may be under way in each direction.
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

fn connection(buffer: usize) -> (Peer, Connection<DuplexStream>) {
    let (ours, theirs) = tokio::io::duplex(buffer);
    let peer = Peer { framed: Framed::new(ours, RemotingCodec::new()) };
    (peer, Connection::new(theirs, ChannelInfo::default()))
}

fn run<S>(peer: Peer, driver: Driver<DuplexStream, S>) -> Running
where
    S: Service<RemotingCommand, Response: Reply, Error: Into<BoxError>, Future: Send>,
    S: Send + 'static,
{
    let channel = driver.channel().clone();
    Running { peer, channel, task: tokio::spawn(driver) }
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

impl Peer {
    pub(crate) async fn send(&mut self, command: &RemotingCommand) {
        let mut bytes = bytes::BytesMut::new();
        self.framed.codec_mut().encode(command, &mut bytes).expect("encodes");
        self.send_bytes(&bytes).await;
    }

    pub(crate) async fn send_bytes(&mut self, bytes: &[u8]) {
        soon(self.framed.get_mut().write_all(bytes)).await.expect("the driver reads");
    }

    /// The next command from the driver; `None` when it has ended the connection.
    pub(crate) async fn next(&mut self) -> Option<RemotingCommand> {
        let next = soon(poll_fn(|cx| Pin::new(&mut self.framed).poll_next(cx))).await;
        next.map(|command| command.expect("the driver writes sound frames"))
    }

    pub(crate) async fn receive(&mut self) -> RemotingCommand {
        self.next().await.expect("the driver goes on")
    }

    pub(crate) async fn call(&mut self, command: &RemotingCommand) -> RemotingCommand {
        self.send(command).await;
        self.receive().await
    }

    /// Ends the peer's half.
    pub(crate) async fn shutdown(&mut self) -> io::Result<()> {
        self.framed.get_mut().shutdown().await
    }
}

/// A request with this code and opaque.
pub(crate) fn request(code: i32, opaque: i32) -> RemotingCommand {
    let mut command = RemotingCommand::request(code);
    command.set_opaque(opaque);
    command
}

/// An empty `SUCCESS` for the request with this opaque.
pub(crate) fn answer(opaque: i32) -> RemotingCommand {
    let mut answer = RemotingCommand::response(ResponseCode::SUCCESS);
    answer.set_opaque(opaque);
    answer
}

/// Answers with the request's body.
pub(crate) async fn echo(mut request: RemotingCommand) -> Result<RemotingCommand, BoxError> {
    Ok(RemotingCommand::response(ResponseCode::SUCCESS).with_body(request.take_body()))
}
