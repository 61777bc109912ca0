//! The HTTP server: it accepts connections, and ends each in time.

use crate::answer::ApiError;
use crate::guard::{Guard, guarded};
use crate::options::ConsoleOptions;
use axum::Router;
use axum::http::StatusCode;
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use rocketmq_tower::server::Listener;
use rocketmq_tower::server::listener::{Accept, Retry, TcpAcceptor, TcpOptions};
use std::fmt;
use std::io;
use std::net::SocketAddr;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::task::JoinSet;
use tokio::time::timeout;

/// The maximum number of connections at a time; more wait to be accepted.
const MAX_CONNECTIONS: usize = 32;
/// The maximum time that the head of a request may take.
const HEAD: Duration = Duration::from_secs(10);
/// The time after which a connection gets no more requests, and the time for its last one.
const LIFE: Duration = Duration::from_secs(60);
const END: Duration = Duration::from_secs(30);
/// The maximum size of the head of a request, in bytes.
const MAX_HEAD: usize = 16 * 1024;

/// A console that listens.
///
/// It serves at most 32 connections at a time; more wait. A connection lasts at most 60 s, and 30 s more for its
/// last request. The head of a request has at most 16 KiB, and arrives within 10 s; a request is answered within
/// 30 s.
#[must_use = "it serves nothing until `serve` is awaited"]
pub struct ConsoleServer {
    listener: Retry<TcpAcceptor>,
    addr: SocketAddr,
    guard: Arc<Guard>,
}

impl ConsoleServer {
    /// Listens on the address of these options. Must be called within a tokio runtime.
    ///
    /// # Errors
    /// If the address cannot be resolved or bound.
    pub async fn bind(options: &ConsoleOptions) -> io::Result<Self> {
        let listener = TcpAcceptor::bind(&*options.addr, &TcpOptions::default()).await?;
        let addr = listener.local_addr().socket_addr();
        let addr = addr.ok_or_else(|| io::Error::other("a TCP socket has no IP address"))?;
        let guard = Arc::new(Guard::new(addr, options));
        Ok(Self { listener: Retry::new(listener), addr, guard })
    }

    /// Returns the address on which it listens.
    #[must_use]
    pub fn local_addr(&self) -> SocketAddr {
        self.addr
    }

    /// Returns the rules for requests.
    #[must_use]
    pub fn guard(&self) -> Arc<Guard> {
        Arc::clone(&self.guard)
    }

    /// Serves these routes behind the guard. It ends when the listener does; dropping it closes all connections.
    pub async fn serve(mut self, routes: Router) {
        let routes = routes
            .fallback(async || ApiError::not_found("there is no such path"))
            .method_not_allowed_fallback(async || {
                let text = "this path does not take this method";
                ApiError::new(StatusCode::METHOD_NOT_ALLOWED, text)
            });
        let routes = guarded(routes, self.guard);
        let mut connections = JoinSet::new();
        loop {
            tokio::select! {
                Some(_) = connections.join_next() => {}
                accepted = self.listener.accept(), if connections.len() < MAX_CONNECTIONS => {
                    let Some((io, _)) = accepted else { return };
                    connections.spawn(serve_one(io, routes.clone()));
                }
            }
        }
    }
}

impl fmt::Debug for ConsoleServer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ConsoleServer")
            .field("addr", &self.addr)
            .field("guard", &self.guard)
            .finish_non_exhaustive()
    }
}

/// Serves a connection, at most for [`LIFE`] and [`END`].
async fn serve_one(io: impl AsyncRead + AsyncWrite + Unpin + Send + 'static, routes: Router) {
    let mut http = http1::Builder::new();
    http.timer(TokioTimer::new()).header_read_timeout(HEAD).max_buf_size(MAX_HEAD);
    let mut connection =
        pin!(http.serve_connection(TokioIo::new(io), TowerToHyperService::new(routes)));
    // A peer that is slow, leaves, or sends no HTTP is not an error of the program.
    if timeout(LIFE, connection.as_mut()).await.is_err() {
        connection.as_mut().graceful_shutdown();
        _ = timeout(END, connection).await;
    }
}
