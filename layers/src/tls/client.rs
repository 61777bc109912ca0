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

/// What a client wants from servers and shows them.
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
    /// As `config` says: with the roots of a platform or a browser, for instance.
    #[must_use]
    pub fn new(config: impl Into<Arc<ClientConfig>>) -> Self {
        Self { config: config.into(), server_name: None }
    }

    /// Trusts servers whose certificates were issued by the authorities of this PEM file, and that
    /// are issued to the server's name.
    ///
    /// # Errors
    /// If it cannot be read, or holds no certificate that can be used.
    pub fn from_roots_file(path: impl AsRef<Path>) -> Result<Self, TlsConfigError> {
        Self::from_roots(Pem::read(path.as_ref())?.roots()?)
    }

    /// The same, of a PEM text.
    ///
    /// # Errors
    /// If it holds no certificate that can be used.
    pub fn from_roots_pem(text: impl AsRef<[u8]>) -> Result<Self, TlsConfigError> {
        Self::from_roots(Pem::new("the text of the roots", text.as_ref()).roots()?)
    }

    fn from_roots(roots: RootCertStore) -> Result<Self, TlsConfigError> {
        // It fails without roots only, and there is one.
        let verifier = WebPkiServerVerifier::builder_with_provider(Arc::new(roots), provider());
        let error =
            |_| TlsConfigError::Missing { origin: "the roots".to_owned(), what: "certificate" };
        Self::with_verifier(verifier.build().map_err(error)?)
    }

    /// Takes every certificate that a server shows for its own. **Whoever sits between can read and
    /// change everything**: this keeps out those who only listen. It is what Java's clients do
    /// unless `tls.client.authServer` is set.
    ///
    /// # Errors
    /// None with the cryptography that is built in.
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

    /// Shows servers that ask for it a certificate: the PEM files of the certificate, followed by
    /// those of intermediate authorities, and of its private key, not encrypted.
    ///
    /// # Errors
    /// If one cannot be read, or holds what cannot be used.
    pub fn identity_files(
        self,
        certificate: impl AsRef<Path>,
        key: impl AsRef<Path>,
    ) -> Result<Self, TlsConfigError> {
        self.identity(&Pem::read(certificate.as_ref())?, &Pem::read(key.as_ref())?)
    }

    /// The same, of PEM texts.
    ///
    /// # Errors
    /// If one holds what cannot be used.
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

    /// Asks all servers for this name, and verifies it, instead of the host's that is connected to:
    /// for brokers that name servers tell by IP addresses, which certificates seldom hold.
    ///
    /// # Errors
    /// If it is not a name.
    pub fn server_name(mut self, name: &str) -> Result<Self, TlsConfigError> {
        let parsed = ServerName::try_from(name.to_owned());
        self.server_name = Some(parsed.map_err(|_| TlsConfigError::ServerName(name.to_owned()))?);
        Ok(self)
    }

    /// rustls' settings, for connections of one's own.
    #[must_use]
    pub fn config(&self) -> &Arc<ClientConfig> {
        &self.config
    }

    /// The name that all servers have, if it was [set](Self::server_name).
    #[must_use]
    pub fn fixed_server_name(&self) -> Option<&ServerName<'static>> {
        self.server_name.as_ref()
    }
}

/// Without keys.
impl fmt::Debug for ClientTls {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ClientTls").field("server_name", &self.server_name).finish_non_exhaustive()
    }
}
