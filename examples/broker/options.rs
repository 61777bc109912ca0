//! What can be set, on the command line or in the environment.

use crate::storage::Flush;
use clap::{Parser, ValueEnum};
use std::path::PathBuf;
use tracing_subscriber::filter::LevelFilter;

/// A RocketMQ name server and broker in one process.
#[derive(Clone, Debug, Parser)]
#[command(name = "broker")]
pub(crate) struct Options {
    /// Where the name server listens; port 0 takes a free one.
    #[arg(long, value_name = "ADDR", env = "ROCKETMQ_NAMESRV", default_value = "127.0.0.1:9876")]
    pub(crate) namesrv: String,
    /// Where the broker listens; port 0 takes a free one.
    #[arg(long, value_name = "ADDR", env = "ROCKETMQ_LISTEN", default_value = "127.0.0.1:10911")]
    pub(crate) listen: String,
    /// Where clients reach the broker, `host` or `host:port`. By default where it listens; of all
    /// addresses, the one that the machine sends from.
    #[arg(long, value_name = "ADDR", env = "ROCKETMQ_ADVERTISE")]
    pub(crate) advertise: Option<String>,
    /// The folder of all that is kept.
    #[arg(long, value_name = "DIR", env = "ROCKETMQ_DATA", default_value = "rocketmq-data")]
    pub(crate) data: PathBuf,
    /// Keep nothing: for tests.
    #[arg(long, env = "ROCKETMQ_IN_MEMORY")]
    pub(crate) in_memory: bool,
    /// When a message counts as stored.
    #[arg(long, value_enum, env = "ROCKETMQ_FLUSH", default_value = "sync")]
    pub(crate) flush: FlushMode,
    /// A topic to have from the start, with this many queues or 4; may be repeated.
    #[arg(long, value_name = "NAME[:QUEUES]", env = "ROCKETMQ_TOPICS", value_delimiter = ',')]
    pub(crate) topic: Vec<String>,
    /// The broker's name.
    #[arg(long, value_name = "NAME", env = "ROCKETMQ_BROKER_NAME", default_value = "broker-a")]
    pub(crate) broker_name: String,
    /// The name of its cluster.
    #[arg(long, value_name = "NAME", env = "ROCKETMQ_CLUSTER", default_value = "DefaultCluster")]
    pub(crate) cluster: String,
    /// Messages are deleted after so many hours.
    #[arg(long, value_name = "HOURS", env = "ROCKETMQ_RETENTION", default_value_t = 72)]
    pub(crate) retention: u32,
    /// A transaction's producer is asked after so many seconds for the first time.
    #[arg(long, value_name = "SECONDS", env = "ROCKETMQ_TRANSACTION_TIMEOUT", default_value_t = 6)]
    pub(crate) transaction_timeout: u32,
    /// It is asked again after so many more seconds.
    #[arg(
        long,
        value_name = "SECONDS",
        env = "ROCKETMQ_TRANSACTION_CHECK_INTERVAL",
        default_value_t = 30
    )]
    pub(crate) transaction_check_interval: u32,
    /// So many connections at a time to each of the two; more wait.
    #[arg(long, value_name = "N", env = "ROCKETMQ_MAX_CONNECTIONS", default_value_t = 1000)]
    pub(crate) max_connections: usize,
    /// So many sends at a time; more are refused as busy.
    #[arg(long, value_name = "N", env = "ROCKETMQ_MAX_SENDS", default_value_t = 8192)]
    pub(crate) max_sends: usize,
    /// Where Prometheus reads metrics, by `GET /metrics`; nowhere by default.
    #[arg(long, value_name = "ADDR", env = "ROCKETMQ_METRICS")]
    pub(crate) metrics: Option<String>,
    /// Log every so many seconds how many requests and answers of which code there were; 0 is
    /// never.
    #[arg(long, value_name = "SECONDS", env = "ROCKETMQ_TRAFFIC", default_value_t = 0)]
    pub(crate) traffic: u32,
    /// How much to log.
    #[arg(long, value_name = "LEVEL", env = "ROCKETMQ_LOG", default_value = "info")]
    pub(crate) log: LevelFilter,
}

/// When a message counts as stored.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub(crate) enum FlushMode {
    /// When it is on the disk.
    Sync,
    /// When the operating system has it: it outlives this process, but not the machine.
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
