//! Metrics for Prometheus: a recorder, and a minimal HTTP server.

use crate::{StartError, sockets};
use metrics_exporter_prometheus::{
    Matcher, PrometheusBuilder, PrometheusHandle, PrometheusRecorder,
};
use rocketmq_tower::layers::MetricsLayer;
use rocketmq_tower::layers::metrics::{LATENCY_BUCKETS, RPC_LATENCY};
use rocketmq_tower::server::Listener;
use rocketmq_tower::server::listener::{Retry, TcpAcceptor};
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::task::JoinSet;
use tokio::time::{interval, timeout};

/// The maximum number of readers at a time; more wait to be accepted.
const MAX_READERS: usize = 16;
/// The maximum time for serving a reader.
const PATIENCE: Duration = Duration::from_secs(5);
/// The maximum size of a request, in bytes.
const MAX_REQUEST: u64 = 8 * 1024;
/// The interval at which the recorder puts latencies into their buckets, also if nothing reads them.
const UPKEEP: Duration = Duration::from_secs(5);

/// Serves the metrics of both servers.
pub(crate) struct Exporter {
    recorder: Arc<PrometheusRecorder>,
    listener: Retry<TcpAcceptor>,
}

impl Exporter {
    pub(crate) async fn bind(addr: &str) -> Result<Self, StartError> {
        let latency = Matcher::Full(RPC_LATENCY.to_owned());
        let builder = PrometheusBuilder::new()
            .set_buckets_for_metric(latency, &LATENCY_BUCKETS)
            .map_err(|error| StartError::SetUp(error.into()))?;
        let listener = sockets::bind(addr)
            .await
            .map_err(|source| StartError::ListenMetrics { addr: addr.to_owned(), source })?;
        Ok(Self { recorder: Arc::new(builder.build_recorder()), listener: Retry::new(listener) })
    }

    pub(crate) fn local_addr(&self) -> Result<SocketAddr, StartError> {
        sockets::local_addr(self.listener.get_ref())
    }

    /// Returns the layer that measures one of the servers.
    pub(crate) fn layer(&self, server: &'static str) -> MetricsLayer {
        MetricsLayer::builder().recorder(Arc::clone(&self.recorder)).label("server", server).build()
    }

    /// Serves readers until the listener ends.
    pub(crate) async fn serve(mut self) {
        let handle = self.recorder.handle();
        let mut upkeep = interval(UPKEEP);
        let mut readers = JoinSet::new();
        loop {
            tokio::select! {
                _ = upkeep.tick() => handle.run_upkeep(),
                Some(_) = readers.join_next() => {}
                accepted = self.listener.accept(), if readers.len() < MAX_READERS => {
                    let Some((io, _)) = accepted else { return };
                    let handle = handle.clone();
                    // A reader that is slow or leaves is not an error of the broker.
                    readers.spawn(async move { _ = timeout(PATIENCE, respond(io, handle)).await });
                }
            }
        }
    }
}

/// Responds to one request, and closes the connection.
async fn respond(
    mut io: impl AsyncRead + AsyncWrite + Unpin,
    handle: PrometheusHandle,
) -> io::Result<()> {
    let mut request = Vec::new();
    let mut limited = (&mut io).take(MAX_REQUEST);
    while !request.windows(4).any(|end| end == b"\r\n\r\n") {
        if limited.read_buf(&mut request).await? == 0 {
            return Ok(());
        }
    }
    let (status, body) = match request.starts_with(b"GET /metrics ") {
        true => ("200 OK", handle.render()),
        false => ("404 Not Found", "GET /metrics\n".to_owned()),
    };
    let head = format!(
        "HTTP/1.1 {status}\r\nContent-Type: text/plain; version=0.0.4\r\n\
         Content-Length: {}\r\nConnection: close\r\n\r\n",
        body.len()
    );
    io.write_all(head.as_bytes()).await?;
    io.write_all(body.as_bytes()).await?;
    io.shutdown().await
}
