use super::error::ProxyError;
use proxy_header::ProxyHeader;
use rocketmq_tower_core::Addr;
use std::fmt;
use std::net::SocketAddr;
use std::sync::Arc;

/// The content of a PROXY header, in a channel's
/// [extensions](rocketmq_tower_core::Channel::extensions). Present whenever the connection began
/// with a header.
#[derive(Clone)]
pub struct ProxyInfo {
    balancer: Addr,
    addresses: Option<(SocketAddr, SocketAddr)>,
    /// Encoded as in the header.
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

    /// Returns the address of the socket's other end, which sent the header.
    #[must_use]
    pub fn balancer(&self) -> &Addr {
        &self.balancer
    }

    /// Returns the client's address, which is then also the channel's peer address. `None` if the
    /// header has no IP address: the connection is the balancer's own, or the client's address is
    /// of another kind.
    #[must_use]
    pub fn client(&self) -> Option<SocketAddr> {
        self.addresses.map(|(client, _)| client)
    }

    /// Returns the address that the client connected to.
    #[must_use]
    pub fn destination(&self) -> Option<SocketAddr> {
        self.addresses.map(|(_, destination)| destination)
    }

    /// Returns the TLVs of a version 2 header, as types and values. Type `0x20` describes TLS
    /// between client and balancer; nested TLVs follow its first five bytes.
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

    /// Returns the first value of type `kind`.
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
