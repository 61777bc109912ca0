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
    /// Requires every connection to come from a trusted source and begin with a header.
    #[must_use]
    pub fn required() -> Self {
        Self { settings: Settings::new(true) }
    }

    /// Lets connections from trusted sources begin with a header.
    #[must_use]
    pub fn optional() -> Self {
        Self { settings: Settings::new(false) }
    }

    /// Trusts these networks, in addition to those given before. By default no network is trusted.
    /// Peers without an IP address, such as those of Unix sockets, belong to no network.
    #[must_use]
    pub fn trust(mut self, networks: impl IntoIterator<Item = Network>) -> Self {
        let before = match &self.settings.trusted {
            Trusted::Networks(networks) => networks.iter().copied(),
            Trusted::Anyone => return self,
        };
        self.settings.trusted = Trusted::Networks(before.chain(networks).collect());
        self
    }

    /// Trusts every peer, as Java does: any peer that can reach the port can claim any address. Use
    /// it for ports, or Unix sockets, that only balancers can reach.
    #[must_use]
    pub fn trust_anyone(mut self) -> Self {
        self.settings.trusted = Trusted::Anyone;
        self
    }

    /// Sets the time within which a header must be complete. Default: 10 s.
    #[must_use]
    pub const fn timeout(mut self, timeout: Duration) -> Self {
        self.settings.timeout = timeout;
        self
    }

    /// Sets the maximum length of a version 2 header, in bytes. Default: 4096. The minimum is 107,
    /// the length that a version 1 header may have; the protocol allows 65,551.
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
