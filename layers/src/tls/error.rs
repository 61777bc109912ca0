use rocketmq_tower_core::error::write_causes;
use rocketmq_tower_core::texts_with_causes;
use std::fmt;
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;
use tokio_rustls::rustls;

texts_with_causes! {
    unusable(source: rustls::Error) "the certificates or the key can't be used", source;
    failed(source: io::Error) "the TLS handshake failed", source;
}

fn not_read(path: &Path, source: &io::Error, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    write!(f, "{} can't be read", path.display())?;
    write_causes(f, source)
}

#[cfg(feature = "tls-reload")]
texts_with_causes! {
    not_watched(source: rocketmq_tower_core::BoxError)
        "the certificate files can't be watched", &**source;
}

#[cfg(feature = "tls-self-signed")]
texts_with_causes! {
    not_generated(source: rocketmq_tower_core::BoxError)
        "the certificate can't be generated", &**source;
}

/// Why TLS certificates, keys or settings cannot be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum TlsConfigError {
    /// A file cannot be read.
    #[error(fmt = not_read)]
    Read {
        /// The file.
        path: PathBuf,
        /// Why it cannot be read.
        source: io::Error,
    },
    /// The content is not PEM.
    #[error("{origin} is not PEM: {why}")]
    Pem {
        /// The file, or where the text comes from.
        origin: String,
        /// What is wrong.
        why: &'static str,
    },
    /// The content is PEM, but without the expected section.
    #[error("{origin} holds no {what}")]
    Missing {
        /// The file, or where the text comes from.
        origin: String,
        /// The section that is expected.
        what: &'static str,
    },
    /// The private key belongs to another certificate.
    #[error("the private key does not belong to the certificate")]
    Mismatch,
    /// A certificate or a key is malformed or of an unsupported kind.
    #[error(fmt = unusable)]
    Unusable(#[source] rustls::Error),
    /// The server name is invalid.
    #[error("{0:?} is neither a host name nor an IP address")]
    ServerName(String),
    /// The files cannot be watched.
    #[cfg(feature = "tls-reload")]
    #[cfg_attr(docsrs, doc(cfg(feature = "tls-reload")))]
    #[error(fmt = not_watched)]
    Watch(#[source] rocketmq_tower_core::BoxError),
    /// A self-signed certificate could not be generated.
    #[cfg(feature = "tls-self-signed")]
    #[cfg_attr(docsrs, doc(cfg(feature = "tls-self-signed")))]
    #[error(fmt = not_generated)]
    SelfSigned(#[source] rocketmq_tower_core::BoxError),
}

impl From<rustls::Error> for TlsConfigError {
    fn from(error: rustls::Error) -> Self {
        match error {
            rustls::Error::InconsistentKeys(_) => Self::Mismatch,
            error => Self::Unusable(error),
        }
    }
}

/// Why a handshake was aborted: the [I/O error](rocketmq_tower_core::CloseReason::Io) with which
/// the server closes the connection.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum HandshakeError {
    /// The handshake began, but did not finish in time.
    #[error("the TLS handshake took longer than {0:?}")]
    Timeout(Duration),
    /// The peer aborted the handshake, violated the TLS protocol, or has no acceptable certificate.
    #[error(fmt = failed)]
    Failed(#[source] io::Error),
}

impl From<HandshakeError> for io::Error {
    fn from(error: HandshakeError) -> Self {
        let kind = match &error {
            HandshakeError::Failed(error) => error.kind(),
            HandshakeError::Timeout(_) => io::ErrorKind::TimedOut,
        };
        Self::new(kind, error)
    }
}
