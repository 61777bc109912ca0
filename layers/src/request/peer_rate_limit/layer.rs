use super::PeerRateLimit;
use super::table::{Settings, Table};
use std::sync::Arc;
use tower_layer::Layer;

/// Limits the requests of each peer. See the [module's documentation](super).
///
/// Clones of a layer share one set of counts, and so do the services that they wrap. Each setter,
/// such as [`burst`](Self::burst), starts a new set: call the setters before cloning the layer.
#[derive(Clone, Debug)]
pub struct PeerRateLimitLayer {
    table: Arc<Table>,
}

impl PeerRateLimitLayer {
    /// Allows each IP address `per_second` requests per second, and a burst of the same size. Zero
    /// counts as one.
    #[must_use]
    pub fn new(per_second: u32) -> Self {
        let settings =
            Settings { per_second, burst: per_second, max_peers: 100_000, ipv6_prefix: 64 };
        Self { table: Table::new(settings) }
    }

    /// Sets how many requests a peer may send at once after a pause. Zero counts as one. Default:
    /// the number of requests per second.
    #[must_use]
    pub fn burst(self, burst: u32) -> Self {
        Self { table: Table::new(Settings { burst, ..self.table.settings() }) }
    }

    /// Sets how many addresses have a rate of their own. Further addresses share one rate between
    /// them. Default: 100 000.
    #[must_use]
    pub fn max_peers(self, max_peers: usize) -> Self {
        Self { table: Table::new(Settings { max_peers, ..self.table.settings() }) }
    }

    /// Sets how many leading bits of an IPv6 address identify a peer. Default: 64, because one
    /// customer usually owns all addresses with the same first 64 bits.
    #[must_use]
    pub fn ipv6_prefix(self, ipv6_prefix: u8) -> Self {
        Self { table: Table::new(Settings { ipv6_prefix, ..self.table.settings() }) }
    }

    /// Returns how many addresses have an entry now. Entries that are no longer needed stay for a
    /// while.
    #[must_use]
    pub fn peers(&self) -> usize {
        self.table.peers()
    }

    /// Returns how many requests have been refused.
    #[must_use]
    pub fn refused(&self) -> u64 {
        self.table.refused()
    }
}

impl<S> Layer<S> for PeerRateLimitLayer {
    type Service = PeerRateLimit<S>;

    fn layer(&self, inner: S) -> Self::Service {
        PeerRateLimit::new(inner, Arc::clone(&self.table))
    }
}
