use std::io;
use std::path::PathBuf;
use std::time::Duration;
use tokio_rustls::rustls;

/// Why certificates, keys or settings of TLS cannot be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum TlsConfigError {
    /// A file cannot be read.
    #[error("{path} can't be read")]
    Read {
        /// The file.
        path: PathBuf,
        /// Why not.
        source: io::Error,
    },
    /// It is not PEM.
    #[error("{origin} is not PEM: {why}")]
    Pem {
        /// The file, or where the text comes from.
        origin: String,
        /// What is wrong.
        why: &'static str,
    },
    /// It is PEM, and what is looked for is not in it.
    #[error("{origin} holds no {what}")]
    Missing {
        /// The file, or where the text comes from.
        origin: String,
        /// What it should hold.
        what: &'static str,
    },
    /// The private key belongs to another certificate.
    #[error("the private key does not belong to the certificate")]
    Mismatch,
    /// A certificate or a key is malformed, or of a kind that is not supported.
    #[error("the certificates or the key can't be used")]
    Unusable(#[source] rustls::Error),
    /// That is no name of a server.
    #[error("{0:?} is neither a host's name nor an IP address")]
    ServerName(String),
    /// The files cannot be watched.
    #[cfg(feature = "tls-reload")]
    #[cfg_attr(docsrs, doc(cfg(feature = "tls-reload")))]
    #[error("the certificate's files can't be watched")]
    Watch(#[source] rocketmq_tower_core::BoxError),
    /// No certificate could be made.
    #[cfg(feature = "tls-self-signed")]
    #[cfg_attr(docsrs, doc(cfg(feature = "tls-self-signed")))]
    #[error("no certificate could be made")]
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

/// Why a handshake was given up: the [I/O error](rocketmq_tower_core::CloseReason::Io) that the
/// connection of a server ends with.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum HandshakeError {
    /// The handshake began, and was not done in time.
    #[error("the TLS handshake took longer than {0:?}")]
    Timeout(Duration),
    /// The peer broke it off, does not speak TLS well, or has no certificate that will do.
    #[error("the TLS handshake failed")]
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
