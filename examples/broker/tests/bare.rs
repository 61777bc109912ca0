//! A broker whose parts a test can see, on a store that the test has made.

use super::peer::Peer;
use super::soon;
use crate::broker::{Broker, Identity};
use crate::log::Log;
use crate::options::Options;
use crate::storage::{Flush, Storage};
use crate::transactions::Checks;
use crate::{jobs, stack};
use clap::Parser;
use rocketmq_tower::layers::MetricsLayer;
use rocketmq_tower::server::listener::{Accept, Retry, TcpAcceptor, TcpOptions};
use std::sync::Arc;
use std::time::Duration;
use tokio::task::JoinSet;

/// A broker without a name server. It ends when this is dropped.
pub(super) struct Bare {
    pub(super) broker: Arc<Broker>,
    address: String,
    _tasks: [JoinSet<()>; 2],
}

impl Bare {
    pub(super) async fn start(storage: Arc<dyn Storage>, options: &[&str]) -> Self {
        let options = Options::parse_from([&["broker"], options].concat());
        let tcp =
            TcpAcceptor::bind("127.0.0.1:0", &TcpOptions::default()).await.expect("a free port");
        let stored = tcp.local_addr().socket_addr().expect("an address");
        let address = stored.to_string();
        let (cluster, name) = ("DefaultCluster".to_owned(), "broker-a".to_owned());
        let identity = Arc::new(Identity { cluster, name, address: address.clone(), stored });
        let log = Arc::new(Log::start(storage, Flush::Sync).expect("a thread"));
        let checks = Checks { first: Duration::from_secs(6), interval: Duration::from_secs(30) };
        let broker = Arc::new(Broker::open(identity, log, checks).await.expect("opens"));
        let metrics = MetricsLayer::new();
        let server = stack::broker(Retry::new(tcp), &broker, &options, &metrics);
        let server = server.expect("a router");
        let mut serving = JoinSet::new();
        serving.spawn(async { drop(server.serve().await) });
        let jobs = jobs::start(&broker, Duration::MAX);
        Self { broker, address, _tasks: [serving, jobs] }
    }

    pub(super) async fn client(&self) -> Peer {
        Peer::connect(&self.address).await
    }

    /// Closes the log, as the end of a node does.
    pub(super) async fn close_log(&self) {
        let log = Arc::clone(&self.broker.log);
        soon(tokio::task::spawn_blocking(move || log.close())).await.expect("no panic");
    }
}
