//! The console: a page in the browser, and the JSON API that it reads.
//!
//! It serves HTTP/1.1 on an address of its own, calls the same code as the requests of administration
//! tools, and holds nothing that a peer can grow beyond these bounds: connections, the time that each
//! may last, the size of a request, the items of a page. Work that looks through tables or reads the
//! store runs on threads that may block, at most [`REPORTS`] at a time.
//!
//! [`guard`] decides which requests are answered; [`api`] answers them; [`files`] has the page.

mod answer;
mod api;
mod files;
mod guard;
mod options;
mod samples;

use crate::state::BrokerState;
use crate::{StartError, sockets};
use answer::ApiError;
use axum::Router;
use axum::http::StatusCode;
use guard::Guard;
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
pub(crate) use options::{ConsoleOptions, Password};
use rocketmq_tower::server::Listener;
use rocketmq_tower::server::listener::{Retry, TcpAcceptor};
use samples::Samples;
use std::net::SocketAddr;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::task::{JoinHandle, JoinSet, spawn_blocking};
use tokio::time::{MissedTickBehavior, interval, timeout};

/// The maximum number of connections at a time; more wait to be accepted.
const MAX_CONNECTIONS: usize = 32;
/// The maximum time that the head of a request may take.
const HEAD: Duration = Duration::from_secs(10);
/// The time after which a connection gets no more requests, and the time for its last one.
const LIFE: Duration = Duration::from_secs(60);
const END: Duration = Duration::from_secs(30);
/// The maximum size of the head of a request, in bytes.
const MAX_HEAD: usize = 16 * 1024;
/// The number of requests that look through tables or read the store at a time, and the maximum time that
/// others wait for them.
const REPORTS: usize = 2;
const REPORT_WAIT: Duration = Duration::from_secs(5);
/// The interval of samples for the plots.
const SAMPLE: Duration = Duration::from_secs(1);

/// A console that listens.
pub(crate) struct Console {
    listener: Retry<TcpAcceptor>,
    addr: SocketAddr,
    guard: Guard,
}

/// The parts that all requests use.
pub(crate) struct Shared {
    broker: Arc<BrokerState>,
    guard: Guard,
    samples: Samples,
    reports: Arc<Semaphore>,
}

impl Shared {
    /// Waits for a turn to look through tables or to read the store.
    async fn turn(&self) -> Result<OwnedSemaphorePermit, ApiError> {
        let busy = || ApiError::new(StatusCode::SERVICE_UNAVAILABLE, "the console is busy");
        let turn = timeout(REPORT_WAIT, Arc::clone(&self.reports).acquire_owned()).await;
        turn.map_err(|_| busy())?.map_err(|_| busy())
    }
}

impl Console {
    pub(crate) async fn bind(options: &ConsoleOptions) -> Result<Self, StartError> {
        let failed = |source| StartError::ListenConsole { addr: options.addr.clone(), source };
        let listener = sockets::bind(&options.addr).await.map_err(failed)?;
        let addr = sockets::local_addr(&listener)?;
        let guard = Guard::new(addr, options);
        if guard.is_open() {
            tracing::warn!(%addr, "the console is read-only, and all who reach it read messages");
        }
        Ok(Self { listener: Retry::new(listener), addr, guard })
    }

    pub(crate) fn local_addr(&self) -> SocketAddr {
        self.addr
    }

    /// Serves until the listener ends.
    pub(crate) async fn serve(mut self, broker: Arc<BrokerState>) {
        let (samples, reports) = (Samples::default(), Arc::new(Semaphore::new(REPORTS)));
        let shared = Arc::new(Shared { broker, guard: self.guard, samples, reports });
        let app = api::routes()
            .merge(files::routes())
            .fallback(async || ApiError::not_found("there is no such path"))
            .method_not_allowed_fallback(async || {
                let text = "this path does not take this method";
                ApiError::new(StatusCode::METHOD_NOT_ALLOWED, text)
            });
        let app = guard::guarded(app, &shared).with_state(Arc::clone(&shared));
        let (mut seconds, mut connections) = (interval(SAMPLE), JoinSet::new());
        seconds.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut sampling: Option<JoinHandle<()>> = None;
        loop {
            tokio::select! {
                _ = seconds.tick() => {
                    // The store may wait for its disk.
                    if sampling.as_ref().is_none_or(JoinHandle::is_finished) {
                        let shared = Arc::clone(&shared);
                        sampling = Some(spawn_blocking(move || shared.samples.take(&shared.broker)));
                    }
                }
                Some(_) = connections.join_next() => {}
                accepted = self.listener.accept(), if connections.len() < MAX_CONNECTIONS => {
                    let Some((io, _)) = accepted else { return };
                    connections.spawn(serve_one(io, app.clone()));
                }
            }
        }
    }
}

/// Serves a connection, at most for [`LIFE`] and [`END`].
async fn serve_one(io: impl AsyncRead + AsyncWrite + Unpin + Send + 'static, app: Router) {
    let mut http = http1::Builder::new();
    http.timer(TokioTimer::new()).header_read_timeout(HEAD).max_buf_size(MAX_HEAD);
    let mut connection =
        pin!(http.serve_connection(TokioIo::new(io), TowerToHyperService::new(app)));
    // A peer that is slow, leaves, or sends no HTTP is not an error of the broker.
    if timeout(LIFE, connection.as_mut()).await.is_err() {
        connection.as_mut().graceful_shutdown();
        _ = timeout(END, connection).await;
    }
}
