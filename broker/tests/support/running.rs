//! A broker that a test starts and ends.

use super::peer::Peer;
use super::soon;
use rocketmq_tower_broker::{BrokerBuilder, RunningBroker, ServeError};
use tokio::task::JoinHandle;

/// A broker, and its addresses as texts.
pub(crate) struct Running {
    pub(crate) names: String,
    pub(crate) broker: String,
    pub(crate) inner: RunningBroker,
}

impl Running {
    pub(crate) async fn start(builder: BrokerBuilder) -> Self {
        let inner = soon(builder.start()).await.expect("the broker starts");
        let (names, broker) =
            (inner.name_server_addr().to_string(), inner.broker_addr().to_string());
        Self { names, broker, inner }
    }

    /// Connects a client to the broker.
    pub(crate) async fn client(&self) -> Peer {
        Peer::connect(&self.broker).await
    }

    /// Begins to shut it down, and does not wait.
    pub(crate) fn stop(self) -> JoinHandle<Result<(), ServeError>> {
        tokio::spawn(self.inner.shutdown())
    }

    /// Shuts it down.
    pub(crate) async fn end(self) {
        soon(self.inner.shutdown()).await.expect("the broker ends in good order");
    }
}
