use super::TlsConfigError;
use super::any::AnyCertificate;
use super::pem::Pem;
use super::provider::provider;
use std::fmt;
use std::path::Path;
use std::sync::Arc;
use tokio_rustls::rustls::client::WebPkiServerVerifier;
use tokio_rustls::rustls::client::danger::ServerCertVerifier;
use tokio_rustls::rustls::pki_types::ServerName;
use tokio_rustls::rustls::sign::{CertifiedKey, SingleCertAndKey};
use tokio_rustls::rustls::{ClientConfig, RootCertStore};

/// A client's TLS settings: which servers it trusts, and its own certificate.
///
/// ```no_run
/// use rocketmq_tower_layers::tls::{ClientTls, TlsConfigError};
///
/// # fn load() -> Result<(), TlsConfigError> {
/// let tls = ClientTls::from_roots_file("ca.pem")?.identity_files("client.pem", "client.key")?;
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct ClientTls {
    config: Arc<ClientConfig>,
    server_name: Option<ServerName<'static>>,
}

impl ClientTls {
    /// Uses `config`, for instance with the roots of a platform or a browser.
    #[must_use]
    pub fn new(config: impl Into<Arc<ClientConfig>>) -> Self {
        Self { config: config.into(), server_name: None }
    }

    /// Trusts servers whose certificate was issued by an authority in this PEM file, for the
    /// server's name.
    ///
    /// # Errors
    /// If the file cannot be read, or holds no usable certificate.
    pub fn from_roots_file(path: impl AsRef<Path>) -> Result<Self, TlsConfigError> {
        Self::from_roots(Pem::read(path.as_ref())?.roots()?)
    }

    /// Like [`from_roots_file`](Self::from_roots_file), with the PEM text itself.
    ///
    /// # Errors
    /// If the text holds no usable certificate.
    pub fn from_roots_pem(text: impl AsRef<[u8]>) -> Result<Self, TlsConfigError> {
        Self::from_roots(Pem::new("the text of the roots", text.as_ref()).roots()?)
    }

    fn from_roots(roots: RootCertStore) -> Result<Self, TlsConfigError> {
        // Fails only without roots, and there is at least one.
        let verifier = WebPkiServerVerifier::builder_with_provider(Arc::new(roots), provider());
        let error =
            |_| TlsConfigError::Missing { origin: "the roots".to_owned(), what: "certificate" };
        Self::with_verifier(verifier.build().map_err(error)?)
    }

    /// Accepts every certificate that a server presents. **A man in the middle can read and change
    /// everything**; only passive eavesdropping is prevented. Java's clients do this unless
    /// `tls.client.authServer` is set.
    ///
    /// # Errors
    /// Does not fail with the built-in cryptography provider.
    pub fn danger_accept_any_certificate() -> Result<Self, TlsConfigError> {
        Self::with_verifier(Arc::new(AnyCertificate::new(provider())))
    }

    fn with_verifier(verifier: Arc<dyn ServerCertVerifier>) -> Result<Self, TlsConfigError> {
        let builder = ClientConfig::builder_with_provider(provider())
            .with_safe_default_protocol_versions()?
            .dangerous()
            .with_custom_certificate_verifier(verifier);
        Ok(Self::new(builder.with_no_client_auth()))
    }

    /// Presents a certificate to servers that ask for one. `certificate` is a PEM file with the
    /// certificate, followed by those of intermediate authorities; `key` is a PEM file with its
    /// private key, not encrypted.
    ///
    /// # Errors
    /// If a file cannot be read, or its content is unusable.
    pub fn identity_files(
        self,
        certificate: impl AsRef<Path>,
        key: impl AsRef<Path>,
    ) -> Result<Self, TlsConfigError> {
        self.identity(&Pem::read(certificate.as_ref())?, &Pem::read(key.as_ref())?)
    }

    /// Like [`identity_files`](Self::identity_files), with the PEM texts themselves.
    ///
    /// # Errors
    /// If a text is unusable.
    pub fn identity_pem(
        self,
        certificate: impl AsRef<[u8]>,
        key: impl AsRef<[u8]>,
    ) -> Result<Self, TlsConfigError> {
        let certificate = Pem::new("the text of the certificate", certificate.as_ref());
        self.identity(&certificate, &Pem::new("the text of the key", key.as_ref()))
    }

    fn identity(mut self, certificate: &Pem, key: &Pem) -> Result<Self, TlsConfigError> {
        let (chain, key) = (certificate.certificates()?, key.private_key()?);
        let key = CertifiedKey::from_der(chain, key, self.config.crypto_provider())?;
        let config = Arc::make_mut(&mut self.config);
        config.client_auth_cert_resolver = Arc::new(SingleCertAndKey::from(key));
        Ok(self)
    }

    /// Requests and verifies this server name for all servers, instead of the host connected to.
    /// Name servers list brokers by IP address, and certificates seldom contain IP addresses.
    ///
    /// # Errors
    /// If `name` is neither a host name nor an IP address.
    pub fn server_name(mut self, name: &str) -> Result<Self, TlsConfigError> {
        let parsed = ServerName::try_from(name.to_owned());
        self.server_name = Some(parsed.map_err(|_| TlsConfigError::ServerName(name.to_owned()))?);
        Ok(self)
    }

    /// Returns the rustls configuration, to make connections without this crate.
    #[must_use]
    pub fn config(&self) -> &Arc<ClientConfig> {
        &self.config
    }

    /// Returns the name used for all servers, if it was [set](Self::server_name).
    #[must_use]
    pub fn fixed_server_name(&self) -> Option<&ServerName<'static>> {
        self.server_name.as_ref()
    }
}

/// Omits the keys.
impl fmt::Debug for ClientTls {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ClientTls").field("server_name", &self.server_name).finish_non_exhaustive()
    }
}
