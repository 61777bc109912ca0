//! The command `rocketmq-tower-gateway`, as a process.
#![allow(clippy::expect_used, clippy::panic, clippy::unwrap_used, reason = "test code")]

#[path = "../../../broker/tests/console/http.rs"]
#[allow(dead_code, reason = "the tests of the broker's console use all of it")]
mod browser;
mod check;
mod console;
mod http;
#[path = "../common/itself.rs"]
mod itself;
mod policies;
mod process;
mod reload;
mod secured;
#[path = "../../../broker/tests/support/mod.rs"]
#[allow(dead_code, reason = "the tests of the broker use all of it")]
mod support;

use rocketmq_tower_broker::{Broker, RunningBroker};
use support::soon;

/// Starts a broker with its name server, in memory.
async fn broker() -> RunningBroker {
    Broker::builder().vip_port(false).start().await.unwrap()
}

/// The settings of a gateway in front of it, without the line for the policies.
fn settings(broker: &RunningBroker) -> String {
    upstream(&broker.name_server_addr().to_string())
}

fn upstream(name_server: &str) -> String {
    format!("[[upstream]]\nname-servers = [{name_server:?}]\nlisten = \"127.0.0.1:0\"\n")
}
