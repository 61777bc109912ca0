//! The console: a page in the browser, and the JSON API that it reads. It changes nothing.
//!
//! `rocketmq-tower-console` has what it shares with the broker's: the server, whose connections are bounded, and
//! the guard in front of it. [`api`] answers requests.

mod api;
mod policies;
mod samples;
mod upstreams;

use crate::live::InForce;
use metrics_exporter_prometheus::PrometheusHandle;
use rocketmq_tower::BoxError;
use rocketmq_tower_console::{ConsoleOptions, ConsoleServer, Samples, Turns, page};
use rocketmq_tower_core::clock;
use rocketmq_tower_gateway::Status;
use samples::Sample;
use std::sync::Arc;
use tokio::sync::watch;
use tokio::task::JoinSet;

/// A console that listens.
pub(crate) struct Console(ConsoleServer);

/// A console that serves, until it is dropped.
pub(crate) struct RunningConsole {
    _tasks: JoinSet<()>,
}

/// The parts that all requests use.
struct Shared {
    status: Status,
    in_force: watch::Receiver<Arc<InForce>>,
    /// `None` if no metrics are collected.
    metrics: Option<PrometheusHandle>,
    /// In ms since 1970.
    started: i64,
    samples: Samples<Sample>,
    turns: Turns,
}

impl Console {
    pub(crate) async fn bind(options: &ConsoleOptions) -> Result<Self, BoxError> {
        let failed = |error| format!("the console cannot listen on {}: {error}", options.addr);
        let server = ConsoleServer::bind(options).await.map_err(failed)?;
        let addr = server.local_addr();
        tracing::info!("console at http://{addr}/");
        if server.guard().is_open() {
            tracing::warn!(%addr, "all who reach the console see clients and settings");
        }
        Ok(Self(server))
    }

    /// Starts to serve, within the tokio runtime.
    pub(crate) fn start(
        self,
        status: Status,
        in_force: watch::Receiver<Arc<InForce>>,
        metrics: Option<PrometheusHandle>,
    ) -> RunningConsole {
        let (started, samples, turns) = (clock::now_ms(), Samples::default(), Turns::new());
        let shared = Shared { status, in_force, metrics, started, samples, turns };
        let shared = Arc::new(shared);
        let scripts = [("/js/main.js", include_str!("web/main.js"))];
        let routes = api::routes().merge(page(include_str!("web/index.html"), &scripts));
        let mut tasks = JoinSet::new();
        tasks.spawn(self.0.serve(routes.with_state(Arc::clone(&shared))));
        tasks.spawn(samples::take(shared));
        RunningConsole { _tasks: tasks }
    }
}
