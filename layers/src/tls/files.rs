use super::TlsConfigError;
use super::pem::Pem;
use super::provider::provider;
use std::hash::{BuildHasher, RandomState};
#[cfg(feature = "tls-reload")]
use std::path::Path;
use std::path::PathBuf;
use std::sync::Arc;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::server::WebPkiClientVerifier;

/// The PEM files of a server.
///
/// ```no_run
/// use rocketmq_tower_layers::tls::{PemFiles, ServerTls, TlsConfigError};
///
/// # fn load() -> Result<(), TlsConfigError> {
/// let files = PemFiles::new("server.pem", "server.key").require_client_certificates("ca.pem");
/// let tls = ServerTls::from_files(files)?;
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct PemFiles {
    certificate: PathBuf,
    key: PathBuf,
    clients: Option<Clients>,
}

/// Client-certificate authorities, and whether a certificate is required.
#[derive(Clone, Debug)]
struct Clients {
    authorities: PathBuf,
    required: bool,
}

impl PemFiles {
    /// Uses the server's certificate, followed by those of intermediate authorities, and its
    /// private key, not encrypted. By default, clients are not asked for certificates.
    #[must_use]
    pub fn new(certificate: impl Into<PathBuf>, key: impl Into<PathBuf>) -> Self {
        Self { certificate: certificate.into(), key: key.into(), clients: None }
    }

    /// Asks clients for a certificate. Clients without one are served too; a certificate that these
    /// `authorities` have not issued is refused.
    #[must_use]
    pub fn ask_client_certificates(mut self, authorities: impl Into<PathBuf>) -> Self {
        self.clients = Some(Clients { authorities: authorities.into(), required: false });
        self
    }

    /// Serves only clients with a certificate that one of these `authorities` has issued.
    #[must_use]
    pub fn require_client_certificates(mut self, authorities: impl Into<PathBuf>) -> Self {
        self.clients = Some(Clients { authorities: authorities.into(), required: true });
        self
    }

    #[cfg(feature = "tls-reload")]
    pub(super) fn paths(&self) -> impl Iterator<Item = &Path> {
        let authorities = self.clients.as_ref().map(|clients| &*clients.authorities);
        [&*self.certificate, &*self.key].into_iter().chain(authorities)
    }

    pub(super) fn read(&self) -> Result<Contents, TlsConfigError> {
        let clients = match &self.clients {
            Some(clients) => Some((Pem::read(&clients.authorities)?, clients.required)),
            None => None,
        };
        Ok(Contents {
            certificate: Pem::read(&self.certificate)?,
            key: Pem::read(&self.key)?,
            clients,
        })
    }
}

/// The content of the files.
#[derive(Hash)]
pub(super) struct Contents {
    pub(super) certificate: Pem,
    pub(super) key: Pem,
    /// The authorities, and whether a client certificate is required.
    pub(super) clients: Option<(Pem, bool)>,
}

impl Contents {
    /// Returns a hash of the contents, comparable within this process.
    pub(super) fn fingerprint(&self, state: &RandomState) -> u64 {
        state.hash_one(self)
    }

    pub(super) fn config(&self) -> Result<ServerConfig, TlsConfigError> {
        let provider = provider();
        let builder = ServerConfig::builder_with_provider(Arc::clone(&provider))
            .with_safe_default_protocol_versions()?;
        let builder = match &self.clients {
            None => builder.with_no_client_auth(),
            Some((authorities, required)) => {
                let roots = Arc::new(authorities.roots()?);
                let verifier = WebPkiClientVerifier::builder_with_provider(roots, provider);
                let verifier =
                    if *required { verifier } else { verifier.allow_unauthenticated() }.build();
                // Fails only without authorities, and there is at least one.
                let error = |_| authorities.missing("certificate");
                builder.with_client_cert_verifier(verifier.map_err(error)?)
            }
        };
        Ok(builder.with_single_cert(self.certificate.certificates()?, self.key.private_key()?)?)
    }
}
