use super::files::Contents;
use super::pem::Pem;
use super::{ServerTls, TlsConfigError};
use rcgen::{
    BasicConstraints, CertificateParams, CertifiedIssuer, DnType, ExtendedKeyUsagePurpose, IsCa,
    KeyPair, KeyUsagePurpose,
};
use std::fmt;

/// An authority that was made on the spot, and that nobody trusts who was not told to: for tests
/// and examples, in place of Java's `tls.test.mode.enable`.
///
/// ```
/// use rocketmq_tower_layers::tls::{ClientTls, SelfSigned, TlsConfigError, TlsLayer};
///
/// # fn make() -> Result<(), TlsConfigError> {
/// let authority = SelfSigned::new()?;
/// let server = TlsLayer::new(authority.issue(["localhost", "127.0.0.1"])?.server()?);
/// let client = ClientTls::from_roots_pem(authority.certificate_pem())?;
/// # Ok(())
/// # }
/// # make().unwrap();
/// ```
pub struct SelfSigned {
    issuer: CertifiedIssuer<'static, KeyPair>,
}

/// A certificate of a [`SelfSigned`] authority, and its private key.
pub struct Issued {
    certificate: String,
    key: String,
}

impl SelfSigned {
    /// A new authority.
    ///
    /// # Errors
    /// If the system has no randomness.
    pub fn new() -> Result<Self, TlsConfigError> {
        let mut params = CertificateParams::new([]).map_err(failed)?;
        params.distinguished_name.push(DnType::CommonName, "self-signed authority");
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
        let key = KeyPair::generate().map_err(failed)?;
        Ok(Self { issuer: CertifiedIssuer::self_signed(params, key).map_err(failed)? })
    }

    /// The authority's certificate, for those who are to trust it.
    #[must_use]
    pub fn certificate_pem(&self) -> String {
        self.issuer.pem()
    }

    /// A certificate for a server with these names and IP addresses, or for a client; the first
    /// name is also its common name.
    ///
    /// # Errors
    /// If one is not ASCII, or the system has no randomness.
    pub fn issue<I>(&self, names: I) -> Result<Issued, TlsConfigError>
    where
        I: IntoIterator<Item: Into<String>>,
    {
        let names: Vec<String> = names.into_iter().map(Into::into).collect();
        let common_name = names.first().cloned().unwrap_or_default();
        let mut params = CertificateParams::new(names).map_err(failed)?;
        params.distinguished_name.push(DnType::CommonName, common_name);
        params.extended_key_usages =
            vec![ExtendedKeyUsagePurpose::ServerAuth, ExtendedKeyUsagePurpose::ClientAuth];
        params.use_authority_key_identifier_extension = true;
        let key = KeyPair::generate().map_err(failed)?;
        let certificate = params.signed_by(&key, &self.issuer).map_err(failed)?;
        Ok(Issued { certificate: certificate.pem(), key: key.serialize_pem() })
    }
}

impl Issued {
    /// The certificate.
    #[must_use]
    pub fn certificate_pem(&self) -> &str {
        &self.certificate
    }

    /// The private key, in PKCS #8.
    #[must_use]
    pub fn key_pem(&self) -> &str {
        &self.key
    }

    /// A server that shows it, and asks clients for none.
    ///
    /// # Errors
    /// None that is known.
    pub fn server(&self) -> Result<ServerTls, TlsConfigError> {
        let contents = Contents {
            certificate: Pem::new("the certificate that was issued", self.certificate.as_str()),
            key: Pem::new("the key that was made", self.key.as_str()),
            clients: None,
        };
        Ok(ServerTls::new(contents.config()?))
    }
}

fn failed(error: rcgen::Error) -> TlsConfigError {
    TlsConfigError::SelfSigned(error.into())
}

impl fmt::Debug for SelfSigned {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SelfSigned").finish_non_exhaustive()
    }
}

/// Without the key.
impl fmt::Debug for Issued {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Issued").field("certificate", &self.certificate).finish_non_exhaustive()
    }
}
