//! A broker that is reached without sockets, for the fuzz target, and its filters. Not a public interface.

mod sql;

pub use sql::{SqlExpression, SqlFound, SqlOutcome};

use crate::clients::ClientStateLimits;
use crate::config::BrokerConfig;
use crate::log::Log;
use crate::metrics::MetricsLayer;
use crate::name_server::NameServerState;
use crate::state::{BrokerIdentity, BrokerState};
use crate::storage::{MemoryStorage, Storage, StorageTable};
use crate::{Flush, jobs, stack};
use rocketmq_tower::BoxError;
use rocketmq_tower::testing::{MemoryTransport, memory};
use std::collections::{BTreeSet, HashSet};
use std::io;
use std::net::SocketAddr;
use std::ops::ControlFlow;
use std::sync::Arc;
use std::time::Duration;
use tokio::io::DuplexStream;
use tokio::task::JoinSet;

/// A name server and a broker that store nothing. Dropping it ends both.
#[derive(Debug)]
pub struct MemoryBroker {
    state: State,
    broker: MemoryTransport,
    name_server: MemoryTransport,
    _tasks: [JoinSet<()>; 2],
}

struct State(Arc<BrokerState>);

impl std::fmt::Debug for State {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("BrokerState")
    }
}

/// The bytes that a broker holds for its peers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Held {
    /// Members, subscriptions, filters, locks.
    pub client_state: usize,
    /// Messages that wait to be written, beside what is each connection's own.
    pub writes: usize,
    /// Answers that wait to be sent, beside what is each connection's own.
    pub answers: usize,
}

/// The bytes of client state that each connection may use though the total is used up.
pub const OWN_CLIENT_STATE: usize = crate::clients::OWN;

impl MemoryBroker {
    /// Starts a broker that keeps at most `client_state` bytes for the clients of all connections, and
    /// half of it for those of one.
    ///
    /// # Errors
    /// Not expected.
    pub async fn start(client_state: usize) -> Result<Self, BoxError> {
        let client_state =
            ClientStateLimits { total: client_state, per_connection: client_state / 2 };
        let config = BrokerConfig { client_state, ..BrokerConfig::default() };
        let stored = SocketAddr::from(([127, 0, 0, 1], 10911));
        let (cluster, name) = (config.cluster.clone(), config.broker_name.clone());
        let address = stored.to_string();
        let identity = Arc::new(BrokerIdentity { cluster, name, address, stored });
        let log = Arc::new(Log::start(Arc::new(MemoryStorage::default()), Flush::Async)?);
        let state = BrokerState::open(Arc::clone(&identity), Arc::clone(&log), &config).await?;
        let state = Arc::new(state);
        let names = Arc::new(NameServerState::open(&state)?);
        let metrics = MetricsLayer::new();
        let mut serving = JoinSet::new();
        let (listener, broker) = memory();
        let server = stack::broker(listener, &state, &config, &metrics)?;
        serving.spawn(async { drop(server.serve().await) });
        let (listener, name_server) = memory();
        let server = stack::name_server(listener, &names, &config, &metrics)?;
        serving.spawn(async { drop(server.serve().await) });
        let jobs = jobs::start(&state);
        Ok(Self { state: State(state), broker, name_server, _tasks: [serving, jobs] })
    }

    /// Connects to the broker.
    ///
    /// # Errors
    /// Not expected.
    pub async fn connect(&self) -> io::Result<DuplexStream> {
        Ok(self.broker.dial().await?.0)
    }

    /// Connects to the name server.
    ///
    /// # Errors
    /// Not expected.
    pub async fn connect_to_names(&self) -> io::Result<DuplexStream> {
        Ok(self.name_server.dial().await?.0)
    }

    /// Moves the broker's clock ahead, and returns when what is due then is delivered.
    pub async fn advance(&self, by: Duration) {
        self.state.0.clock.advance(by).await;
    }

    /// Returns what the broker holds now.
    #[must_use]
    pub fn held(&self) -> Held {
        let state = &self.state.0;
        Held {
            client_state: state.clients.used(),
            writes: crate::log::WRITES.total - state.log.free_room(),
            answers: crate::answers::ANSWERS.total - state.answers.free(),
        }
    }

    /// Checks that the broker knows all that is stored, and that no two topics share a queue.
    ///
    /// # Errors
    /// The difference.
    pub fn check(&self) -> Result<(), BoxError> {
        let state = &self.state.0;
        let storage = state.log.storage();
        for offset in keys(storage, StorageTable::Prepared)? {
            let offset = crate::log::CommitLogOffset::from_key(&offset).ok_or("not an offset")?;
            if !state.transactions.is_open(offset) {
                return Err(format!("the transaction at {offset:?} is stored, but not open").into());
            }
        }
        let topics = state.topics.all();
        let known: BTreeSet<_> =
            topics.iter().map(|topic| topic.name.as_bytes().to_vec()).collect();
        if known != keys(storage, StorageTable::Topics)? {
            return Err("the topics are not those that are stored".into());
        }
        let mut numbers = HashSet::new();
        for queue in topics.iter().flat_map(|topic| topic.queues()) {
            if !numbers.insert(queue.number()) {
                return Err(format!("two topics have the queue {}", queue.number()).into());
            }
            if storage.bounds(queue.number())? != (queue.min()..queue.max()) {
                return Err(format!("the bounds of the queue {} differ", queue.number()).into());
            }
        }
        Ok(())
    }
}

/// Returns the keys of a table.
fn keys(storage: &dyn Storage, table: StorageTable) -> Result<BTreeSet<Vec<u8>>, BoxError> {
    let mut keys = BTreeSet::new();
    storage.scan(table, &[]..&[0xff; 17], &mut |key, _| {
        keys.insert(key.to_vec());
        ControlFlow::Continue(())
    })?;
    Ok(keys)
}
