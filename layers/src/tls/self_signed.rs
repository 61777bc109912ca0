use super::files::Contents;
use super::pem::Pem;
use super::{ServerTls, TlsConfigError};
use rcgen::{
    BasicConstraints, CertificateParams, CertifiedIssuer, DnType, ExtendedKeyUsagePurpose, IsCa,
    KeyPair, KeyUsagePurpose,
};
use std::fmt;

/// A newly generated certificate authority, which only peers configured with its certificate trust.
/// For tests and examples, in place of Java's `tls.test.mode.enable`.
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

/// A certificate issued by a [`SelfSigned`] authority, and its private key.
pub struct Issued {
    certificate: String,
    key: String,
}

impl SelfSigned {
    /// Generates a new authority.
    ///
    /// # Errors
    /// If the system provides no randomness.
    pub fn new() -> Result<Self, TlsConfigError> {
        let mut params = CertificateParams::new([]).map_err(failed)?;
        params.distinguished_name.push(DnType::CommonName, "self-signed authority");
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
        let key = KeyPair::generate().map_err(failed)?;
        Ok(Self { issuer: CertifiedIssuer::self_signed(params, key).map_err(failed)? })
    }

    /// Returns the authority's certificate, as PEM, for peers that should trust it.
    #[must_use]
    pub fn certificate_pem(&self) -> String {
        self.issuer.pem()
    }

    /// Issues a certificate for a server with these names and IP addresses, or for a client. The
    /// first name is also the common name.
    ///
    /// # Errors
    /// If a name is not ASCII, or the system provides no randomness.
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
    /// Returns the certificate, as PEM.
    #[must_use]
    pub fn certificate_pem(&self) -> &str {
        &self.certificate
    }

    /// Returns the private key, as PKCS #8 in PEM.
    #[must_use]
    pub fn key_pem(&self) -> &str {
        &self.key
    }

    /// Returns settings for a server that presents this certificate, and asks clients for none.
    ///
    /// # Errors
    /// No failure is known.
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

/// Omits the key.
impl fmt::Debug for Issued {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Issued").field("certificate", &self.certificate).finish_non_exhaustive()
    }
}
