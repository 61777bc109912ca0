//! `peer_rate_limit`.
#![allow(clippy::expect_used, clippy::panic, reason = "test code")]

mod common;

use common::{connection_from, driver};
use rocketmq_tower_core::{Addr, BoxError, ChannelInfo, Connection, RemotingCommand, ResponseCode};
use rocketmq_tower_layers::peer_rate_limit::PeerRateLimit;
use rocketmq_tower_layers::{OneshotLayer, PeerRateLimitLayer, RecoverLayer};
use rocketmq_tower_test_support::{Raw, SECOND, assert_accessors, encode, soon};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use tokio::io::{AsyncWriteExt, DuplexStream};
use tokio::sync::Semaphore;
use tokio::time::advance;
use tokio_test::{assert_ready_err, assert_ready_ok, task};
use tower::limit::ConcurrencyLimit;
use tower::{Layer, Service, ServiceBuilder, service_fn};
use tower_test::mock::{self, Spawn};

/// A peer with one connection to a server that has the layer, and the number of processed requests.
struct Peer {
    raw: Raw<DuplexStream>,
    processed: Arc<AtomicUsize>,
}

impl Peer {
    fn new(layer: &PeerRateLimitLayer, addr: &str) -> Self {
        let (io, conn) = connection_from(addr);
        Self::with(layer, io, conn)
    }

    fn with(layer: &PeerRateLimitLayer, io: DuplexStream, conn: Connection<DuplexStream>) -> Self {
        let processed = Arc::new(AtomicUsize::new(0));
        let count = Arc::clone(&processed);
        let processor = service_fn(move |_: RemotingCommand| {
            count.fetch_add(1, Ordering::Relaxed);
            async { Ok::<_, BoxError>(RemotingCommand::response(ResponseCode::SUCCESS)) }
        });
        let service = ServiceBuilder::new()
            .layer(RecoverLayer::new())
            .layer(layer.clone())
            .service(processor);
        tokio::spawn(driver(service).call(conn));
        Self { raw: Raw::new(io), processed }
    }

    async fn ask(&mut self) -> RemotingCommand {
        self.raw.call(&RemotingCommand::request(10)).await
    }

    /// Sends ten requests and returns how many are served.
    async fn ask_ten(&mut self) -> usize {
        let mut served = 0;
        for _ in 0..10 {
            served += usize::from(self.ask().await.response_code() == ResponseCode::SUCCESS);
        }
        served
    }
}

#[tokio::test(start_paused = true)]
async fn a_peer_has_a_burst_and_then_its_rate() {
    let layer = PeerRateLimitLayer::new(2).burst(5);
    let mut peer = Peer::new(&layer, "10.0.0.1:1");
    assert_eq!(peer.ask_ten().await, 5);
    assert_eq!((layer.peers(), layer.refused()), (1, 5));
    advance(SECOND).await;
    assert_eq!(peer.ask_ten().await, 2, "what was refused did not count");
    advance(3600 * SECOND).await;
    assert_eq!(peer.ask_ten().await, 5);
    assert_eq!(peer.processed.load(Ordering::Relaxed), 12);
    let refused = peer.ask().await;
    assert_eq!(refused.response_code(), ResponseCode::SYSTEM_BUSY);
    assert_eq!(refused.remark(), Some("[OVERLOAD]system busy, start flow control for a while"));
}

#[tokio::test(start_paused = true)]
async fn all_connections_of_an_address_count_together() {
    let layer = PeerRateLimitLayer::new(1).burst(10);
    let mut peers =
        ["10.0.0.1:1", "10.0.0.1:2", "[::ffff:10.0.0.1]:3"].map(|addr| Peer::new(&layer, addr));
    let mut served = 0;
    for _ in 0..4 {
        for peer in &mut peers {
            served += usize::from(peer.ask().await.response_code() == ResponseCode::SUCCESS);
        }
    }
    assert_eq!((served, layer.peers()), (10, 1));
    assert_eq!(Peer::new(&layer, "10.0.0.1:4").ask_ten().await, 0, "one that comes later as well");
    assert_eq!(Peer::new(&layer, "10.0.0.2:1").ask_ten().await, 10, "another address");
}

#[tokio::test(start_paused = true)]
async fn ipv6_addresses_count_by_their_first_bits() {
    let layer = PeerRateLimitLayer::new(1).burst(10);
    assert_eq!(Peer::new(&layer, "[2001:db8::1]:1").ask_ten().await, 10);
    assert_eq!(Peer::new(&layer, "[2001:db8::ffff:2]:1").ask_ten().await, 0);
    assert_eq!(Peer::new(&layer, "[2001:db8:0:1::1]:1").ask_ten().await, 10);
    let layer = layer.ipv6_prefix(128);
    assert_eq!(Peer::new(&layer, "[2001:db8::1]:1").ask_ten().await, 10);
    assert_eq!(Peer::new(&layer, "[2001:db8::2]:1").ask_ten().await, 10);
}

#[tokio::test(start_paused = true)]
async fn without_room_peers_share_one_rate_until_there_is_some() {
    let layer = PeerRateLimitLayer::new(10).max_peers(1);
    let mut first = Peer::new(&layer, "10.0.0.1:1");
    assert_eq!(first.ask_ten().await, 10);
    let mut second = Peer::new(&layer, "10.0.0.2:1");
    assert_eq!(second.ask_ten().await, 10);
    assert_eq!(Peer::new(&layer, "10.0.0.3:1").ask_ten().await, 0);
    assert_eq!((layer.peers(), first.ask_ten().await), (1, 0), "the first has its own");
    drop(first);
    // The end of its connection frees its entry, and one second later the table is swept.
    advance(SECOND).await;
    tokio::task::yield_now().await;
    assert_eq!((second.ask_ten().await, second.ask_ten().await), (10, 0));
    assert_eq!(Peer::new(&layer, "10.0.0.3:1").ask_ten().await, 10, "the others' rate is free");
}

#[tokio::test(start_paused = true)]
async fn oneway_requests_that_are_too_many_are_dropped() {
    let layer = PeerRateLimitLayer::new(1).burst(3);
    let mut peer = Peer::new(&layer, "10.0.0.1:1");
    for _ in 0..10 {
        let oneway = RemotingCommand::request(10).oneway();
        peer.raw.send(&oneway).await;
    }
    assert_eq!(peer.ask().await.response_code(), ResponseCode::SYSTEM_BUSY, "the first answer");
    assert_eq!((peer.processed.load(Ordering::Relaxed), layer.refused()), (3, 8));
}

#[tokio::test(start_paused = true)]
async fn peers_without_an_ip_address_are_not_limited() {
    let layer = PeerRateLimitLayer::new(1);
    let (io, theirs) = tokio::io::duplex(64 * 1024);
    let conn = Connection::new(theirs, ChannelInfo::new(Addr::Unnamed, Addr::Unnamed));
    assert_eq!(Peer::with(&layer, io, conn).ask_ten().await, 10);
    let mut service = layer.layer(service_fn(|_: RemotingCommand| async {
        Ok::<_, BoxError>(RemotingCommand::response(ResponseCode::SUCCESS))
    }));
    for _ in 0..10 {
        service.call(RemotingCommand::request(10)).await.expect("it came from no connection");
    }
    assert_eq!(layer.peers(), 0);
}

/// Each request goes to a new clone, which remembers no earlier request.
#[tokio::test(start_paused = true)]
async fn clones_count_together() {
    let layer = PeerRateLimitLayer::new(1).burst(4);
    let (io, conn) = connection_from("10.0.0.1:1");
    let processor = service_fn(|_: RemotingCommand| async {
        Ok::<_, BoxError>(RemotingCommand::response(ResponseCode::SUCCESS))
    });
    let service = ServiceBuilder::new()
        .layer(RecoverLayer::new())
        .layer(OneshotLayer::new())
        .layer(layer.clone())
        .service(processor);
    tokio::spawn(driver(service).call(conn));
    let mut peer = Peer { raw: Raw::new(io), processed: Arc::default() };
    assert_eq!(peer.ask_ten().await, 4);
}

#[tokio::test(start_paused = true)]
async fn a_request_that_is_refused_keeps_nothing_that_was_reserved_for_it() {
    // Only requests from a driver carry a channel.
    let (taken, mut requests) = tokio::sync::mpsc::unbounded_channel();
    let take = service_fn(move |request: RemotingCommand| {
        let sent = taken.send(request);
        async move { sent.map(|()| RemotingCommand::response(ResponseCode::SUCCESS)) }
    });
    let (mut io, conn) = connection_from("10.0.0.1:1");
    tokio::spawn(driver(take).call(conn));
    for _ in 0..2 {
        io.write_all(&encode(&RemotingCommand::request(10))).await.expect("open");
    }
    let limit = Arc::new(Semaphore::new(1));
    let (mock, _handle) = mock::pair::<RemotingCommand, RemotingCommand>();
    let limited = ConcurrencyLimit::with_semaphore(mock, Arc::clone(&limit));
    let mut service: Spawn<PeerRateLimit<_>> =
        Spawn::new(PeerRateLimitLayer::new(1).layer(limited));
    assert_ready_ok!(service.poll_ready());
    let first = task::spawn(service.call(soon(requests.recv()).await.expect("a request")));
    assert_eq!(limit.available_permits(), 0, "it runs");
    drop(first);
    assert_ready_ok!(service.poll_ready());
    let request = soon(requests.recv()).await.expect("a request");
    assert_ready_err!(task::spawn(service.call(request)).poll());
    assert_eq!(limit.available_permits(), 1);
}

#[test]
fn accessors() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build();
    let _guard = runtime.expect("a runtime").enter();
    assert_accessors!(PeerRateLimitLayer::new(1));
}
