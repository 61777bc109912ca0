//! The `Debug` output of layers and services.
#![allow(clippy::expect_used, clippy::panic, reason = "test code")]

mod common;

use common::{connection, driver};
use rocketmq_tower_core::RemotingCommand;
use rocketmq_tower_layers::fault::Faults;
use rocketmq_tower_layers::ip_filter::IpRules;
use rocketmq_tower_layers::{
    BodyLimitLayer, ByteCountLayer, CatchPanicLayer, ConnectionLimitLayer, EventsLayer, FaultLayer,
    FirstByteTimeoutLayer, IdleTimeoutLayer, IpFilterLayer, OneshotLayer, PeerRateLimitLayer,
    RpcHookLayer, SpawnLayer, WorkQueueLayer,
};
use rocketmq_tower_test_support::sleeper;
use std::fmt::Debug;
use std::time::Duration;
use tower::{Layer, Service, service_fn};

fn printed(of: &impl Debug) -> String {
    let text = format!("{of:?}");
    for internal in ["Mutex", "RwLock", "poisoned", "ll_sem", "Chan {"] {
        assert!(!text.contains(internal), "{text}");
    }
    text
}

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
    check_request_layer(FaultLayer::new(&Faults::new(1)));
    check_request_layer(OneshotLayer::new());
    check_request_layer(PeerRateLimitLayer::new(5));
    check_request_layer(RpcHookLayer::new());
    check_request_layer(SpawnLayer::new());
    check_request_layer(WorkQueueLayer::new(1));
}

#[tokio::test]
async fn layers_of_connections_print_no_locks() {
    let driver = driver(service_fn(sleeper));
    printed(&ByteCountLayer::new().layer(Processor));
    printed(&EventsLayer::silent());
    let (events, stream) = EventsLayer::stream(16);
    printed(&events);
    printed(&stream);
    printed(&FirstByteTimeoutLayer::new(Duration::from_secs(1)));
    printed(&IdleTimeoutLayer::default());
    printed(&IpFilterLayer::new(IpRules::new()));
    let limit = ConnectionLimitLayer::new(1).per_ip(1);
    printed(&limit);
    let (_peer, connection) = connection();
    printed(&connection);
    let mut service = limit.layer(driver);
    drop(service.call(connection));
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
