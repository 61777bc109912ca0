//! Reads certificates and keys from PEM texts.

use super::TlsConfigError;
use std::fs;
use std::path::Path;
use tokio_rustls::rustls::RootCertStore;
use tokio_rustls::rustls::pki_types::pem::{self, PemObject};
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer};

/// A PEM text and its origin, for errors.
#[derive(Hash)]
pub(super) struct Pem {
    origin: String,
    text: Vec<u8>,
}

impl Pem {
    pub(super) fn new(origin: &str, text: impl Into<Vec<u8>>) -> Self {
        Self { origin: origin.to_owned(), text: text.into() }
    }

    pub(super) fn read(path: &Path) -> Result<Self, TlsConfigError> {
        match fs::read(path) {
            Ok(text) => Ok(Self { origin: path.display().to_string(), text }),
            Err(source) => Err(TlsConfigError::Read { path: path.to_owned(), source }),
        }
    }

    /// Returns all certificates, in order; an error if there are none.
    pub(super) fn certificates(&self) -> Result<Vec<CertificateDer<'static>>, TlsConfigError> {
        let all = CertificateDer::pem_slice_iter(&self.text).collect::<Result<Vec<_>, _>>();
        match all {
            Ok(all) if all.is_empty() => Err(self.missing("certificate")),
            Ok(all) => Ok(all),
            Err(error) => Err(self.wrong(&error, "certificate")),
        }
    }

    /// Returns the first private key.
    pub(super) fn private_key(&self) -> Result<PrivateKeyDer<'static>, TlsConfigError> {
        PrivateKeyDer::from_pem_slice(&self.text).map_err(|error| {
            let encrypted = b"-----BEGIN ENCRYPTED PRIVATE KEY-----";
            let is_encrypted = self.text.windows(encrypted.len()).any(|part| part == encrypted);
            let what =
                if is_encrypted { "private key that is not encrypted" } else { "private key" };
            self.wrong(&error, what)
        })
    }

    /// Returns all certificates as trusted authorities.
    pub(super) fn roots(&self) -> Result<RootCertStore, TlsConfigError> {
        let mut roots = RootCertStore::empty();
        for certificate in self.certificates()? {
            roots.add(certificate)?;
        }
        Ok(roots)
    }

    pub(super) fn missing(&self, what: &'static str) -> TlsConfigError {
        TlsConfigError::Missing { origin: self.origin.clone(), what }
    }

    fn wrong(&self, error: &pem::Error, what: &'static str) -> TlsConfigError {
        let why = match error {
            pem::Error::NoItemsFound => return self.missing(what),
            pem::Error::MissingSectionEnd { .. } => "a section has no end",
            pem::Error::IllegalSectionStart { .. } => "a section has a malformed begin line",
            pem::Error::Base64Decode(_) => "a section is not Base64",
            _ => "it can't be read",
        };
        TlsConfigError::Pem { origin: self.origin.clone(), why }
    }
}
