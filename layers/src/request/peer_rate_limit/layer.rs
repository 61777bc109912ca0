use super::PeerRateLimit;
use super::table::{Settings, Table};
use std::sync::Arc;
use tower_layer::Layer;

/// Limits the requests of each peer. See the [module's documentation](super).
///
/// Its clones, and the services that they are put around, share the count. What is set by
/// [`burst`](Self::burst) and its like starts a new one: set it first.
#[derive(Clone, Debug)]
pub struct PeerRateLimitLayer {
    table: Arc<Table>,
}

impl PeerRateLimitLayer {
    /// So many requests a second from each IP address, and as many at once. Zero counts as one.
    #[must_use]
    pub fn new(per_second: u32) -> Self {
        let settings =
            Settings { per_second, burst: per_second, max_peers: 100_000, ipv6_prefix: 64 };
        Self { table: Table::new(settings) }
    }

    /// So many requests at once of a peer that has sent none for a while; zero counts as one. As
    /// many as in a second by default.
    #[must_use]
    pub fn burst(self, burst: u32) -> Self {
        Self { table: Table::new(Settings { burst, ..self.table.settings() }) }
    }

    /// So many addresses are told apart; those for whom there is no room share one rate. 100 000 by
    /// default.
    #[must_use]
    pub fn max_peers(self, max_peers: usize) -> Self {
        Self { table: Table::new(Settings { max_peers, ..self.table.settings() }) }
    }

    /// IPv6 addresses are told apart by so many of their first bits. 64 by default: who has one
    /// address has all those that share them.
    #[must_use]
    pub fn ipv6_prefix(self, ipv6_prefix: u8) -> Self {
        Self { table: Table::new(Settings { ipv6_prefix, ..self.table.settings() }) }
    }

    /// How many addresses are told apart at the moment. What is over stays for a while.
    #[must_use]
    pub fn peers(&self) -> usize {
        self.table.peers()
    }

    /// How many requests have been refused.
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
