//! The `Debug` output of layers and services.
#![allow(clippy::expect_used, clippy::panic, reason = "test code")]

mod common;

use common::{connection, driver};
use rocketmq_tower_core::{Connection, RemotingCommand};
use rocketmq_tower_layers::fault::Faults;
use rocketmq_tower_layers::ip_filter::IpRules;
use rocketmq_tower_layers::{
    BodyLimitLayer, ByteCountLayer, CatchPanicLayer, CodeDistributionLayer, ConnectionLimitLayer,
    EventsLayer, FaultLayer, FirstByteTimeoutLayer, IdleTimeoutLayer, IpFilterLayer, MaxAgeLayer,
    OneshotLayer, PeerRateLimitLayer, RecoverLayer, RpcHookLayer, SpawnLayer, TraceLayer,
    WorkQueueLayer,
};
use rocketmq_tower_test_support::sleeper;
use std::fmt::Debug;
use std::sync::Arc;
use std::time::Duration;
use tokio::io::DuplexStream;
use tower::{Layer, Service, service_fn};

fn printed(of: &impl Debug) -> String {
    let text = format!("{of:?}");
    for internal in INTERNALS {
        assert!(!text.contains(internal), "{text}");
    }
    text
}

const INTERNALS: [&str; 9] =
    ["Mutex", "RwLock", "poisoned", "Semaphore", "ll_sem", "Notify", "Chan {", "Shared", "AtomicU"];

/// Checks the `Debug` output of a connection layer, its service, and the future of a connection.
fn check_connection_layer<L>(layer: L)
where
    L: Layer<Conn, Service: Service<Connection<DuplexStream>, Future: Debug> + Debug> + Debug,
{
    printed(&layer);
    let mut service = layer.layer(driver(Processor));
    printed(&service);
    let (_peer, connection) = connection();
    // The permits that it reserves are printed, too.
    let mut ready = tokio_test::task::spawn(std::future::poll_fn(|cx| service.poll_ready(cx)));
    assert!(ready.poll().is_ready());
    drop(ready);
    printed(&service);
    printed(&service.call(connection));
}

type Conn = rocketmq_tower_core::driver::DriverService<tower::layer::util::Identity, Processor>;

/// Checks the `Debug` output of a request layer, its service, and a call's future.
fn check_request_layer<L>(layer: L)
where
    L: Layer<Processor, Service: Service<RemotingCommand, Future: Debug> + Debug> + Debug,
{
    let mut service = layer.layer(Processor);
    printed(&layer);
    printed(&service);
    printed(&service.call(RemotingCommand::request(0)));
}

/// A processor that answers at once and implements `Debug`.
#[derive(Clone, Debug)]
struct Processor;

impl Service<RemotingCommand> for Processor {
    type Response = RemotingCommand;
    type Error = rocketmq_tower_core::BoxError;
    type Future = std::future::Ready<Result<RemotingCommand, Self::Error>>;

    fn poll_ready(
        &mut self,
        _cx: &mut std::task::Context<'_>,
    ) -> std::task::Poll<Result<(), Self::Error>> {
        std::task::Poll::Ready(Ok(()))
    }

    fn call(&mut self, _request: RemotingCommand) -> Self::Future {
        std::future::ready(Ok(RemotingCommand::response(0)))
    }
}

#[tokio::test]
async fn layers_of_requests_print_no_locks() {
    check_request_layer(BodyLimitLayer::new(1024));
    check_request_layer(CatchPanicLayer::new());
    check_request_layer(CodeDistributionLayer::new());
    printed(&CodeDistributionLayer::new().traffic());
    check_request_layer(FaultLayer::new(&Faults::new(1)));
    check_request_layer(OneshotLayer::new());
    check_request_layer(PeerRateLimitLayer::new(5));
    check_request_layer(RecoverLayer::new());
    check_request_layer(RpcHookLayer::new());
    check_request_layer(SpawnLayer::new());
    check_request_layer(TraceLayer::new());
    check_request_layer(WorkQueueLayer::new(1));
}

#[cfg(feature = "metrics")]
#[tokio::test]
async fn metrics_print_no_locks() {
    use rocketmq_tower_layers::MetricsLayer;
    check_request_layer(MetricsLayer::new());
    check_connection_layer(MetricsLayer::new());
    printed(&MetricsLayer::builder());
}

#[cfg(feature = "proxy-protocol")]
#[tokio::test]
async fn the_proxy_protocol_prints_no_locks() {
    check_connection_layer(rocketmq_tower_layers::ProxyProtocolLayer::required());
}

#[cfg(feature = "tls-self-signed")]
#[tokio::test]
async fn tls_prints_neither_locks_nor_keys() {
    use rocketmq_tower_layers::TlsLayer;
    use rocketmq_tower_layers::tls::SelfSigned;
    let authority = SelfSigned::new().expect("generated");
    let issued = authority.issue(["localhost"]).expect("generated");
    let server = issued.server().expect("usable");
    for text in [printed(&authority), printed(&issued), printed(&server)] {
        assert!(!text.contains("PRIVATE KEY"), "{text}");
    }
    printed(&TlsLayer::new(server));
}

#[tokio::test]
async fn layers_of_connections_print_no_locks() {
    check_connection_layer(ByteCountLayer::new());
    check_connection_layer(EventsLayer::silent());
    let (events, stream) = EventsLayer::stream(16);
    check_connection_layer(events);
    printed(&stream);
    check_connection_layer(FirstByteTimeoutLayer::new(Duration::from_secs(1)));
    check_connection_layer(IdleTimeoutLayer::default());
    check_connection_layer(MaxAgeLayer::new(Duration::from_secs(1)));
    check_connection_layer(IpFilterLayer::new(IpRules::new()));
    check_connection_layer(TraceLayer::new());
    check_connection_layer(ConnectionLimitLayer::new(1).per_ip(1));
    let semaphore = Arc::new(tokio::sync::Semaphore::new(7));
    let layer = ConnectionLimitLayer::with_semaphore(semaphore);
    assert!(printed(&layer).contains("available: 7"), "{layer:?}");
    check_connection_layer(layer);
    let (_peer, connection) = connection();
    printed(&connection);
}

#[tokio::test(start_paused = true)]
async fn a_work_queue_prints_its_figures() {
    let layer = WorkQueueLayer::new(1);
    let mut service = layer.layer(service_fn(sleeper));
    let calls = [9; 3].map(|code| service.call(RemotingCommand::request(code)));
    let text = printed(&layer);
    assert!(text.contains("max_running: 1, running: 1, waiting: 2"), "{text}");
    drop(calls);
}
