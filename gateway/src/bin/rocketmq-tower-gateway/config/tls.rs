//! Settings of the connections of clients.

use super::Parsed;
use rocketmq_tower::BoxError;
use rocketmq_tower::layers::ProxyProtocolLayer;
use rocketmq_tower::layers::network::Network;
use rocketmq_tower::layers::tls::{PemFiles, ServerTls, TlsMode};
use serde::Deserialize;
use std::path::PathBuf;

/// TLS at all ports.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub(crate) struct TlsConfig {
    pub(crate) certificate: PathBuf,
    pub(crate) key: PathBuf,
    /// The authorities of client certificates.
    pub(crate) client_ca: Option<PathBuf>,
    /// Whether clients without a certificate are served, too.
    #[serde(default)]
    pub(crate) client_certificates_optional: bool,
    pub(crate) mode: Option<Parsed<TlsMode>>,
}

impl TlsConfig {
    pub(crate) fn server(&self) -> Result<ServerTls, BoxError> {
        let files = PemFiles::new(&self.certificate, &self.key);
        let files = match &self.client_ca {
            Some(ca) if self.client_certificates_optional => files.ask_client_certificates(ca),
            Some(ca) => files.require_client_certificates(ca),
            None => files,
        };
        let server = ServerTls::from_files(files);
        server.map_err(|error| format!("tls: {error}").into())
    }

    pub(crate) fn mode(&self) -> TlsMode {
        self.mode.map_or(TlsMode::Enforcing, |Parsed(mode)| mode)
    }
}

/// PROXY headers of balancers.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub(crate) struct ProxyConfig {
    /// The balancers.
    pub(crate) trust: Vec<Parsed<Network>>,
    /// Whether others are refused.
    #[serde(default)]
    pub(crate) required: bool,
}

impl ProxyConfig {
    /// Returns the layer; without trusted networks, it reads nothing.
    pub(crate) fn layer(&self) -> ProxyProtocolLayer {
        let layer = match self.required {
            true => ProxyProtocolLayer::required(),
            false => ProxyProtocolLayer::optional(),
        };
        layer.trust(self.trust.iter().map(|Parsed(network)| *network))
    }
}
