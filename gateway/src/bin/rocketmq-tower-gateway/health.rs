//! Whether the gateway works, over HTTP.

use axum::Router;
use axum::http::StatusCode;
use axum::routing::get;
use rocketmq_tower_gateway::Readiness;
use std::io;
use std::net::SocketAddr;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

/// Answers `/healthz`, always, and `/readyz`, when the name servers answer.
pub(crate) struct Health {
    addr: SocketAddr,
    task: JoinHandle<()>,
}

impl Health {
    pub(crate) async fn start(addr: &str, readiness: Readiness) -> io::Result<Self> {
        let listener = TcpListener::bind(addr).await?;
        let addr = listener.local_addr()?;
        let routes = Router::new()
            .route("/healthz", get(|| async { "ok\n" }))
            .route("/readyz", get(move || async move { ready(&readiness) }));
        let task = tokio::spawn(async move {
            // It never ends by itself.
            _ = axum::serve(listener, routes).await;
        });
        Ok(Self { addr, task })
    }

    pub(crate) fn addr(&self) -> SocketAddr {
        self.addr
    }
}

impl Drop for Health {
    fn drop(&mut self) {
        self.task.abort();
    }
}

fn ready(readiness: &Readiness) -> (StatusCode, &'static str) {
    match readiness.is_ready() {
        true => (StatusCode::OK, "ready\n"),
        false => (StatusCode::SERVICE_UNAVAILABLE, "the name servers do not answer\n"),
    }
}
