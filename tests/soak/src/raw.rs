//! A peer that speaks frames over a socket, and nothing more.

use bytes::BytesMut;
use rocketmq_tower::{BoxError, RemotingCodec, RemotingCommand};
use std::io;
use std::net::SocketAddr;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpSocket, TcpStream};
use tokio_util::codec::{Decoder, Encoder};

pub(crate) struct Raw {
    pub(crate) io: TcpStream,
    codec: RemotingCodec,
    buffer: BytesMut,
}

impl Raw {
    pub(crate) async fn connect(addr: SocketAddr) -> io::Result<Self> {
        Ok(Self::new(TcpStream::connect(addr).await?))
    }

    /// One whose kernel takes little that is not read.
    pub(crate) async fn connect_narrow(addr: SocketAddr) -> io::Result<Self> {
        let socket = TcpSocket::new_v4()?;
        socket.set_recv_buffer_size(4096)?;
        Ok(Self::new(socket.connect(addr).await?))
    }

    fn new(io: TcpStream) -> Self {
        Self { io, codec: RemotingCodec::new(), buffer: BytesMut::new() }
    }

    pub(crate) async fn send(&mut self, command: &RemotingCommand) -> Result<(), BoxError> {
        Ok(self.io.write_all(&frame(command)?).await?)
    }

    /// The next command; `None` at an orderly end.
    pub(crate) async fn next(&mut self) -> Result<Option<RemotingCommand>, BoxError> {
        loop {
            if let Some(command) = self.codec.decode(&mut self.buffer)? {
                return Ok(Some(command));
            }
            if self.io.read_buf(&mut self.buffer).await? == 0 {
                return Ok(None);
            }
        }
    }

    /// Ends the connection with a reset.
    pub(crate) fn reset(self) -> io::Result<()> {
        self.io.set_zero_linger()
    }
}

pub(crate) fn frame(command: &RemotingCommand) -> Result<BytesMut, BoxError> {
    let mut bytes = BytesMut::new();
    RemotingCodec::new().encode(command, &mut bytes)?;
    Ok(bytes)
}

pub(crate) fn request(code: i32, opaque: i32) -> RemotingCommand {
    let mut command = RemotingCommand::request(code);
    command.set_opaque(opaque);
    command
}
