//! Settings of a cluster.

use super::read;
use rocketmq_tower::BoxError;
use rocketmq_tower::layers::acl::{Credentials, SignHook};
use rocketmq_tower::layers::tls::{ClientTls, TlsConfigError};
use rocketmq_tower_gateway::Upstream;
use serde::Deserialize;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

const LISTEN: &str = "127.0.0.1:9876";

/// A cluster.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub(crate) struct UpstreamConfig {
    pub(crate) name: Option<String>,
    pub(crate) name_servers: Vec<String>,
    pub(crate) listen: Option<String>,
    /// The ports of brokers, by `NAME/ID`.
    #[serde(default)]
    pub(crate) brokers: BTreeMap<String, u16>,
    pub(crate) slaves: Option<bool>,
    #[serde(default)]
    pub(crate) proxy_protocol: bool,
    /// The file of the keys with which requests are signed anew.
    pub(crate) credentials: Option<PathBuf>,
    pub(crate) tls: Option<UpstreamTls>,
}

/// TLS to a cluster.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub(crate) struct UpstreamTls {
    pub(crate) ca: Option<PathBuf>,
    pub(crate) certificate: Option<PathBuf>,
    pub(crate) key: Option<PathBuf>,
    pub(crate) server_name: Option<String>,
    #[serde(default)]
    pub(crate) accept_any_certificate: bool,
}

/// The file of credentials.
#[derive(Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
struct CredentialsFile {
    access_key: String,
    secret_key: String,
    security_token: Option<String>,
}

impl UpstreamConfig {
    /// Returns the address of the name-server port.
    pub(super) fn listen(&self) -> &str {
        self.listen.as_deref().unwrap_or(LISTEN)
    }

    pub(super) fn to_upstream(&self) -> Result<Upstream, BoxError> {
        let mut upstream = Upstream::new(self.name_servers.clone())
            .listen(self.listen())
            .slaves(self.slaves.unwrap_or(true))
            .proxy_protocol(self.proxy_protocol);
        if let Some(name) = &self.name {
            upstream = upstream.name(name);
        }
        for (broker, &port) in &self.brokers {
            let parts = broker.rsplit_once('/');
            let parts = parts.and_then(|(name, id)| Some((name, id.parse().ok()?)));
            let (name, id) =
                parts.ok_or_else(|| format!("brokers: {broker:?} has to be NAME/ID"))?;
            upstream = upstream.broker(name, id, port);
        }
        if let Some(path) = &self.credentials {
            upstream = upstream.hook(SignHook::new(credentials(path)?));
        }
        if let Some(tls) = &self.tls {
            upstream = upstream.tls(tls.client()?);
        }
        Ok(upstream)
    }
}

impl UpstreamTls {
    fn client(&self) -> Result<ClientTls, BoxError> {
        let named = |error: TlsConfigError| format!("upstream.tls: {error}");
        let client = match (&self.ca, self.accept_any_certificate) {
            (Some(ca), false) => ClientTls::from_roots_file(ca),
            (None, true) => ClientTls::danger_accept_any_certificate(),
            _ => return Err("upstream.tls: either ca or accept-any-certificate is needed".into()),
        };
        let mut client = client.map_err(named)?;
        client = match (&self.certificate, &self.key) {
            (Some(certificate), Some(key)) => {
                client.identity_files(certificate, key).map_err(named)?
            }
            (None, None) => client,
            _ => return Err("upstream.tls: a certificate needs a key, and a key one".into()),
        };
        match &self.server_name {
            Some(name) => Ok(client.server_name(name).map_err(named)?),
            None => Ok(client),
        }
    }
}

fn credentials(path: &Path) -> Result<Credentials, BoxError> {
    let CredentialsFile { access_key, secret_key, security_token } = read(path)?;
    if access_key.is_empty() || secret_key.is_empty() {
        return Err(format!("{}: a key is empty", path.display()).into());
    }
    let mut credentials = Credentials::new(access_key, secret_key);
    credentials.security_token = security_token;
    Ok(credentials)
}
