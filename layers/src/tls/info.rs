use std::sync::Arc;
use tokio_rustls::rustls::pki_types::CertificateDer;
use tokio_rustls::rustls::{CommonState, ProtocolVersion, ServerConnection, SupportedCipherSuite};

/// The outcome of a TLS handshake, in the extensions of the connection's
/// [`Channel`](rocketmq_tower_core::Channel). Plain connections have none.
///
/// ```
/// use rocketmq_tower_core::RemotingCommand;
/// use rocketmq_tower_layers::tls::TlsInfo;
///
/// /// Whether the request came over TLS, from a peer with a certificate.
/// fn is_known(request: &RemotingCommand) -> bool {
///     let tls = request.channel().and_then(|channel| channel.extensions().get::<TlsInfo>());
///     tls.is_some_and(|tls| !tls.peer_certificates().is_empty())
/// }
/// ```
#[derive(Clone, Debug)]
pub struct TlsInfo {
    facts: Arc<Facts>,
}

#[derive(Debug)]
struct Facts {
    version: Option<ProtocolVersion>,
    cipher_suite: Option<SupportedCipherSuite>,
    alpn: Option<Vec<u8>>,
    server_name: Option<String>,
    certificates: Vec<CertificateDer<'static>>,
}

impl TlsInfo {
    /// Creates it from one end of a connection whose handshake is done, and the server name that
    /// the client asked for.
    #[must_use]
    pub fn new(state: &CommonState, server_name: Option<String>) -> Self {
        let facts = Facts {
            version: state.protocol_version(),
            cipher_suite: state.negotiated_cipher_suite(),
            alpn: state.alpn_protocol().map(<[u8]>::to_vec),
            server_name,
            certificates: state.peer_certificates().unwrap_or_default().to_vec(),
        };
        Self { facts: Arc::new(facts) }
    }

    pub(super) fn of_server(connection: &ServerConnection) -> Self {
        Self::new(connection, connection.server_name().map(str::to_owned))
    }

    /// Returns the protocol version, TLS 1.2 or 1.3.
    #[must_use]
    pub fn protocol_version(&self) -> Option<ProtocolVersion> {
        self.facts.version
    }

    /// Returns the cipher suite.
    #[must_use]
    pub fn cipher_suite(&self) -> Option<SupportedCipherSuite> {
        self.facts.cipher_suite
    }

    /// Returns the protocol negotiated by ALPN; `None` unless the TLS settings list protocols.
    #[must_use]
    pub fn alpn_protocol(&self) -> Option<&[u8]> {
        self.facts.alpn.as_deref()
    }

    /// Returns the server name that the client asked for (SNI). Clients send host names, not IP
    /// addresses.
    #[must_use]
    pub fn server_name(&self) -> Option<&str> {
        self.facts.server_name.as_deref()
    }

    /// Returns the certificate chain that the peer sent, in DER, its own certificate first. Empty
    /// if it sent none.
    #[must_use]
    pub fn peer_certificates(&self) -> &[CertificateDer<'static>] {
        &self.facts.certificates
    }
}
