//! The options, on the command line or in the environment.

use crate::config::{
    AclConfig, Config, Parsed, ProxyConfig, Secret, TlsConfig, UpstreamConfig, UpstreamTls, read,
};
use crate::pages::Pages;
use clap::Parser;
use rocketmq_tower::BoxError;
use rocketmq_tower::layers::network::Network;
use std::net::IpAddr;
use std::num::NonZeroUsize;
use std::path::PathBuf;

/// One door to RocketMQ clusters, for clients and tools.
#[derive(Clone, Debug, Parser)]
#[command(name = "rocketmq-tower-gateway", version)]
pub(crate) struct Options {
    /// TOML file with settings; options of the command line come first. SIGHUP reads it again.
    #[arg(long, value_name = "FILE", env = "ROCKETMQ_GATEWAY_CONFIG")]
    config: Option<PathBuf>,
    /// Name servers of the cluster, separated by semicolons.
    #[arg(long, value_name = "NAMESRV[;NAMESRV]", env = "ROCKETMQ_GATEWAY_UPSTREAM")]
    upstream: Option<String>,
    /// Address of the name-server port. [default: 127.0.0.1:9876]
    #[arg(long, value_name = "ADDR", env = "ROCKETMQ_GATEWAY_LISTEN", requires = "upstream")]
    listen: Option<String>,
    /// Port of a broker; may be repeated.
    #[arg(
        long,
        value_name = "NAME/ID=PORT",
        env = "ROCKETMQ_GATEWAY_BROKERS",
        value_delimiter = ',',
        requires = "upstream"
    )]
    brokers: Vec<String>,
    /// Do not tell clients slaves.
    #[arg(long, env = "ROCKETMQ_GATEWAY_NO_SLAVES", requires = "upstream")]
    no_slaves: bool,
    /// TOML file with the keys with which requests are signed anew for the cluster.
    #[arg(long, value_name = "FILE", env = "ROCKETMQ_GATEWAY_CREDENTIALS", requires = "upstream")]
    credentials: Option<PathBuf>,
    /// Connect to the cluster with TLS; PEM file with its authorities.
    #[arg(long, value_name = "FILE", env = "ROCKETMQ_GATEWAY_UPSTREAM_CA", requires = "upstream")]
    upstream_ca: Option<PathBuf>,
    /// Begin connections to brokers with a PROXY header, version 2.
    #[arg(long, env = "ROCKETMQ_GATEWAY_PROXY_PROTOCOL", requires = "upstream")]
    proxy_protocol: bool,
    /// Ports of all other brokers. [default: 20000-20999]
    #[arg(long, value_name = "FIRST-LAST", env = "ROCKETMQ_GATEWAY_BROKER_PORTS")]
    broker_ports: Option<String>,
    /// Host at which clients reach the gateway. By default the address on which the ports listen.
    #[arg(long, value_name = "HOST", env = "ROCKETMQ_GATEWAY_ADVERTISE")]
    advertise: Option<String>,
    /// IP address on which the ports of brokers listen. [default: that of the name-server port]
    #[arg(long, value_name = "IP", env = "ROCKETMQ_GATEWAY_BIND")]
    bind: Option<IpAddr>,
    /// Do not listen two ports below each broker's, where old clients and some tools connect.
    #[arg(long, env = "ROCKETMQ_GATEWAY_NO_VIP_CHANNEL")]
    no_vip_channel: bool,
    /// Maximum number of clients at each port; more wait. [default: 1000]
    #[arg(long, value_name = "N", env = "ROCKETMQ_GATEWAY_MAX_CONNECTIONS")]
    max_connections: Option<NonZeroUsize>,
    /// Require TLS of clients; PEM file with the certificate.
    #[arg(
        long,
        value_name = "FILE",
        env = "ROCKETMQ_GATEWAY_TLS_CERTIFICATE",
        requires = "tls_key"
    )]
    tls_certificate: Option<PathBuf>,
    /// PEM file with the key of that certificate.
    #[arg(
        long,
        value_name = "FILE",
        env = "ROCKETMQ_GATEWAY_TLS_KEY",
        requires = "tls_certificate"
    )]
    tls_key: Option<PathBuf>,
    /// Require certificates of clients; PEM file with their authorities.
    #[arg(
        long,
        value_name = "FILE",
        env = "ROCKETMQ_GATEWAY_TLS_CLIENT_CA",
        requires = "tls_certificate"
    )]
    tls_client_ca: Option<PathBuf>,
    /// Require signatures of clients; TOML file with accounts, NAME = "SECRET".
    #[arg(long, value_name = "FILE", env = "ROCKETMQ_GATEWAY_ACCOUNTS")]
    accounts: Option<PathBuf>,
    /// Networks of balancers, which begin connections with a PROXY header.
    #[arg(
        long,
        value_name = "NETWORK,..",
        env = "ROCKETMQ_GATEWAY_TRUST_PROXIES",
        value_delimiter = ','
    )]
    trust_proxies: Vec<Parsed<Network>>,
    /// Address of `/healthz`, `/readyz` and `/metrics`; off by default.
    #[arg(long, value_name = "ADDR", env = "ROCKETMQ_GATEWAY_HEALTH")]
    health: Option<String>,
    /// Do not collect metrics.
    #[arg(long, env = "ROCKETMQ_GATEWAY_NO_METRICS")]
    no_metrics: bool,
    /// Address of the console, for browsers, such as 127.0.0.1:8080; off by default.
    #[arg(long, value_name = "ADDR", env = "ROCKETMQ_GATEWAY_CONSOLE")]
    console: Option<String>,
    /// Password of the console, or @ and a file that has it.
    #[arg(
        long,
        value_name = "VALUE|@FILE",
        env = "ROCKETMQ_GATEWAY_CONSOLE_PASSWORD",
        hide_env_values = true
    )]
    console_password: Option<Secret>,
    /// Name by which browsers may reach the console, beside its address and localhost; may be repeated.
    #[arg(
        long,
        value_name = "NAME",
        env = "ROCKETMQ_GATEWAY_CONSOLE_HOSTS",
        value_delimiter = ','
    )]
    console_host: Vec<String>,
    /// Least severe level to log, also by target: `info,rocketmq_tower::audit=off`. [default: info]
    #[arg(long, value_name = "LEVEL", env = "ROCKETMQ_GATEWAY_LOG")]
    log: Option<String>,
    /// Check the settings and the files that they name, and exit.
    #[arg(long)]
    pub(crate) check: bool,
    #[command(flatten)]
    pub(crate) pages: Pages,
}

impl Options {
    /// Returns the settings of the file, if there is one, changed by the options.
    pub(crate) fn config(&self) -> Result<Config, BoxError> {
        let mut config = match &self.config {
            Some(path) => read(path)?,
            None => Config::default(),
        };
        if let Some(name_servers) = &self.upstream {
            config.upstream = vec![self.upstream(name_servers)?];
        }
        config.broker_ports = self.broker_ports.clone().or(config.broker_ports);
        config.advertise = self.advertise.clone().or(config.advertise);
        config.bind = self.bind.or(config.bind);
        config.max_connections = self.max_connections.or(config.max_connections);
        config.health = self.health.clone().or(config.health);
        config.log = self.log.clone().or(config.log);
        if let (Some(certificate), Some(key)) = (self.tls_certificate.clone(), self.tls_key.clone())
        {
            let (client_ca, mode) = (self.tls_client_ca.clone(), None);
            let client_certificates_optional = false;
            config.tls =
                Some(TlsConfig { certificate, key, client_ca, client_certificates_optional, mode });
        }
        if let Some(accounts) = self.accounts.clone() {
            config.acl = Some(AclConfig { accounts, allow_anonymous: false });
        }
        if !self.trust_proxies.is_empty() {
            let trust = self.trust_proxies.clone();
            config.proxy_protocol = Some(ProxyConfig { trust, required: false });
        }
        let console = &mut config.console;
        console.listen = self.console.clone().or(console.listen.take());
        console.password = self.console_password.clone().or(console.password.take());
        if !self.console_host.is_empty() {
            console.hosts = self.console_host.clone();
        }
        if self.no_metrics {
            config.metrics = Some(false);
        }
        if self.no_vip_channel {
            config.vip_channel = Some(false);
        }
        Ok(config)
    }

    fn upstream(&self, name_servers: &str) -> Result<UpstreamConfig, BoxError> {
        let name_servers = name_servers.split(';').map(str::trim).filter(|addr| !addr.is_empty());
        let mut upstream = UpstreamConfig {
            name_servers: name_servers.map(str::to_owned).collect(),
            listen: self.listen.clone(),
            slaves: self.no_slaves.then_some(false),
            proxy_protocol: self.proxy_protocol,
            credentials: self.credentials.clone(),
            tls: self
                .upstream_ca
                .clone()
                .map(|ca| UpstreamTls { ca: Some(ca), ..Default::default() }),
            ..Default::default()
        };
        for broker in &self.brokers {
            let parts =
                broker.split_once('=').and_then(|(id, port)| Some((id, port.parse().ok()?)));
            let (id, port) = parts.ok_or_else(|| format!("{broker:?} has to be NAME/ID=PORT"))?;
            upstream.brokers.insert(id.to_owned(), port);
        }
        Ok(upstream)
    }
}
