//! A broker without a name server, on a store that the test has made.

use super::peer::Peer;
use super::soon;
use crate::config::BrokerConfig;
use crate::log::Log;
use crate::metrics::MetricsLayer;
use crate::sockets;
use crate::state::{BrokerIdentity, BrokerState};
use crate::storage::Storage;
use crate::{jobs, stack};
use rocketmq_tower_core::clock;
use std::sync::Arc;
use tokio::task::JoinSet;

/// A broker whose state the test can see. Dropping it ends it.
pub(super) struct BareBroker {
    pub(super) state: Arc<BrokerState>,
    address: String,
    _tasks: [JoinSet<()>; 2],
}

impl BareBroker {
    pub(super) async fn start(storage: Arc<dyn Storage>) -> Self {
        Self::with(storage, &BrokerConfig::default()).await
    }

    pub(super) async fn with(storage: Arc<dyn Storage>, config: &BrokerConfig) -> Self {
        let socket = sockets::bind(&config.listen).await.expect("a free port");
        let stored = sockets::local_addr(&socket).expect("an address");
        let address = stored.to_string();
        let (cluster, name) = (config.cluster.clone(), config.broker_name.clone());
        let identity = Arc::new(BrokerIdentity { cluster, name, address: address.clone(), stored });
        let log = Arc::new(Log::start(storage, config.flush).expect("a writer"));
        let state = BrokerState::open(identity, log, config).await;
        let state = Arc::new(state.expect("an open store"));
        let metrics = MetricsLayer::new();
        let server = stack::broker(socket, &state, config, &metrics);
        let server = server.expect("a router");
        let mut serving = JoinSet::new();
        serving.spawn(async { drop(server.serve().await) });
        let jobs = jobs::start(&state);
        Self { state, address, _tasks: [serving, jobs] }
    }

    pub(super) fn address(&self) -> &str {
        &self.address
    }

    pub(super) async fn client(&self) -> Peer {
        Peer::connect(&self.address).await
    }

    /// Closes the log, as the end of a broker does.
    pub(super) async fn close_log(&self) {
        soon(self.state.log.close()).await;
    }
}

/// Returns when the clock shows a later time than at the call.
pub(super) async fn clock_has_moved() {
    let begin = clock::now_ms();
    while clock::now_ms() <= begin {
        tokio::task::yield_now().await;
    }
}
