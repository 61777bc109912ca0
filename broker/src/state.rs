//! The state that all requests to the broker share.

use crate::answers::{ANSWERS, WAITING};
use crate::clients::{Clients, QueueLocks};
use crate::clock::BrokerClock;
use crate::config::BrokerConfig;
use crate::groups::ConsumerGroups;
use crate::log::Log;
use crate::offsets::Offsets;
use crate::pop::{Pops, RequestModes};
use crate::room::Room;
use crate::runtime_settings::RuntimeSettings;
use crate::statistics::Statistics;
use crate::topics::Topics;
use crate::transactions::Transactions;
use rocketmq_tower::BoxError;
use rocketmq_tower::message::MessageId;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use tokio::sync::{RwLock, Semaphore};

/// The broker's state. Each part has its own locks, which are held briefly, and never those of two parts
/// at a time; except for that of popped messages, with which offsets are set and writes are queued, so
/// that all of them are in the same order.
pub(crate) struct BrokerState {
    pub(crate) identity: Arc<BrokerIdentity>,
    pub(crate) log: Arc<Log>,
    pub(crate) clock: Arc<BrokerClock>,
    pub(crate) topics: Arc<Topics>,
    pub(crate) offsets: Offsets,
    pub(crate) groups: ConsumerGroups,
    pub(crate) clients: Arc<Clients>,
    pub(crate) statistics: Statistics,
    pub(crate) settings: Arc<RuntimeSettings>,
    pub(crate) locks: QueueLocks,
    pub(crate) transactions: Transactions,
    pub(crate) pops: Pops,
    pub(crate) modes: RequestModes,
    /// Taken for writing while delayed messages are delivered, and for reading while one is recalled, so that
    /// one that was recalled is not delivered.
    pub(crate) delivery: RwLock<()>,
    /// For heartbeats and requests for locks with long bodies: one at a time.
    pub(crate) long_bodies: Arc<Semaphore>,
    /// The room for answers to pulls.
    pub(crate) answers: Room,
    /// The room for pulls that wait.
    pub(crate) waiting: Room,
    /// For pulls that read from the store: at most [`MAX_PULLS`] at a time; more wait.
    pub(crate) pulls: Arc<Semaphore>,
    turns: AtomicUsize,
}

/// The maximum number of pulls that read from the store at a time.
const MAX_PULLS: usize = 256;

/// The names and addresses of the broker.
#[derive(Debug)]
pub(crate) struct BrokerIdentity {
    pub(crate) cluster: String,
    pub(crate) name: String,
    /// The address at which clients reach it, `host:port`.
    pub(crate) address: String,
    /// The address in stored messages, which is an IPv4 address.
    pub(crate) stored: SocketAddr,
}

impl BrokerState {
    /// Reads the state from the log's store.
    pub(crate) async fn open(
        identity: Arc<BrokerIdentity>,
        log: Arc<Log>,
        config: &BrokerConfig,
    ) -> Result<Self, BoxError> {
        Ok(Self {
            topics: Arc::new(Topics::open(Arc::clone(&log), &identity).await?),
            identity,
            offsets: Offsets::open(Arc::clone(&log), config.offsets)?,
            groups: ConsumerGroups::open(Arc::clone(&log), config.groups)?,
            statistics: Statistics::new(Arc::clone(log.puts())),
            settings: Arc::new(RuntimeSettings::new(config)),
            clients: Arc::new(Clients::new(config.client_state)),
            locks: QueueLocks::default(),
            clock: Arc::clone(log.clock()),
            transactions: Transactions::open(&log, config.transaction_checks)?,
            pops: Pops::open(&log, config.pops)?,
            modes: RequestModes::open(&log)?,
            delivery: RwLock::new(()),
            long_bodies: Arc::new(Semaphore::new(1)),
            answers: Room::new(ANSWERS),
            waiting: Room::new(WAITING),
            pulls: Arc::new(Semaphore::new(MAX_PULLS)),
            turns: AtomicUsize::new(0),
            log,
        })
    }

    /// Returns the next number of a counter, for round robin.
    pub(crate) fn turn(&self) -> usize {
        self.turns.fetch_add(1, Ordering::Relaxed)
    }

    /// Returns the id of the message at this offset.
    pub(crate) fn message_id(&self, commit_log_offset: i64) -> MessageId {
        MessageId { host: self.identity.stored, commit_log_offset }
    }
}
