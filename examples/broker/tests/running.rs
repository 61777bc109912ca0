//! A name server and broker that run in a task.

use super::peer::Peer;
use super::soon;
use crate::node::Node;
use crate::options::Options;
use clap::Parser;
use rocketmq_tower::Addr;
use std::path::Path;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

pub(super) struct Running {
    pub(super) names: String,
    pub(super) broker: String,
    pub(super) metrics: Option<Addr>,
    stop: oneshot::Sender<()>,
    task: JoinHandle<()>,
}

impl Running {
    /// One that keeps nothing, with these options.
    pub(super) async fn start(options: &[&str]) -> Self {
        Self::with(&[&["--in-memory"], options].concat()).await
    }

    /// One that keeps all in `folder`.
    pub(super) async fn start_in(folder: &Path, options: &[&str]) -> Self {
        let folder = folder.to_str().expect("a path in UTF-8");
        Self::with(&[&["--data", folder], options].concat()).await
    }

    async fn with(options: &[&str]) -> Self {
        let ports = ["broker", "--namesrv", "127.0.0.1:0", "--listen", "127.0.0.1:0"];
        let options = Options::parse_from([&ports, options].concat());
        let node = Node::start(&options).await.expect("starts");
        let (names, broker) = (node.name_server_addr(), node.broker_addr().to_owned());
        let metrics = node.metrics_addr();
        let (stop, stopped) = oneshot::channel::<()>();
        let task = tokio::spawn(async { node.serve_until(stopped).await.expect("serves") });
        Self { names, broker, metrics, stop, task }
    }

    /// A client of the broker.
    pub(super) async fn client(&self) -> Peer {
        Peer::connect(&self.broker).await
    }

    /// Tells it to end, and does not wait.
    pub(super) fn stop(self) -> JoinHandle<()> {
        self.stop.send(()).expect("it runs");
        self.task
    }

    /// Ends it, with all that it has to write.
    pub(super) async fn end(self) {
        soon(self.stop()).await.expect("no panic");
    }
}
