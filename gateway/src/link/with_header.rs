//! Tells a broker the address of a client, in a PROXY header, version 2.

use proxy_header::{ProxiedAddress, ProxyHeader};
use rocketmq_tower::client::transport::TcpTransport;
use rocketmq_tower::{Addr, BoxError, ChannelInfo, Service, ServiceExt};
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;
use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;
use tokio::time::timeout;

/// The maximum time for writing the header, which fits into the buffer of any new socket.
const LIMIT: Duration = Duration::from_secs(3);

/// Connects over TCP, and writes a header before anything else, a TLS handshake included.
#[derive(Clone)]
pub(super) struct WithHeader {
    tcp: TcpTransport,
    header: Vec<u8>,
}

impl WithHeader {
    /// Creates a transport for a connection in the name of this client; without one, it writes no header.
    pub(super) fn new(tcp: TcpTransport, client: Option<&ChannelInfo>) -> Result<Self, BoxError> {
        let header = client.map(proxy_header).transpose()?.unwrap_or_default();
        Ok(Self { tcp, header })
    }
}

impl Service<Addr> for WithHeader {
    type Response = (TcpStream, ChannelInfo);
    type Error = BoxError;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Response, BoxError>> + Send>>;

    fn poll_ready(&mut self, _cx: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, addr: Addr) -> Self::Future {
        let Self { tcp, header } = self.clone();
        Box::pin(async move {
            let (mut io, info) = tcp.oneshot(addr).await?;
            if !header.is_empty() {
                timeout(LIMIT, io.write_all(&header)).await??;
            }
            Ok((io, info))
        })
    }
}

/// Returns the header for a connection of a client. One without IP addresses, as over a Unix socket, is called local.
fn proxy_header(client: &ChannelInfo) -> Result<Vec<u8>, BoxError> {
    let (peer, local) = (client.peer_addr.socket_addr(), client.local_addr.socket_addr());
    let header = match (peer, local) {
        (Some(peer), Some(local)) => ProxyHeader::with_address(ProxiedAddress::stream(peer, local)),
        _ => ProxyHeader::with_local(),
    };
    let mut bytes = Vec::new();
    header.encode_v2(&mut bytes)?;
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::proxy_header;
    use rocketmq_tower::{Addr, ChannelInfo};

    #[test]
    fn the_header_has_the_addresses_of_the_client() {
        let info = ChannelInfo::new("192.0.2.9:10911", "203.0.113.7:50000");
        let mut expected = b"\r\n\r\n\0\r\nQUIT\n\x21\x11\0\x0c".to_vec();
        expected.extend([203, 0, 113, 7, 192, 0, 2, 9]);
        expected.extend([50_000_u16.to_be_bytes(), 10_911_u16.to_be_bytes()].concat());
        assert_eq!(proxy_header(&info).unwrap(), expected);
    }

    #[test]
    fn a_client_without_an_address_is_local() {
        let info = ChannelInfo::new(Addr::Unnamed, Addr::Unnamed);
        assert_eq!(proxy_header(&info).unwrap(), b"\r\n\r\n\0\r\nQUIT\n\x20\0\0\0");
    }
}
