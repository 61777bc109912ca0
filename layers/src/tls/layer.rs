use super::{ServerTls, Tls, TlsMode};
use std::time::Duration;
use tower_layer::Layer;

/// Lets peers speak TLS. See the [module's documentation](super).
#[derive(Clone, Debug)]
pub struct TlsLayer {
    server: ServerTls,
    mode: TlsMode,
    handshake_timeout: Duration,
}

impl TlsLayer {
    /// With this certificate, for peers that speak TLS and no others.
    #[must_use]
    pub const fn new(server: ServerTls) -> Self {
        let handshake_timeout = Duration::from_secs(10);
        Self { server, mode: TlsMode::Enforcing, handshake_timeout }
    }

    /// Who has to speak TLS. [`TlsMode::Enforcing`] by default, where Java's servers are
    /// permissive.
    #[must_use]
    pub const fn mode(mut self, mode: TlsMode) -> Self {
        self.mode = mode;
        self
    }

    /// How long a connection may take from here to its first byte if it is plain, or to the end of
    /// its handshake. 10 s. Nothing is timed in [`TlsMode::Disabled`].
    #[must_use]
    pub const fn handshake_timeout(mut self, limit: Duration) -> Self {
        self.handshake_timeout = limit;
        self
    }
}

impl<S> Layer<S> for TlsLayer {
    type Service = Tls<S>;

    fn layer(&self, inner: S) -> Self::Service {
        Tls::new(inner, self.server.clone(), self.mode, self.handshake_timeout)
    }
}
