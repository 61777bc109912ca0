use super::{ServerTls, Tls, TlsMode};
use std::time::Duration;
use tower_layer::Layer;

/// Accepts TLS connections. See the [module's documentation](super).
#[derive(Clone, Debug)]
pub struct TlsLayer {
    server: ServerTls,
    mode: TlsMode,
    handshake_timeout: Duration,
}

impl TlsLayer {
    /// Uses this certificate, and refuses peers that do not speak TLS.
    #[must_use]
    pub const fn new(server: ServerTls) -> Self {
        let handshake_timeout = Duration::from_secs(10);
        Self { server, mode: TlsMode::Enforcing, handshake_timeout }
    }

    /// Sets whether TLS is required. Default: [`TlsMode::Enforcing`]; Java's servers are permissive
    /// by default.
    #[must_use]
    pub const fn mode(mut self, mode: TlsMode) -> Self {
        self.mode = mode;
        self
    }

    /// Sets how long a connection may take to send its first byte if it is plain, or to finish the
    /// handshake, counted from when it reaches this layer. Default: 10 s. There is no limit in
    /// [`TlsMode::Disabled`].
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
