//! Help that the tests share.
#![allow(dead_code, reason = "not every test uses all of it")]
#![allow(clippy::expect_used, clippy::unwrap_used, clippy::panic, reason = "test code")]

pub(crate) mod net;
#[cfg(feature = "tls-self-signed")]
pub(crate) mod tls;

use rocketmq_tower::server::listener::{Listener, Retry, TcpAcceptor};
use rocketmq_tower::server::{BoundServer, ServeError, Shutdown};
use rocketmq_tower::{
    Addr, BoxError, ChannelInfo, RemotingCodec, RemotingCommand, ResponseCode, Server, service_fn,
};
use std::collections::VecDeque;
use std::future::{Future, pending};
use std::net::SocketAddr;
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt, DuplexStream};
use tokio::net::TcpStream;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;
use tokio_util::codec::{Decoder, Encoder};

pub(crate) const SECOND: Duration = Duration::from_secs(1);

/// Fails instead of waiting for ever: 20 s of the real clock, or of the paused one.
pub(crate) async fn soon<F: Future>(future: F) -> F::Output {
    tokio::time::timeout(20 * SECOND, future).await.expect("something happens soon")
}

/// Answers with the request's body.
pub(crate) async fn echo(mut request: RemotingCommand) -> Result<RemotingCommand, BoxError> {
    Ok(RemotingCommand::response(ResponseCode::SUCCESS).with_body(request.take_body()))
}

/// A server that runs in a task, until it is told to shut down.
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

/// A client that speaks frames over a socket, and nothing more.
pub(crate) struct Raw<Io = TcpStream> {
    pub(crate) io: Io,
    codec: RemotingCodec,
    buffer: bytes::BytesMut,
}

impl Raw {
    pub(crate) async fn connect(addr: SocketAddr) -> Self {
        Self::new(soon(TcpStream::connect(addr)).await.expect("connects"))
    }
}

impl<Io: AsyncReadExt + AsyncWriteExt + Unpin> Raw<Io> {
    pub(crate) fn new(io: Io) -> Self {
        Self { io, codec: RemotingCodec::new(), buffer: bytes::BytesMut::new() }
    }

    pub(crate) async fn send(&mut self, command: &RemotingCommand) {
        self.io.write_all(&frame(command)).await.expect("open");
    }

    /// The next command; `None` at the end of the connection, however it ends.
    pub(crate) async fn next(&mut self) -> Option<RemotingCommand> {
        loop {
            if let Some(command) = self.codec.decode(&mut self.buffer).expect("sound frames") {
                return Some(command);
            }
            match soon(self.io.read_buf(&mut self.buffer)).await {
                Ok(0) | Err(_) => return None,
                Ok(_) => {}
            }
        }
    }

    pub(crate) async fn call(&mut self, command: &RemotingCommand) -> RemotingCommand {
        self.send(command).await;
        self.next().await.expect("an answer")
    }
}

pub(crate) fn request(code: i32, opaque: i32) -> RemotingCommand {
    let mut command = RemotingCommand::request(code);
    command.set_opaque(opaque);
    command
}

pub(crate) fn frame(command: &RemotingCommand) -> Vec<u8> {
    let mut bytes = bytes::BytesMut::new();
    RemotingCodec::new().encode(command, &mut bytes).unwrap();
    bytes.to_vec()
}

/// A listener that hands out what the test puts in, and then ends or waits.
pub(crate) struct Scripted {
    pub(crate) connections: VecDeque<DuplexStream>,
    pub(crate) ends: bool,
}

impl Scripted {
    /// This many connections, and their other ends.
    pub(crate) fn new(connections: usize, ends: bool) -> (Self, Vec<DuplexStream>) {
        let (ours, theirs): (Vec<_>, _) =
            (0..connections).map(|_| tokio::io::duplex(64 * 1024)).unzip();
        (Self { connections: theirs, ends }, ours)
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
