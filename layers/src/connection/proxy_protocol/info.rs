use super::error::ProxyError;
use proxy_header::ProxyHeader;
use rocketmq_tower_core::Addr;
use std::fmt;
use std::net::SocketAddr;
use std::sync::Arc;

/// What a PROXY header said, among a channel's
/// [extensions](rocketmq_tower_core::Channel::extensions). It is there whenever a connection began
/// with a header.
#[derive(Clone)]
pub struct ProxyInfo {
    balancer: Addr,
    addresses: Option<(SocketAddr, SocketAddr)>,
    /// As they were in the header.
    tlvs: Arc<[u8]>,
}

impl ProxyInfo {
    pub(super) fn new(balancer: Addr, header: &ProxyHeader<'_>) -> Result<Self, ProxyError> {
        let addresses = header.proxied_address().map(|both| (both.source, both.destination));
        let mut tlvs = Vec::new();
        for tlv in header.tlvs() {
            tlv.map_err(|_| ProxyError::Malformed)?.encode(&mut tlvs);
        }
        Ok(Self { balancer, addresses, tlvs: tlvs.into() })
    }

    /// The address of the socket's other end: who sent the header.
    #[must_use]
    pub fn balancer(&self) -> &Addr {
        &self.balancer
    }

    /// The client's address, which is the channel's peer address then. `None` if the header named
    /// none: the connection is the balancer's own, or comes from where there are no IP addresses.
    #[must_use]
    pub fn client(&self) -> Option<SocketAddr> {
        self.addresses.map(|(client, _)| client)
    }

    /// The address that the client connected to.
    #[must_use]
    pub fn destination(&self) -> Option<SocketAddr> {
        self.addresses.map(|(_, destination)| destination)
    }

    /// What else a header of version 2 said: types and values. Type `0x20` tells of TLS between
    /// client and balancer, and has more such pairs behind its first five bytes.
    pub fn tlvs(&self) -> impl Iterator<Item = (u8, &[u8])> {
        let mut rest = &self.tlvs[..];
        std::iter::from_fn(move || {
            let (&[kind, high, low], behind) = rest.split_first_chunk()?;
            let (value, behind) =
                behind.split_at_checked(u16::from_be_bytes([high, low]).into())?;
            rest = behind;
            Some((kind, value))
        })
    }

    /// The first value of this type.
    #[must_use]
    pub fn tlv(&self, kind: u8) -> Option<&[u8]> {
        self.tlvs().find(|(found, _)| *found == kind).map(|(_, value)| value)
    }
}

impl fmt::Debug for ProxyInfo {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ProxyInfo")
            .field("balancer", &self.balancer)
            .field("client", &self.client())
            .field("destination", &self.destination())
            .field("tlvs", &self.tlvs().count())
            .finish()
    }
}
