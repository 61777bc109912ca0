use std::sync::Arc;
use tokio_rustls::rustls::crypto::{CryptoProvider, ring};

/// The cryptography of all that is configured here. Named in each place instead of installed for
/// the process: that is the application's to do.
pub(super) fn provider() -> Arc<CryptoProvider> {
    Arc::new(ring::default_provider())
}
