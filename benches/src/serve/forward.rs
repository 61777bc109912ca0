//! The bare limit of a gateway: splits each direction into frames, as a gateway must to look at them, and writes all whole frames of a
//! read with one write. Nothing is decoded, bounded or monitored, and no answer is matched with its request.

use crate::requests::frame_length;
use rocketmq_tower::BoxError;
use std::io;
use std::net::SocketAddr;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

/// The initial length of each buffer. Longer frames enlarge it.
const BUFFER: usize = 64 * 1024;

pub(crate) async fn serve(listener: TcpListener, upstream: SocketAddr) -> Result<(), BoxError> {
    loop {
        let (client, _) = listener.accept().await?;
        // Errors of connections do not matter here.
        tokio::spawn(async move { forward(client, upstream).await.ok() });
    }
}

async fn forward(mut client: TcpStream, upstream: SocketAddr) -> io::Result<()> {
    client.set_nodelay(true)?;
    let mut server = TcpStream::connect(upstream).await?;
    server.set_nodelay(true)?;
    let (requests, to_client) = client.split();
    let (answers, to_server) = server.split();
    tokio::try_join!(copy(requests, to_server), copy(answers, to_client))?;
    Ok(())
}

async fn copy(mut from: impl AsyncRead + Unpin, mut to: impl AsyncWrite + Unpin) -> io::Result<()> {
    let mut buffer = vec![0; BUFFER];
    let mut filled = 0;
    loop {
        let read = from.read(&mut buffer[filled..]).await?;
        if read == 0 {
            return to.shutdown().await;
        }
        filled += read;
        let (whole, next) = split(&buffer[..filled]);
        to.write_all(&buffer[..whole]).await?;
        buffer.copy_within(whole..filled, 0);
        filled -= whole;
        if next > buffer.len() {
            buffer.resize(next, 0);
        }
    }
}

/// Returns where the whole frames in `bytes` end, and the length of the next one, or 0 if it is not known yet.
fn split(bytes: &[u8]) -> (usize, usize) {
    let mut whole = 0;
    loop {
        match frame_length(&bytes[whole..]) {
            Some(length) if length <= bytes.len() - whole => whole += length,
            length => return (whole, length.unwrap_or_default()),
        }
    }
}
