use std::sync::Arc;
use tokio_rustls::rustls::crypto::{CryptoProvider, ring};

/// Returns the cryptography provider of every configuration made here. It is passed explicitly,
/// since installing a process-wide default is up to the application.
pub(super) fn provider() -> Arc<CryptoProvider> {
    Arc::new(ring::default_provider())
}
