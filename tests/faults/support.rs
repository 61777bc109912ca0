//! A server whose processor the test controls, and connections that misbehave.

use crate::common::{Running, run};
use rocketmq_tower::driver::ConnectionConfig;
use rocketmq_tower::layers::EventsLayer;
use rocketmq_tower::layers::events::{Event, EventStream};
use rocketmq_tower::server::TcpOptions;
use rocketmq_tower::{CloseReason, RemotingCommand, ResponseCode, Server, service_fn};
use rocketmq_tower_test_support::{Raw, SECOND, echo, encode, request, soon};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;
use tokio::io::AsyncWriteExt;
use tokio::sync::Semaphore;

/// Requests of this code wait for a permit of the gate.
pub(crate) const GATED: i32 = 2;

/// Requests of this code panic.
pub(crate) const PANICS: i32 = 3;

/// Requests of this code fail.
pub(crate) const FAILS: i32 = 4;

/// Counts how many requests began and finished.
#[derive(Default)]
pub(crate) struct Progress {
    begun: AtomicUsize,
    finished: AtomicUsize,
}

impl Progress {
    pub(crate) fn begun(&self) -> usize {
        self.begun.load(Ordering::SeqCst)
    }

    pub(crate) fn finished(&self) -> usize {
        self.finished.load(Ordering::SeqCst)
    }
}

/// A server, its events, and a well-behaved connection to it.
pub(crate) struct Faulted {
    pub(crate) server: Running,
    pub(crate) events: EventStream,
    pub(crate) gate: Arc<Semaphore>,
    pub(crate) progress: Arc<Progress>,
    pub(crate) neighbour: Raw,
}

/// Starts an echo server with these bounds and a shutdown deadline of ten seconds.
pub(crate) async fn start(config: ConnectionConfig) -> Faulted {
    start_with_deadline(config, 10 * SECOND).await
}

/// Starts an echo server with these bounds and this shutdown deadline.
pub(crate) async fn start_with_deadline(config: ConnectionConfig, deadline: Duration) -> Faulted {
    let (events, told) = EventsLayer::stream(1024);
    let (gate, progress) = (Arc::new(Semaphore::new(0)), Arc::new(Progress::default()));
    let (open, count) = (Arc::clone(&gate), Arc::clone(&progress));
    let processor = service_fn(move |request: RemotingCommand| {
        let (gate, progress) = (Arc::clone(&open), Arc::clone(&count));
        async move {
            progress.begun.fetch_add(1, Ordering::SeqCst);
            match request.code() {
                GATED => gate.acquire().await?.forget(),
                PANICS => panic!("a bug"),
                FAILS => return Err("no".into()),
                _ => {}
            }
            progress.finished.fetch_add(1, Ordering::SeqCst);
            echo(request).await
        }
    });
    // Otherwise Linux would buffer megabytes for a peer that does not read.
    let mut tcp = TcpOptions::default();
    tcp.send_buffer = Some(40_000);
    let server = Server::new(processor).config(config).tcp_options(tcp).events(events);
    let server = run(server.drain_deadline(deadline).bind("127.0.0.1:0").await.expect("binds"));
    let mut neighbour = Raw::connect(server.addr).await;
    neighbour.call(&request(1, 0)).await;
    let mut faulted = Faulted { server, events: told, gate, progress, neighbour };
    assert_eq!(faulted.event().await.name(), "CONNECTED");
    faulted
}

impl Faulted {
    pub(crate) async fn event(&mut self) -> Event {
        soon(self.events.recv()).await.expect("the server runs")
    }

    /// Waits for the next connection to end, and returns the reason.
    pub(crate) async fn end(&mut self) -> CloseReason {
        loop {
            if let Event::Disconnected(_, reason) = self.event().await {
                return reason;
            }
        }
    }

    /// Checks that another connection does not notice the fault.
    pub(crate) async fn neighbour_is_served(&mut self) {
        let answer = soon(self.neighbour.call(&request(1, 9))).await;
        assert_eq!((answer.opaque(), answer.response_code()), (9, ResponseCode::SUCCESS));
    }
}

/// Sends `count` requests of 10 KB, with opaques from 0, until the connection accepts no more.
pub(crate) async fn flood(mut writer: impl tokio::io::AsyncWrite + Unpin, code: i32, count: i32) {
    for opaque in 0..count {
        let body = vec![opaque as u8; 10_000];
        if writer.write_all(&encode(&request(code, opaque).with_body(body))).await.is_err() {
            return;
        }
    }
}
