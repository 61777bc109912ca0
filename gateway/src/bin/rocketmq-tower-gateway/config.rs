//! The settings, as the file has them.

use rocketmq_tower::BoxError;
use rocketmq_tower_gateway::{Gateway, GatewayBuilder, Upstream};
use serde::Deserialize;
use std::collections::BTreeMap;
use std::net::{IpAddr, SocketAddr};
use std::num::NonZeroUsize;
use std::ops::RangeInclusive;
use std::path::Path;
use std::time::Duration;

const LISTEN: &str = "127.0.0.1:9876";
const BROKER_PORTS: RangeInclusive<u16> = 20_000..=20_999;

/// The settings. Those that are absent have the defaults of the command line's options, and of the library.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub(crate) struct Config {
    #[serde(default)]
    pub(crate) upstream: Vec<UpstreamConfig>,
    pub(crate) bind: Option<IpAddr>,
    pub(crate) advertise: Option<String>,
    pub(crate) broker_ports: Option<String>,
    pub(crate) vip_channel: Option<bool>,
    pub(crate) max_connections: Option<NonZeroUsize>,
    pub(crate) health: Option<String>,
    max_mib: Option<usize>,
    call_timeout: Option<u64>,
    connect_timeout: Option<u64>,
    drain_deadline: Option<u64>,
}

/// A cluster.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub(crate) struct UpstreamConfig {
    pub(crate) name: Option<String>,
    pub(crate) name_servers: Vec<String>,
    pub(crate) listen: Option<String>,
    /// The ports of brokers, by `NAME/ID`.
    #[serde(default)]
    pub(crate) brokers: BTreeMap<String, u16>,
    #[serde(default)]
    pub(crate) proxy_protocol: bool,
}

impl Config {
    pub(crate) fn read(path: &Path) -> Result<Self, BoxError> {
        let unreadable = |error: &dyn std::fmt::Display| format!("{}: {error}", path.display());
        let text = std::fs::read_to_string(path).map_err(|error| unreadable(&error))?;
        Ok(toml::from_str(&text).map_err(|error| unreadable(&error))?)
    }

    /// Returns the gateway with these settings.
    pub(crate) fn builder(&self) -> Result<GatewayBuilder, BoxError> {
        let mut builder = Gateway::builder();
        for upstream in &self.upstream {
            builder = builder.upstream(upstream.to_upstream()?);
        }
        let ports = match &self.broker_ports {
            Some(text) => range(text)?,
            None => BROKER_PORTS,
        };
        builder = builder.broker_ports(ports).vip_channel(self.vip_channel.unwrap_or(true));
        if let Some(bind) = self.bind.or_else(|| self.first_host()) {
            builder = builder.bind(bind);
        }
        if let Some(host) = &self.advertise {
            builder = builder.advertise(host);
        }
        if let Some(max) = self.max_connections {
            builder = builder.max_connections(max.get());
        }
        if let Some(mib) = self.max_mib {
            builder = builder.max_bytes(mib.saturating_mul(1 << 20));
        }
        if let Some(seconds) = self.call_timeout {
            builder = builder.call_timeout(Duration::from_secs(seconds));
        }
        if let Some(seconds) = self.connect_timeout {
            builder = builder.connect_timeout(Duration::from_secs(seconds));
        }
        if let Some(seconds) = self.drain_deadline {
            builder = builder.drain_deadline(Duration::from_secs(seconds));
        }
        Ok(builder)
    }

    /// Returns the IP address of the first name-server port.
    fn first_host(&self) -> Option<IpAddr> {
        let listen = self.upstream.first()?.listen.as_deref()?;
        listen.parse::<SocketAddr>().ok().map(|addr| addr.ip())
    }
}

impl UpstreamConfig {
    fn to_upstream(&self) -> Result<Upstream, BoxError> {
        let mut upstream = Upstream::new(self.name_servers.clone())
            .listen(self.listen.as_deref().unwrap_or(LISTEN))
            .proxy_protocol(self.proxy_protocol);
        if let Some(name) = &self.name {
            upstream = upstream.name(name);
        }
        for (broker, &port) in &self.brokers {
            let parts = broker.rsplit_once('/');
            let parts = parts.and_then(|(name, id)| Some((name, id.parse().ok()?)));
            let (name, id) =
                parts.ok_or_else(|| format!("the broker {broker:?} has to be NAME/ID"))?;
            upstream = upstream.broker(name, id, port);
        }
        Ok(upstream)
    }
}

/// Reads `FIRST-LAST`.
fn range(text: &str) -> Result<RangeInclusive<u16>, BoxError> {
    let parts = text.split_once('-');
    let range = parts.and_then(|(first, last)| Some(first.parse().ok()?..=last.parse().ok()?));
    let range = range.filter(|range| *range.start() > 0 && !range.is_empty());
    Ok(range.ok_or_else(|| format!("the ports {text:?} have to be FIRST-LAST"))?)
}
