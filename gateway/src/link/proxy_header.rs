//! The PROXY header, version 2, that tells a broker the address of a client.

use proxy_header::{ProxiedAddress, ProxyHeader};
use rocketmq_tower::{BoxError, ChannelInfo};

/// Returns the header for a connection of a client. One without IP addresses, as over a Unix socket, is called local.
pub(super) fn proxy_header(client: &ChannelInfo) -> Result<Vec<u8>, BoxError> {
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
