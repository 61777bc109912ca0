//! A gateway in front of the embedded broker, over real sockets.
#![allow(clippy::expect_used, clippy::panic, clippy::unwrap_used, reason = "test code")]

#[path = "../../../broker/tests/support/mod.rs"]
#[allow(dead_code, reason = "the tests of the broker use all of it")]
mod support;

mod failures;
mod forwarding;
mod name_server;
mod pushes;

use rocketmq_tower_broker::{Broker, BrokerBuilder, RunningBroker};
use rocketmq_tower_gateway::{Gateway, GatewayBuilder, RunningGateway, Upstream};
use std::time::Duration;
use support::peer::Peer;
use support::soon;

/// A broker with its name server, and a gateway in front of both.
struct Cluster {
    broker: RunningBroker,
    gateway: RunningGateway,
}

impl Cluster {
    async fn start() -> Self {
        Self::start_with(Broker::builder(), |gateway| gateway).await
    }

    async fn start_with(
        broker: BrokerBuilder,
        settings: impl FnOnce(GatewayBuilder) -> GatewayBuilder,
    ) -> Self {
        let broker = broker.vip_port(false).start().await.unwrap();
        let upstream = Upstream::new([broker.name_server_addr().to_string()]);
        let gateway = settings(gateway()).upstream(upstream).start().await.unwrap();
        Self { broker, gateway }
    }

    /// Returns the address of the broker's port, as clients are told.
    fn port(&self) -> String {
        self.gateway.brokers()[0].advertised.clone()
    }

    /// Connects to the broker through the gateway.
    async fn client(&self) -> Peer {
        Peer::connect(&self.port()).await
    }

    /// Connects to the broker itself.
    async fn direct(&self) -> Peer {
        Peer::connect(&self.broker.broker_addr().to_string()).await
    }

    /// Connects to the name server through the gateway.
    async fn names(&self) -> Peer {
        Peer::connect(&self.gateway.name_server_addrs()[0].to_string()).await
    }
}

fn gateway() -> GatewayBuilder {
    Gateway::builder().vip_channel(false).follow_interval(Duration::from_millis(50))
}

/// Waits until a condition holds.
async fn until(mut condition: impl AsyncFnMut() -> bool) {
    let holds = async {
        while !condition().await {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    soon(holds).await;
}
