//! An event listener that blocks: no more connections are accepted, and no event is lost.

use crate::common::{Running, run};
use rocketmq_tower::layers::EventsLayer;
use rocketmq_tower::layers::events::EventListener;
use rocketmq_tower::{Channel, CloseReason, Server, service_fn};
use rocketmq_tower_test_support::{Raw, SECOND, echo, request, soon};
use std::net::SocketAddr;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::time::timeout;

type Log = Arc<Mutex<Vec<(&'static str, u64)>>>;

/// Blocks its thread until the test releases it.
pub(crate) struct Blocking {
    log: Log,
    go: Receiver<()>,
}

impl Blocking {
    fn tell(&mut self, name: &'static str, channel: &Channel) {
        // This blocks until the sender is dropped.
        _ = self.go.recv();
        self.log.lock().expect("no panic").push((name, channel.id()));
    }
}

impl EventListener for Blocking {
    fn connected(&mut self, channel: &Channel) {
        self.tell("CONNECTED", channel);
    }

    fn disconnected(&mut self, channel: &Channel, _reason: &CloseReason) {
        self.tell("DISCONNECTED", channel);
    }
}

/// Starts a server of at most `max` connections, whose listener blocks until the sender is dropped.
pub(crate) async fn start(max: usize, deadline: Duration) -> (Running, Log, Sender<()>) {
    let (block, go) = channel();
    let log = Log::default();
    let events = EventsLayer::with_capacity(1, Blocking { log: Arc::clone(&log), go });
    let server = Server::new(service_fn(echo)).max_connections(max).events(events);
    let server = server.drain_deadline(deadline).bind("127.0.0.1:0").await.expect("binds");
    (run(server), log, block)
}

/// Connects, calls, and disconnects; returns true if it was answered.
async fn visit(addr: SocketAddr) -> bool {
    let mut peer = Raw::connect(addr).await;
    peer.send(&request(1, 7)).await;
    peer.next_or_end().await.is_some_and(|answer| answer.opaque() == 7)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn while_it_blocks_connections_wait_and_then_all_are_served_and_told_of() {
    const VISITORS: usize = 30;
    let (server, log, block) = start(4, 5 * SECOND).await;
    let mut visits = tokio::task::JoinSet::new();
    for _ in 0..VISITORS {
        visits.spawn(visit(server.addr));
    }
    let mut served = 0;
    while let Ok(Some(answered)) = timeout(SECOND / 2, visits.join_next()).await {
        assert!(answered.expect("no panic"));
        served += 1;
    }
    assert!(served < 10, "{served} were served: accept is held back");
    drop(block);
    while let Some(answered) = soon(visits.join_next()).await {
        assert!(answered.expect("no panic"), "who waited is served");
    }
    let shutdown = server.stop().await;
    assert_eq!((shutdown.accepted, shutdown.aborted), (VISITORS as u64, 0));
    let log = log.lock().expect("no panic");
    let of = |name| log.iter().filter(move |event| event.0 == name).map(|event| event.1);
    let (mut came, mut went): (Vec<_>, Vec<_>) =
        (of("CONNECTED").collect(), of("DISCONNECTED").collect());
    came.sort_unstable();
    went.sort_unstable();
    came.dedup();
    assert_eq!(came.len(), VISITORS);
    assert_eq!(came, went);
}
