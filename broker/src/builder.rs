//! The options of a broker, one setter for each.

use crate::clients::ClientStateLimits;
use crate::config::{BrokerConfig, StoreConfig};
#[cfg(feature = "console")]
use crate::console::{ConsoleOptions, Password};
use crate::{Flush, RunningBroker, StartError, start};
use std::path::PathBuf;
use std::time::Duration;

/// A RocketMQ name server and broker in one process.
#[derive(Debug)]
#[non_exhaustive]
pub struct Broker {}

impl Broker {
    /// Returns a builder with the default options.
    pub fn builder() -> BrokerBuilder {
        BrokerBuilder { config: BrokerConfig::default() }
    }
}

/// The options of a broker, and its start.
///
/// The defaults are those of a broker that is embedded in a test: it keeps its messages in memory,
/// and both of its servers listen on free ports of 127.0.0.1, so that any number of brokers can run
/// beside each other. The command `rocketmq-tower-broker` has other defaults for these three: the
/// folder `rocketmq-data` and the ports 9876 and 10911.
///
/// | option | default |
/// |---|---|
/// | [`in_memory`](Self::in_memory), [`data_dir`](Self::data_dir) | in memory |
/// | [`flush`](Self::flush) | [`Flush::Sync`] |
/// | [`segment_size`](Self::segment_size) | 64 MiB |
/// | [`skip_damage`](Self::skip_damage) | `false` |
/// | [`topic`](Self::topic) | none; the first send creates a topic |
/// | [`name_server_listen`](Self::name_server_listen), [`listen`](Self::listen) | `127.0.0.1:0`, a free port |
/// | [`vip_port`](Self::vip_port) | `true` |
/// | [`advertise`](Self::advertise) | the address on which the broker listens |
/// | [`broker_name`](Self::broker_name), [`cluster`](Self::cluster) | `broker-a`, `DefaultCluster` |
/// | [`retention`](Self::retention) | 72 hours |
/// | [`transaction_timeout`](Self::transaction_timeout) | 6 s |
/// | [`transaction_check_interval`](Self::transaction_check_interval) | 30 s |
/// | [`max_connections`](Self::max_connections) | 1000 for each server |
/// | [`max_sends`](Self::max_sends) | 8192 |
/// | [`max_client_state`](Self::max_client_state) | 64 MiB, and 4 MiB for each connection |
/// | [`traffic_log`](Self::traffic_log) | off |
///
/// With the feature `console`, there is also a console in the browser, which is off by default.
#[derive(Clone, Debug)]
#[must_use = "a builder does nothing until it is started"]
pub struct BrokerBuilder {
    pub(crate) config: BrokerConfig,
}

impl BrokerBuilder {
    /// Keeps all messages in memory: they are lost when the broker ends. This is the default.
    /// Replaces an earlier [`data_dir`](Self::data_dir).
    pub fn in_memory(mut self) -> Self {
        self.config.store = StoreConfig::Memory;
        self
    }

    /// Keeps all messages, topics and offsets in this folder, which is created if it does not exist.
    /// One broker at a time can use a folder.
    pub fn data_dir(mut self, path: impl Into<PathBuf>) -> Self {
        self.config.store = StoreConfig::Folder(path.into());
        self
    }

    /// Sets when a message counts as stored. [`Flush::Sync`] by default. It makes no difference in
    /// memory.
    pub fn flush(mut self, flush: Flush) -> Self {
        self.config.flush = flush;
        self
    }

    /// Sets the size of the log's files, in bytes: 64 MiB by default, at least 64 KiB. Messages are
    /// deleted a file at a time.
    pub fn segment_size(mut self, bytes: u64) -> Self {
        self.config.segment_size = bytes.max(64 * 1024);
        self
    }

    /// Sets whether to go on after a damaged part of the log. By default the broker does not start on a
    /// folder in which acknowledged messages are damaged. With `true` it logs which part of which file
    /// is lost, and skips it.
    pub fn skip_damage(mut self, skip: bool) -> Self {
        self.config.skip_damage = skip;
        self
    }

    /// Creates a topic at the start, with 1 to 1024 queues, unless it exists. May be called for any
    /// number of topics.
    pub fn topic(mut self, name: impl Into<String>, queues: u32) -> Self {
        self.config.topics.push((name.into(), queues));
        self
    }

    /// Sets the address on which the broker listens: an IP address or a host name, and a port; port
    /// 0 takes a free one. `127.0.0.1:0` by default. Apache's broker uses port 10911.
    pub fn listen(mut self, addr: impl ToString) -> Self {
        self.config.listen = addr.to_string();
        self
    }

    /// Sets whether the broker also listens two ports below its own, if that port is free: Java's clients
    /// up to 4.5.0, the dashboard and the exporter connect to that "VIP channel" by default. `true` by
    /// default.
    pub fn vip_port(mut self, listen: bool) -> Self {
        self.config.vip_port = listen;
        self
    }

    /// Sets the address on which the name server listens; port 0 takes a free one. `127.0.0.1:0` by
    /// default. Apache's name server uses port 9876.
    pub fn name_server_listen(mut self, addr: impl ToString) -> Self {
        self.config.name_server_listen = addr.to_string();
        self
    }

    /// Sets the address at which clients reach the broker, `host` or `host:port`, which the name
    /// server tells them. By default it is the address on which the broker listens; if that is
    /// `0.0.0.0`, the address from which the machine sends.
    pub fn advertise(mut self, addr: impl ToString) -> Self {
        self.config.advertise = Some(addr.to_string());
        self
    }

    /// Sets the broker's name, `broker-a` by default.
    pub fn broker_name(mut self, name: impl Into<String>) -> Self {
        self.config.broker_name = name.into();
        self
    }

    /// Sets the name of the broker's cluster, `DefaultCluster` by default.
    pub fn cluster(mut self, name: impl Into<String>) -> Self {
        self.config.cluster = name.into();
        self
    }

    /// Sets the age at which messages are deleted, 72 hours by default.
    pub fn retention(mut self, age: Duration) -> Self {
        self.config.retention = age;
        self
    }

    /// Sets the time after which the producer of an open transaction is asked for its outcome for
    /// the first time, 6 s by default.
    pub fn transaction_timeout(mut self, timeout: Duration) -> Self {
        self.config.transaction_checks.first = timeout;
        self
    }

    /// Sets the time after which the producer is asked again, 30 s by default. It is asked at most
    /// 15 times, then the message goes to the topic
    /// `TRANS_CHECK_MAX_TIME_TOPIC`.
    pub fn transaction_check_interval(mut self, interval: Duration) -> Self {
        self.config.transaction_checks.interval = interval;
        self
    }

    /// Sets the maximum number of connections at a time, for each of the two servers; more wait to be
    /// accepted. 1000 by default, at least 1.
    pub fn max_connections(mut self, max: usize) -> Self {
        self.config.max_connections = max.max(1);
        self
    }

    /// Sets the maximum number of sends at a time, of all connections together; more are refused with
    /// `SYSTEM_BUSY`. 8192 by default; with 0, all are refused.
    pub fn max_sends(mut self, max: usize) -> Self {
        self.config.max_sends = max;
        self
    }

    /// Sets the maximum size of what is kept for clients, in bytes, for all connections together and for
    /// each one: members of groups, subscriptions, filters and locks of queues. What would need more is
    /// refused with `SYSTEM_BUSY`. 64 MiB and 4 MiB by default. Each connection may use 32 KiB in any
    /// case.
    pub fn max_client_state(mut self, total: usize, per_connection: usize) -> Self {
        self.config.client_state = ClientStateLimits { total, per_connection };
        self
    }

    /// Serves metrics for Prometheus on this address, by `GET /metrics`; port 0 takes a free one. Not
    /// served by default.
    #[cfg(feature = "metrics-exporter")]
    pub fn metrics(mut self, addr: impl ToString) -> Self {
        self.config.metrics = Some(addr.to_string());
        self
    }

    /// Serves the console on this address, for browsers; port 0 takes a free one. Not served by default.
    ///
    /// It should be an address of the loopback device. On any other one, the console is read-only unless it
    /// has a [password](Self::console_password), and all who reach it read messages.
    #[cfg(feature = "console")]
    pub fn console(mut self, addr: impl ToString) -> Self {
        self.console_options().addr = addr.to_string();
        self
    }

    /// Sets the password of the console, which browsers ask for. None by default. Without
    /// [`console`](Self::console), it has no effect.
    #[cfg(feature = "console")]
    pub fn console_password(mut self, password: impl Into<String>) -> Self {
        let password: String = password.into();
        self.console_options().password = Some(Password::from(password));
        self
    }

    /// Adds a name by which browsers may reach the console, beside its address and `localhost`. It answers
    /// no other one, so that no page of another site can read it by a name of its own. Without
    /// [`console`](Self::console), it has no effect.
    #[cfg(feature = "console")]
    pub fn console_host(mut self, name: impl Into<String>) -> Self {
        self.console_options().hosts.push(name.into());
        self
    }

    #[cfg(feature = "console")]
    fn console_options(&mut self) -> &mut ConsoleOptions {
        self.config.console.get_or_insert_default()
    }

    /// Logs once in `period` how many requests and responses there were of each code.
    /// [`Duration::ZERO`], the default, turns it off.
    pub fn traffic_log(mut self, period: Duration) -> Self {
        self.config.traffic_log = period;
        self
    }

    /// Starts the broker: binds its addresses, opens its store, creates its topics, and spawns the
    /// tasks that serve. Clients can connect when it returns.
    ///
    /// # Errors
    /// If an address cannot be bound, the store cannot be opened, or a topic cannot be created. Then
    /// nothing is left running, and the folder can be opened again.
    ///
    /// # Panics
    /// Outside of a tokio runtime with I/O and time enabled.
    pub async fn start(self) -> Result<RunningBroker, StartError> {
        Ok(start::start(self.config).await?.0)
    }
}
