//! The settings, as the file has them.

mod parsed;
mod policies;
mod tenants;
mod tls;
mod upstream;

pub(crate) use policies::{AclConfig, AuditConfig, QuotaConfig, RuleConfig, TraceConfig, WhenFull};
pub(crate) use tenants::NamespaceConfig;
pub(crate) use tls::{ProxyConfig, TlsConfig};
pub(crate) use upstream::{UpstreamConfig, UpstreamTls};

pub(crate) use parsed::Parsed;

use rocketmq_tower::BoxError;
use rocketmq_tower_gateway::{Gateway, GatewayBuilder};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use std::fmt::Display;
use std::net::{IpAddr, SocketAddr};
use std::num::NonZeroUsize;
use std::ops::RangeInclusive;
use std::path::Path;
use std::time::Duration;

const BROKER_PORTS: RangeInclusive<u16> = 20_000..=20_999;

/// The settings. Those that are absent have the defaults of the command line's options, and of the library.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
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
    pub(crate) metrics: Option<bool>,
    pub(crate) max_topics: Option<usize>,
    max_mib: Option<usize>,
    call_timeout: Option<u64>,
    connect_timeout: Option<u64>,
    drain_deadline: Option<u64>,
    pub(crate) tls: Option<TlsConfig>,
    pub(crate) proxy_protocol: Option<ProxyConfig>,
    pub(crate) log: Option<String>,
    pub(crate) trace: Option<TraceConfig>,
    pub(crate) acl: Option<AclConfig>,
    pub(crate) audit: Option<AuditConfig>,
    #[serde(default)]
    pub(crate) authorize: Vec<RuleConfig>,
    #[serde(default)]
    pub(crate) quota: Vec<QuotaConfig>,
    pub(crate) namespace: Option<NamespaceConfig>,
}

/// Reads a file of settings. An error names the file, the line and the key.
pub(crate) fn read<T: DeserializeOwned>(path: &Path) -> Result<T, BoxError> {
    let unreadable = |error: &dyn Display| format!("{}: {error}", path.display());
    let text = std::fs::read_to_string(path).map_err(|error| unreadable(&error))?;
    Ok(toml::from_str(&text).map_err(|error| unreadable(&error))?)
}

impl Config {
    /// Returns the gateway with these settings, without policies.
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

    /// Returns the keys whose values differ from `new` and cannot change while the gateway runs.
    pub(crate) fn fixed_differences(&self, new: &Self) -> Vec<&'static str> {
        let differ = [
            ("upstream", self.upstream != new.upstream),
            ("bind", self.bind != new.bind),
            ("advertise", self.advertise != new.advertise),
            ("broker-ports", self.broker_ports != new.broker_ports),
            ("vip-channel", self.vip_channel != new.vip_channel),
            ("max-connections", self.max_connections != new.max_connections),
            ("health", self.health != new.health),
            ("metrics", self.metrics != new.metrics),
            ("max-topics", self.max_topics != new.max_topics),
            ("max-mib", self.max_mib != new.max_mib),
            ("call-timeout", self.call_timeout != new.call_timeout),
            ("connect-timeout", self.connect_timeout != new.connect_timeout),
            ("drain-deadline", self.drain_deadline != new.drain_deadline),
            ("tls", self.tls != new.tls),
            ("proxy-protocol", self.proxy_protocol != new.proxy_protocol),
        ];
        differ.into_iter().filter(|(_, differs)| *differs).map(|(key, _)| key).collect()
    }

    /// Takes over the settings that can change while the gateway runs.
    pub(crate) fn take_changes(&mut self, new: Self) {
        let Self { log, trace, acl, audit, authorize, quota, namespace, .. } = new;
        let old = std::mem::take(self);
        *self = Self { log, trace, acl, audit, authorize, quota, namespace, ..old };
    }

    /// Returns the IP address of the first name-server port.
    fn first_host(&self) -> Option<IpAddr> {
        let listen = self.upstream.first()?.listen.as_deref()?;
        listen.parse::<SocketAddr>().ok().map(|addr| addr.ip())
    }
}

/// Reads `FIRST-LAST`.
fn range(text: &str) -> Result<RangeInclusive<u16>, BoxError> {
    let parts = text.split_once('-');
    let range = parts.and_then(|(first, last)| Some(first.parse().ok()?..=last.parse().ok()?));
    let range = range.filter(|range| *range.start() > 0 && !range.is_empty());
    Ok(range.ok_or_else(|| format!("broker-ports: {text:?} has to be FIRST-LAST"))?)
}
