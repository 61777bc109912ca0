//! The settings, as the file has them.

mod console;
mod parsed;
mod policies;
mod shown;
mod tenants;
mod tls;
mod upstream;

pub(crate) use console::{ConsoleConfig, Secret};
pub(crate) use policies::{AclConfig, AuditConfig, QuotaConfig, RuleConfig, TraceConfig, WhenFull};
pub(crate) use tenants::NamespaceConfig;
pub(crate) use tls::{ProxyConfig, TlsConfig};
pub(crate) use upstream::{UpstreamConfig, UpstreamTls};

pub(crate) use parsed::Parsed;

use rocketmq_tower::BoxError;
use rocketmq_tower_console::ConsoleOptions;
use rocketmq_tower_gateway::{Gateway, GatewayBuilder};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use std::fmt::Display;
use std::net::{IpAddr, SocketAddr};
use std::num::NonZeroUsize;
use std::ops::RangeInclusive;
use std::path::Path;
use std::time::Duration;

const BROKER_PORTS: &str = "20000-20999";
const MAX_CONNECTIONS: usize = 1000;
const MAX_MIB: usize = 256;
/// In seconds.
const CALL_TIMEOUT: u64 = 30;
const CONNECT_TIMEOUT: u64 = 3;
const DRAIN_DEADLINE: u64 = 30;
/// The default number of topics that metrics tell apart.
const MAX_TOPICS: usize = 1000;

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
    max_topics: Option<usize>,
    max_mib: Option<usize>,
    call_timeout: Option<u64>,
    connect_timeout: Option<u64>,
    drain_deadline: Option<u64>,
    #[serde(default)]
    pub(crate) console: ConsoleConfig,
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
        let seconds = |own: Option<u64>, usual| Duration::from_secs(own.unwrap_or(usual));
        builder = builder
            .broker_ports(range(self.broker_ports.as_deref().unwrap_or(BROKER_PORTS))?)
            .vip_channel(self.vip_channel.unwrap_or(true))
            .max_connections(self.max_connections.map_or(MAX_CONNECTIONS, NonZeroUsize::get))
            .max_bytes(self.max_mib.unwrap_or(MAX_MIB).saturating_mul(1 << 20))
            .call_timeout(seconds(self.call_timeout, CALL_TIMEOUT))
            .connect_timeout(seconds(self.connect_timeout, CONNECT_TIMEOUT))
            .drain_deadline(seconds(self.drain_deadline, DRAIN_DEADLINE))
            .statistics(self.console.listen.is_some());
        if let Some(bind) = self.bind.or_else(|| self.first_host()) {
            builder = builder.bind(bind);
        }
        if let Some(host) = &self.advertise {
            builder = builder.advertise(host);
        }
        Ok(builder)
    }

    /// Returns the options of the console, if there is one.
    pub(crate) fn console_options(&self) -> Result<Option<ConsoleOptions>, BoxError> {
        Ok(self.console.options()?)
    }

    /// Returns the number of topics that metrics tell apart.
    pub(crate) fn max_topics(&self) -> usize {
        self.max_topics.unwrap_or(MAX_TOPICS)
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
            ("console", self.console != new.console),
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
