//! The configuration of a broker.

use crate::Flush;
use crate::clients::ClientStateLimits;
use crate::groups::GroupLimits;
use crate::offsets::OffsetLimits;
use crate::pop::PopLimits;
use crate::storage::DiskOptions;
use crate::transactions::TransactionChecks;
use std::path::PathBuf;
use std::time::Duration;

/// All options of a broker.
#[derive(Clone, Debug)]
pub(crate) struct BrokerConfig {
    pub(crate) store: StoreConfig,
    pub(crate) flush: Flush,
    /// The size of the log's files, in bytes.
    pub(crate) segment_size: u64,
    /// Goes on after a damaged part of the log.
    pub(crate) skip_damage: bool,
    /// Topics to create at the start, with their numbers of queues.
    pub(crate) topics: Vec<(String, u32)>,
    pub(crate) name_server_listen: String,
    pub(crate) listen: String,
    /// Also listens two ports below `listen`, if that port is free.
    pub(crate) vip_port: bool,
    pub(crate) advertise: Option<String>,
    pub(crate) broker_name: String,
    pub(crate) cluster: String,
    pub(crate) retention: Duration,
    pub(crate) transaction_checks: TransactionChecks,
    pub(crate) max_connections: usize,
    pub(crate) max_sends: usize,
    pub(crate) client_state: ClientStateLimits,
    pub(crate) offsets: OffsetLimits,
    pub(crate) pops: PopLimits,
    pub(crate) groups: GroupLimits,
    #[cfg(feature = "metrics-exporter")]
    pub(crate) metrics: Option<String>,
    #[cfg(feature = "console")]
    pub(crate) console: Option<crate::console::ConsoleOptions>,
    /// Faults that a test injects into both servers.
    #[cfg(feature = "testing")]
    pub(crate) faults: rocketmq_tower::layers::fault::Faults,
    /// The period of the traffic log; zero for none.
    pub(crate) traffic_log: Duration,
}

/// The store of a broker.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum StoreConfig {
    Memory,
    Folder(PathBuf),
}

impl BrokerConfig {
    /// Returns how a store in a folder is kept.
    pub(crate) fn disk_options(&self) -> DiskOptions {
        DiskOptions {
            segment_size: self.segment_size,
            skip_damage: self.skip_damage,
            ..DiskOptions::new(self.flush)
        }
    }
}

impl Default for BrokerConfig {
    fn default() -> Self {
        Self {
            store: StoreConfig::Memory,
            flush: Flush::Sync,
            segment_size: DiskOptions::SEGMENT_SIZE,
            skip_damage: false,
            topics: Vec::new(),
            name_server_listen: "127.0.0.1:0".to_owned(),
            listen: "127.0.0.1:0".to_owned(),
            vip_port: true,
            advertise: None,
            broker_name: "broker-a".to_owned(),
            cluster: "DefaultCluster".to_owned(),
            retention: Duration::from_secs(72 * 3600),
            transaction_checks: TransactionChecks {
                first: Duration::from_secs(6),
                interval: Duration::from_secs(30),
            },
            max_connections: 1000,
            max_sends: 8192,
            client_state: ClientStateLimits::DEFAULT,
            offsets: OffsetLimits::DEFAULT,
            pops: PopLimits::DEFAULT,
            groups: GroupLimits::DEFAULT,
            #[cfg(feature = "metrics-exporter")]
            metrics: None,
            #[cfg(feature = "console")]
            console: None,
            #[cfg(feature = "testing")]
            faults: rocketmq_tower::layers::fault::Faults::new(0),
            traffic_log: Duration::ZERO,
        }
    }
}
