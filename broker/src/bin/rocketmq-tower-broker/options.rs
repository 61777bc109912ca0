//! The options, on the command line or in the environment.

use crate::pages::Pages;
use clap::{Parser, ValueEnum};
use rocketmq_tower_broker::{Broker, BrokerBuilder, Flush};
use rocketmq_tower_console::Password;
use std::num::NonZeroUsize;
use std::path::PathBuf;
use std::time::Duration;
use tracing_subscriber::filter::LevelFilter;

/// The default number of queues of a topic.
const DEFAULT_QUEUES: u32 = 4;

/// A RocketMQ name server and broker in one process.
#[derive(Clone, Parser)]
#[command(name = "rocketmq-tower-broker", version)]
pub(crate) struct Options {
    /// Address on which the name server listens; port 0 takes a free one.
    #[arg(long, value_name = "ADDR", env = "ROCKETMQ_NAMESRV", default_value = "127.0.0.1:9876")]
    namesrv: String,
    /// Address on which the broker listens; port 0 takes a free one.
    #[arg(long, value_name = "ADDR", env = "ROCKETMQ_LISTEN", default_value = "127.0.0.1:10911")]
    listen: String,
    /// Do not listen two ports below the broker, where old clients and some tools connect.
    #[arg(long, env = "ROCKETMQ_NO_VIP_PORT")]
    no_vip_port: bool,
    /// Address at which clients reach the broker, `host` or `host:port`. By default the one on which
    /// it listens; if it listens on all, the one from which the machine sends.
    #[arg(long, value_name = "ADDR", env = "ROCKETMQ_ADVERTISE")]
    advertise: Option<String>,
    /// Folder for all messages, topics and offsets.
    #[arg(long, value_name = "DIR", env = "ROCKETMQ_DATA", default_value = "rocketmq-data")]
    data: PathBuf,
    /// Keep everything in memory, for tests: it is lost when the process ends.
    #[arg(long, env = "ROCKETMQ_IN_MEMORY")]
    in_memory: bool,
    /// When a message counts as stored.
    #[arg(long, value_enum, env = "ROCKETMQ_FLUSH", default_value = "sync")]
    flush: FlushMode,
    /// Size of the log's files, in MiB. Messages are deleted a file at a time.
    #[arg(long, value_name = "MIB", env = "ROCKETMQ_SEGMENT_SIZE", default_value_t = 64)]
    segment_size: u32,
    /// Start although a part of the log is damaged or files of the store are missing, without what was in
    /// them.
    #[arg(long, env = "ROCKETMQ_SKIP_DAMAGE")]
    skip_damage: bool,
    /// Topic to create at the start, with QUEUES queues or 4; may be repeated.
    #[arg(long, value_name = "NAME[:QUEUES]", env = "ROCKETMQ_TOPICS", value_delimiter = ',')]
    topic: Vec<String>,
    /// Name of the broker.
    #[arg(long, value_name = "NAME", env = "ROCKETMQ_BROKER_NAME", default_value = "broker-a")]
    broker_name: String,
    /// Name of its cluster.
    #[arg(long, value_name = "NAME", env = "ROCKETMQ_CLUSTER", default_value = "DefaultCluster")]
    cluster: String,
    /// Hours after which messages are deleted.
    #[arg(long, value_name = "HOURS", env = "ROCKETMQ_RETENTION", default_value_t = 72)]
    retention: u32,
    /// Seconds after which the producer of an open transaction is first asked for its outcome.
    #[arg(long, value_name = "SECONDS", env = "ROCKETMQ_TRANSACTION_TIMEOUT", default_value_t = 6)]
    transaction_timeout: u32,
    /// Seconds after which it is asked again.
    #[arg(
        long,
        value_name = "SECONDS",
        env = "ROCKETMQ_TRANSACTION_CHECK_INTERVAL",
        default_value_t = 30
    )]
    transaction_check_interval: u32,
    /// Maximum number of connections at a time, for each of the two servers; more wait.
    #[arg(long, value_name = "N", env = "ROCKETMQ_MAX_CONNECTIONS", default_value = "1000")]
    max_connections: NonZeroUsize,
    /// Maximum number of sends at a time; more are refused as busy.
    #[arg(long, value_name = "N", env = "ROCKETMQ_MAX_SENDS", default_value = "8192")]
    max_sends: NonZeroUsize,
    /// MiB of what is kept for clients: members of groups, subscriptions, filters, locks of queues.
    #[arg(long, value_name = "MIB", env = "ROCKETMQ_MAX_CLIENT_STATE", default_value_t = 64)]
    max_client_state: u32,
    /// MiB of it for each connection.
    #[arg(
        long,
        value_name = "MIB",
        env = "ROCKETMQ_MAX_CLIENT_STATE_PER_CONNECTION",
        default_value_t = 4
    )]
    max_client_state_per_connection: u32,
    /// Address on which Prometheus reads metrics, by `GET /metrics`; off by default.
    #[arg(long, value_name = "ADDR", env = "ROCKETMQ_METRICS")]
    metrics: Option<String>,
    /// Address of the console, for browsers, such as 127.0.0.1:8080; off by default.
    #[arg(long, value_name = "ADDR", env = "ROCKETMQ_CONSOLE")]
    console: Option<String>,
    /// Password of the console, or @ and a file that has it. Without one, it is read-only unless its
    /// address is one of the loopback device.
    #[arg(
        long,
        value_name = "VALUE|@FILE",
        env = "ROCKETMQ_CONSOLE_PASSWORD",
        hide_env_values = true
    )]
    console_password: Option<String>,
    /// Name by which browsers may reach the console, beside its address and localhost; may be repeated.
    #[arg(long, value_name = "NAME", env = "ROCKETMQ_CONSOLE_HOSTS", value_delimiter = ',')]
    console_host: Vec<String>,
    /// Seconds between log lines that count requests and responses by code; 0 turns them off.
    #[arg(long, value_name = "SECONDS", env = "ROCKETMQ_TRAFFIC", default_value_t = 0)]
    traffic: u32,
    /// Least severe level to log.
    #[arg(long, value_name = "LEVEL", env = "ROCKETMQ_LOG", default_value = "info")]
    pub(crate) log: LevelFilter,
    #[command(flatten)]
    pub(crate) pages: Pages,
}

/// When a message counts as stored.
#[derive(Clone, Copy, Debug, ValueEnum)]
enum FlushMode {
    /// When it is on the disk.
    Sync,
    /// When the operating system has it: it survives this process, but not the machine.
    Async,
}

impl From<FlushMode> for Flush {
    fn from(mode: FlushMode) -> Self {
        match mode {
            FlushMode::Sync => Self::Sync,
            FlushMode::Async => Self::Async,
        }
    }
}

impl Options {
    /// The broker with these options.
    pub(crate) fn into_builder(self) -> Result<BrokerBuilder, String> {
        let seconds = |seconds: u32| Duration::from_secs(seconds.into());
        let mib = |mib: u32| usize::try_from(u64::from(mib) << 20).unwrap_or(usize::MAX);
        let mut builder = Broker::builder()
            .name_server_listen(self.namesrv)
            .listen(self.listen)
            .vip_port(!self.no_vip_port)
            .data_dir(self.data)
            .flush(self.flush.into())
            .segment_size(u64::from(self.segment_size) * 1024 * 1024)
            .skip_damage(self.skip_damage)
            .broker_name(self.broker_name)
            .cluster(self.cluster)
            .retention(Duration::from_secs(u64::from(self.retention) * 3600))
            .transaction_timeout(seconds(self.transaction_timeout))
            .transaction_check_interval(seconds(self.transaction_check_interval))
            .max_connections(self.max_connections.get())
            .max_sends(self.max_sends.get())
            .max_client_state(mib(self.max_client_state), mib(self.max_client_state_per_connection))
            .traffic_log(seconds(self.traffic));
        if self.in_memory {
            builder = builder.in_memory();
        }
        if let Some(addr) = self.advertise {
            builder = builder.advertise(addr);
        }
        if let Some(addr) = self.metrics {
            builder = builder.metrics(addr);
        }
        if let Some(addr) = self.console {
            builder = builder.console(addr);
        }
        if let Some(password) = &self.console_password {
            let password = Password::read(password).map_err(|error| error.to_string())?;
            builder = builder.console_password(password);
        }
        for name in self.console_host {
            builder = builder.console_host(name);
        }
        for topic in &self.topic {
            let (name, queues) = parse_topic(topic)?;
            builder = builder.topic(name, queues);
        }
        Ok(builder)
    }
}

/// Reads `NAME` or `NAME:QUEUES`.
fn parse_topic(text: &str) -> Result<(&str, u32), String> {
    let Some((name, queues)) = text.rsplit_once(':') else { return Ok((text, DEFAULT_QUEUES)) };
    let queues = queues.parse().map_err(|_| {
        format!("the topic {text:?} has to be NAME or NAME:QUEUES, with a number of queues")
    })?;
    Ok((name, queues))
}
