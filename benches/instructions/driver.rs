//! Counts requests through a whole connection, many per read.

use crate::counter::Counter;
use crate::requests::{PER_READ, READS};
use crate::support::exchange::Exchange;
use crate::support::frames::{self, SEND};
use crate::support::scripted::Scripted;
use gungraun::{library_benchmark, library_benchmark_group};
use rocketmq_tower::SerializeType::{self, Json, RocketMq};
use rocketmq_tower::driver::{ConnectionConfig, DriverService};
use rocketmq_tower::layers::{
    ConnectionLimitLayer, EventsLayer, IdleTimeoutLayer, RecoverLayer, RpcHookLayer,
};
use rocketmq_tower::{ConnectionService, Layer, Server, service_fn};
use rocketmq_tower_test_support::echo;
use tower::layer::util::Identity;

fn exchange(header: SerializeType, service: impl ConnectionService<Scripted>) -> Exchange {
    Exchange::new(service, &frames::sized(SEND, header, 128), PER_READ)
}

/// A driver with a layer at the request level.
macro_rules! driver {
    ($layer:expr) => {
        DriverService::server($layer, service_fn(echo), ConnectionConfig::server())
    };
}

fn none(header: SerializeType) -> Exchange {
    exchange(header, driver!(Identity::new()))
}

fn connection_limit(header: SerializeType) -> Exchange {
    exchange(header, ConnectionLimitLayer::new(1000).layer(driver!(Identity::new())))
}

fn events(header: SerializeType) -> Exchange {
    exchange(header, EventsLayer::silent().layer(driver!(Identity::new())))
}

fn idle_timeout(header: SerializeType) -> Exchange {
    exchange(header, IdleTimeoutLayer::default().layer(driver!(Identity::new())))
}

fn recover(header: SerializeType) -> Exchange {
    exchange(header, driver!(RecoverLayer::new()))
}

/// The layer without hooks.
fn rpc_hook(header: SerializeType) -> Exchange {
    exchange(header, driver!(RpcHookLayer::new()))
}

fn server(header: SerializeType) -> Exchange {
    exchange(header, Server::new(service_fn(echo)).into_service())
}

fn hooked(header: SerializeType) -> Exchange {
    exchange(header, Server::new(service_fn(echo)).hook(Counter::default()).into_service())
}

#[library_benchmark]
#[bench::none_json(none(Json))]
#[bench::none_binary(none(RocketMq))]
#[bench::connection_limit_json(connection_limit(Json))]
#[bench::connection_limit_binary(connection_limit(RocketMq))]
#[bench::events_json(events(Json))]
#[bench::events_binary(events(RocketMq))]
#[bench::idle_timeout_json(idle_timeout(Json))]
#[bench::idle_timeout_binary(idle_timeout(RocketMq))]
#[bench::recover_json(recover(Json))]
#[bench::recover_binary(recover(RocketMq))]
#[bench::rpc_hook_json(rpc_hook(Json))]
#[bench::rpc_hook_binary(rpc_hook(RocketMq))]
#[bench::server_json(server(Json))]
#[bench::server_binary(server(RocketMq))]
#[bench::hooked_json(hooked(Json))]
#[bench::hooked_binary(hooked(RocketMq))]
fn connection(mut exchange: Exchange) -> Exchange {
    exchange.turns(READS);
    exchange
}

library_benchmark_group!(name = driving, benchmarks = [connection]);
