//! A peer that the test controls completely.

use crate::{encode, soon};
use bytes::BytesMut;
use rocketmq_tower_core::codec::DecodeError;
use rocketmq_tower_core::{RemotingCodec, RemotingCommand};
use std::io;
use std::net::SocketAddr;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::{TcpSocket, TcpStream};
use tokio_util::codec::Decoder;

/// A peer that sends and receives frames, and does nothing by itself.
#[derive(Debug)]
pub struct Raw<Io = TcpStream> {
    /// The transport, for sending and receiving anything that is not a frame.
    pub io: Io,
    codec: RemotingCodec,
    buffer: BytesMut,
}

impl Raw {
    /// Connects to `addr`.
    ///
    /// # Panics
    /// If that fails, or takes more than 20 s.
    pub async fn connect(addr: SocketAddr) -> Self {
        soon(Self::try_connect(addr)).await.expect("connects")
    }

    /// Connects to `addr` with a small receive buffer: the kernel takes little that is not read.
    ///
    /// # Panics
    /// If that fails, or takes more than 20 s.
    pub async fn connect_narrow(addr: SocketAddr) -> Self {
        soon(Self::try_connect_narrow(addr)).await.expect("connects")
    }

    /// Connects to `addr`.
    ///
    /// # Errors
    /// If that fails.
    pub async fn try_connect(addr: SocketAddr) -> io::Result<Self> {
        Ok(Self::new(TcpStream::connect(addr).await?))
    }

    /// Connects to `addr` with a small receive buffer: the kernel takes little that is not read.
    ///
    /// # Errors
    /// If that fails.
    pub async fn try_connect_narrow(addr: SocketAddr) -> io::Result<Self> {
        let socket = TcpSocket::new_v4()?;
        socket.set_recv_buffer_size(4096)?;
        Ok(Self::new(socket.connect(addr).await?))
    }

    /// Closes the connection with a reset.
    ///
    /// # Errors
    /// If the socket option cannot be set.
    pub fn try_reset(self) -> io::Result<()> {
        self.io.set_zero_linger()
    }
}

impl<Io: AsyncRead + AsyncWrite + Unpin> Raw<Io> {
    /// Creates a peer at this end of a connection.
    pub fn new(io: Io) -> Self {
        Self { io, codec: RemotingCodec::new(), buffer: BytesMut::new() }
    }

    /// Sends a command.
    ///
    /// # Panics
    /// If that fails, or takes more than 20 s.
    pub async fn send(&mut self, command: &RemotingCommand) {
        self.send_bytes(&encode(command)).await;
    }

    /// Sends these bytes.
    ///
    /// # Panics
    /// If that fails, or takes more than 20 s.
    pub async fn send_bytes(&mut self, bytes: &[u8]) {
        soon(self.io.write_all(bytes)).await.expect("the connection is open");
    }

    /// Returns the next command; `None` at the end of the connection.
    ///
    /// # Panics
    /// If the connection fails, ends inside a frame or carries a malformed one, or if nothing
    /// arrives within 20 s.
    pub async fn next(&mut self) -> Option<RemotingCommand> {
        soon(self.try_next()).await.expect("sound frames")
    }

    /// Returns the next command, or `None` at the end of the connection, even if it is reset or
    /// ends inside a frame.
    ///
    /// # Panics
    /// If the connection carries a malformed frame, or if nothing arrives within 20 s.
    pub async fn next_or_end(&mut self) -> Option<RemotingCommand> {
        match soon(self.try_next()).await {
            Ok(next) => next,
            Err(DecodeError::Io(_) | DecodeError::EndInFrame { .. }) => None,
            Err(error) => panic!("{error}"),
        }
    }

    /// Returns the next command.
    ///
    /// # Panics
    /// If the connection ends first, or as [`next`](Self::next) does.
    pub async fn receive(&mut self) -> RemotingCommand {
        self.next().await.expect("the connection goes on")
    }

    /// Sends a command and returns the next one that arrives.
    ///
    /// # Panics
    /// As [`send`](Self::send) and [`receive`](Self::receive) do.
    pub async fn call(&mut self, command: &RemotingCommand) -> RemotingCommand {
        self.send(command).await;
        self.receive().await
    }

    /// Sends a command.
    ///
    /// # Errors
    /// If the connection fails.
    pub async fn try_send(&mut self, command: &RemotingCommand) -> io::Result<()> {
        self.io.write_all(&encode(command)).await
    }

    /// Returns the next command, or `None` at an orderly end.
    ///
    /// # Errors
    /// If the connection fails, ends inside a frame, or carries a malformed one.
    pub async fn try_next(&mut self) -> Result<Option<RemotingCommand>, DecodeError> {
        loop {
            if let Some(command) = self.codec.decode(&mut self.buffer)? {
                return Ok(Some(command));
            }
            if self.io.read_buf(&mut self.buffer).await? == 0 {
                return self.codec.decode_eof(&mut self.buffer);
            }
        }
    }
}
