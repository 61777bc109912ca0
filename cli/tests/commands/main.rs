//! The command `rocketmq-tower`, as a process, with brokers in the process of the test.
#![allow(clippy::expect_used, clippy::panic, clippy::unwrap_used, reason = "test code")]

mod bench;
mod call;
mod failures;
mod groups;
mod guide;
mod links;
mod pages;
mod process;
mod pull;
mod send;
#[path = "../../../broker/tests/support/mod.rs"]
#[allow(dead_code, reason = "the tests of the broker use all of it")]
mod support;
mod tail;
mod topics;

use process::Tower;
use rocketmq_tower_broker::Broker;
use support::running::Running;

/// Starts a broker in memory that has the topic `T` with two queues, and returns it with its command line.
async fn start() -> (Running, Tower) {
    let builder = Broker::builder().vip_port(false).topic("T", 2);
    let broker = Running::start(builder).await;
    let tower = Tower::new(&broker.names);
    (broker, tower)
}
