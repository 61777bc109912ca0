use super::ProxyProtocol;
use super::settings::{Settings, Trusted};
use crate::network::Network;
use std::sync::Arc;
use std::time::Duration;
use tower_layer::Layer;

/// Reads PROXY headers. See the [module's documentation](super).
#[derive(Clone, Debug)]
pub struct ProxyProtocolLayer {
    settings: Settings,
}

impl ProxyProtocolLayer {
    /// Every connection must begin with a header, and come from a trusted source.
    #[must_use]
    pub fn required() -> Self {
        Self { settings: Settings::new(true) }
    }

    /// Connections from trusted sources may begin with a header.
    #[must_use]
    pub fn optional() -> Self {
        Self { settings: Settings::new(false) }
    }

    /// Trusts these networks, besides those that were given before. Nobody is trusted at first.
    /// Peers without an IP address, such as those of Unix sockets, belong to none.
    #[must_use]
    pub fn trust(mut self, networks: impl IntoIterator<Item = Network>) -> Self {
        let before = match &self.settings.trusted {
            Trusted::Networks(networks) => networks.iter().copied(),
            Trusted::Anyone => return self,
        };
        self.settings.trusted = Trusted::Networks(before.chain(networks).collect());
        self
    }

    /// Trusts everybody, as Java does: whoever reaches the port can take on any address. For ports,
    /// or Unix sockets, that only balancers reach.
    #[must_use]
    pub fn trust_anyone(mut self) -> Self {
        self.settings.trusted = Trusted::Anyone;
        self
    }

    /// A header must be complete so soon. 10 s by default.
    #[must_use]
    pub const fn timeout(mut self, timeout: Duration) -> Self {
        self.settings.timeout = timeout;
        self
    }

    /// A header of version 2 has so many bytes at most. 4096 by default, and 107 at least, which
    /// one of version 1 may have; the protocol allows 65,551.
    #[must_use]
    pub fn max_length(mut self, max: usize) -> Self {
        self.settings.set_max_length(max);
        self
    }
}

impl<S> Layer<S> for ProxyProtocolLayer {
    type Service = ProxyProtocol<S>;

    fn layer(&self, inner: S) -> Self::Service {
        ProxyProtocol::new(inner, Arc::new(self.settings.clone()))
    }
}
