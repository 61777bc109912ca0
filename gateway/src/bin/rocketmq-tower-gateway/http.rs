//! Whether the gateway works, and its metrics, over HTTP.

use axum::Router;
use axum::http::StatusCode;
use axum::http::header::CONTENT_TYPE;
use axum::response::IntoResponse;
use axum::routing::get;
use metrics_exporter_prometheus::{
    BuildError, Matcher, PrometheusBuilder, PrometheusHandle, PrometheusRecorder,
};
use rocketmq_tower::layers::MetricsLayer;
use rocketmq_tower::layers::metrics::{Detail, LATENCY_BUCKETS, RPC_LATENCY};
use rocketmq_tower_gateway::{PortConnections, Status, Target};
use std::fmt::Write;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::TcpListener;
use tokio::task::JoinSet;
use tokio::time::interval;

/// The interval at which the recorder puts latencies into their buckets, also if nothing reads them.
const UPKEEP: Duration = Duration::from_secs(5);

/// Collects metrics.
pub(crate) struct Metrics {
    recorder: Arc<PrometheusRecorder>,
}

impl Metrics {
    pub(crate) fn new() -> Result<Self, BuildError> {
        let latency = Matcher::Full(RPC_LATENCY.to_owned());
        let builder = PrometheusBuilder::new().set_buckets_for_metric(latency, &LATENCY_BUCKETS)?;
        Ok(Self { recorder: Arc::new(builder.build_recorder()) })
    }

    /// Returns the layer that measures connections and requests. At most `max_topics` topics are told apart.
    pub(crate) fn layer(&self, max_topics: usize) -> MetricsLayer {
        let detail = Detail::new(max_topics)
            .label("upstream", |request| Target::of(request).map(Target::upstream))
            .label("broker", |request| Target::of(request).map(Target::name));
        MetricsLayer::builder().recorder(Arc::clone(&self.recorder)).detail(detail).build()
    }

    pub(crate) fn handle(&self) -> PrometheusHandle {
        self.recorder.handle()
    }
}

/// Answers `/healthz`, always, `/readyz`, when the name servers answer, and `/metrics`.
pub(crate) struct HttpServer {
    addr: SocketAddr,
    /// They end when this is dropped.
    _tasks: JoinSet<()>,
}

impl HttpServer {
    pub(crate) async fn start(
        addr: &str,
        status: Status,
        metrics: Option<&Metrics>,
    ) -> io::Result<Self> {
        let listener = TcpListener::bind(addr).await?;
        let addr = listener.local_addr()?;
        let mut tasks = JoinSet::new();
        let state = status.clone();
        let mut routes = Router::new()
            .route("/healthz", get(|| async { "ok\n" }))
            .route("/readyz", get(move || async move { ready(&state) }));
        if let Some(metrics) = metrics {
            let handle = metrics.handle();
            routes = routes.route("/metrics", get(move || render(handle.clone(), status.clone())));
            let handle = metrics.handle();
            tasks.spawn(async move {
                let mut ticks = interval(UPKEEP);
                loop {
                    ticks.tick().await;
                    handle.run_upkeep();
                }
            });
        }
        tasks.spawn(async move {
            // It never ends by itself.
            _ = axum::serve(listener, routes).await;
        });
        Ok(Self { addr, _tasks: tasks })
    }

    pub(crate) fn addr(&self) -> SocketAddr {
        self.addr
    }
}

fn ready(status: &Status) -> (StatusCode, &'static str) {
    match status.is_ready() {
        true => (StatusCode::OK, "ready\n"),
        false => (StatusCode::SERVICE_UNAVAILABLE, "the name servers do not answer\n"),
    }
}

async fn render(handle: PrometheusHandle, status: Status) -> impl IntoResponse {
    let mut text = handle.render();
    let ready = u8::from(status.is_ready());
    let ports = status.connections().await;
    gauge(&mut text, "rocketmq_gateway_clients", "Connections of clients", &ports, |port| {
        port.clients
    });
    let help = "Connections to brokers";
    gauge(&mut text, "rocketmq_gateway_broker_connections", help, &ports, |port| port.brokers);
    _ = writeln!(text, "# HELP rocketmq_gateway_ready Whether the name servers answer");
    _ = writeln!(text, "# TYPE rocketmq_gateway_ready gauge\nrocketmq_gateway_ready {ready}");
    ([(CONTENT_TYPE, "text/plain; version=0.0.4")], text)
}

/// Writes a gauge with a value for each port.
fn gauge(
    text: &mut String,
    name: &str,
    help: &str,
    ports: &[PortConnections],
    value: fn(&PortConnections) -> usize,
) {
    _ = writeln!(text, "# HELP {name} {help}\n# TYPE {name} gauge");
    for port in ports {
        let [upstream, broker] = [&port.upstream, &port.target].map(|label| escape(label));
        let value = value(port);
        _ = writeln!(text, "{name}{{upstream=\"{upstream}\",broker=\"{broker}\"}} {value}");
    }
}

fn escape(label: &str) -> String {
    label.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n")
}
