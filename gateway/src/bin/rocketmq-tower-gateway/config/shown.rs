//! The settings as the console shows them: with defaults, without secrets. Files are named, and not read.

use super::policies::{names, texts};
use super::{
    BROKER_PORTS, CALL_TIMEOUT, CONNECT_TIMEOUT, Config, DRAIN_DEADLINE, MAX_CONNECTIONS, MAX_MIB,
    MAX_TOPICS, Parsed, UpstreamConfig, WhenFull,
};
use std::num::NonZeroUsize;
use std::path::PathBuf;

/// A policy, the name of one of its settings, and the value.
pub(crate) type PolicyRow = (&'static str, String, String);

impl Config {
    /// Returns the settings in force, by the keys of the file, but those of policies.
    pub(crate) fn settings(&self) -> Vec<(String, String)> {
        let bind = self.bind.or_else(|| self.first_host());
        let console = &self.console;
        let password = if console.password.is_some() { "set" } else { "" };
        let seconds = |own: Option<u64>, usual: u64| format!("{} s", own.unwrap_or(usual));
        let mut rows: Vec<(String, String)> = [
            ("bind", bind.map(|ip| ip.to_string()).unwrap_or_default()),
            ("advertise", self.advertise.clone().unwrap_or_default()),
            ("broker-ports", self.broker_ports.as_deref().unwrap_or(BROKER_PORTS).to_owned()),
            ("vip-channel", self.vip_channel.unwrap_or(true).to_string()),
            (
                "max-connections",
                self.max_connections.map_or(MAX_CONNECTIONS, NonZeroUsize::get).to_string(),
            ),
            ("max-mib", self.max_mib.unwrap_or(MAX_MIB).to_string()),
            ("call-timeout", seconds(self.call_timeout, CALL_TIMEOUT)),
            ("connect-timeout", seconds(self.connect_timeout, CONNECT_TIMEOUT)),
            ("drain-deadline", seconds(self.drain_deadline, DRAIN_DEADLINE)),
            ("health", self.health.clone().unwrap_or_default()),
            ("metrics", self.metrics.unwrap_or(true).to_string()),
            ("max-topics", self.max_topics.unwrap_or(MAX_TOPICS).to_string()),
            ("log", self.log.clone().unwrap_or_else(|| "info".to_owned())),
            ("console.listen", console.listen.clone().unwrap_or_default()),
            ("console.password", password.to_owned()),
            ("console.hosts", console.hosts.join(", ")),
        ]
        .map(|(name, value)| (name.to_owned(), value))
        .into();
        rows.extend(self.upstream.iter().flat_map(UpstreamConfig::settings));
        rows
    }

    /// Returns the policies in the order in which a connection and its requests pass them, and whether each is on.
    pub(crate) fn layers(&self) -> [(&'static str, bool); 8] {
        [
            ("proxy-protocol", self.proxy_protocol.is_some()),
            ("tls", self.tls.is_some()),
            ("trace", self.trace.is_some()),
            ("acl", self.acl.is_some()),
            ("audit", self.audit.is_some()),
            ("authorize", !self.authorize.is_empty()),
            ("namespace", self.namespace.is_some()),
            ("quota", !self.quota.is_empty()),
        ]
    }

    /// Returns the settings of the policies, in the order of [`layers`](Self::layers).
    pub(crate) fn policies(&self) -> Vec<PolicyRow> {
        let mut rows = Rows(Vec::new());
        if let Some(proxies) = &self.proxy_protocol {
            let trust = texts(proxies.trust.iter().map(|Parsed(network)| network));
            rows.add("proxy-protocol", "trust", trust);
            rows.add("proxy-protocol", "required", proxies.required);
        }
        if let Some(tls) = &self.tls {
            rows.add("tls", "mode", tls.mode());
            rows.add("tls", "certificate", tls.certificate.display());
            rows.add("tls", "key", tls.key.display());
            rows.add("tls", "client-ca", path(tls.client_ca.as_ref()));
            rows.add("tls", "client-certificates-optional", tls.client_certificates_optional);
        }
        if let Some(trace) = &self.trace {
            rows.add("trace", "every", trace.every);
        }
        if let Some(acl) = &self.acl {
            rows.add("acl", "accounts", acl.accounts.display());
            rows.add("acl", "allow-anonymous", acl.allow_anonymous);
        }
        if let Some(audit) = &self.audit {
            let file = audit.file.as_ref().map(|file| file.display().to_string());
            rows.add("audit", "file", file.unwrap_or_else(|| "the log".to_owned()));
            let actions = names(&audit.actions);
            rows.add("audit", "actions", if actions.is_empty() { "all" } else { &actions });
            rows.add(
                "audit",
                "when-full",
                match audit.when_full {
                    WhenFull::Drop => "drop",
                    WhenFull::Wait => "wait",
                },
            );
        }
        for (rule, number) in self.authorize.iter().zip(1..) {
            rows.add("authorize", &format!("rule {number}"), rule.text());
        }
        if let Some(namespace) = &self.namespace {
            let (operators, tenants) = namespace.rows();
            for operator in operators {
                rows.add("namespace", "operator", operator);
            }
            for (user, tenant) in tenants {
                rows.add("namespace", &format!("tenant of {user}"), tenant);
            }
        }
        for (quota, number) in self.quota.iter().zip(1..) {
            rows.add("quota", &format!("quota {number}"), quota.text());
        }
        rows.0
    }
}

impl UpstreamConfig {
    fn settings(&self) -> Vec<(String, String)> {
        let upstream = self.name.as_deref().unwrap_or("main");
        let brokers = self.brokers.iter().map(|(broker, port)| format!("{broker} = {port}"));
        let mut rows = vec![
            ("name-servers", self.name_servers.join(", ")),
            ("listen", self.listen().to_owned()),
            ("slaves", self.slaves.unwrap_or(true).to_string()),
            ("proxy-protocol", self.proxy_protocol.to_string()),
            ("credentials", path(self.credentials.as_ref())),
            ("brokers", texts(brokers)),
        ];
        if let Some(tls) = &self.tls {
            rows.extend([
                ("tls.ca", path(tls.ca.as_ref())),
                ("tls.certificate", path(tls.certificate.as_ref())),
                ("tls.key", path(tls.key.as_ref())),
                ("tls.server-name", tls.server_name.clone().unwrap_or_default()),
                ("tls.accept-any-certificate", tls.accept_any_certificate.to_string()),
            ]);
        }
        rows.into_iter()
            .map(|(name, value)| (format!("upstream.{upstream}.{name}"), value))
            .collect()
    }
}

struct Rows(Vec<PolicyRow>);

impl Rows {
    fn add(&mut self, policy: &'static str, name: &str, value: impl ToString) {
        self.0.push((policy, name.to_owned(), value.to_string()));
    }
}

fn path(path: Option<&PathBuf>) -> String {
    path.map(|path| path.display().to_string()).unwrap_or_default()
}
