//! Tenants behind a gateway: each sees its own topics and groups only.
#![allow(clippy::expect_used, clippy::panic, clippy::unwrap_used, reason = "test code")]

#[path = "../../../broker/tests/support/mod.rs"]
#[allow(dead_code, reason = "the tests of the broker use all of it")]
mod support;

mod clients;
mod isolation;
mod messages;
mod pushes;
mod requests;

use rocketmq_tower::layers::NamespaceLayer;
use rocketmq_tower::layers::identity::claimed_user;
use rocketmq_tower::layers::namespace::{Access, Tenant};
use rocketmq_tower_broker::{Broker, BrokerBuilder, RunningBroker};
use rocketmq_tower_gateway::{Gateway, RunningGateway, Upstream};
use support::peer::Peer;

/// A broker, and a gateway for each of two tenants.
struct Tenants {
    broker: RunningBroker,
    red: RunningGateway,
    blue: RunningGateway,
}

impl Tenants {
    async fn start() -> Self {
        Self::start_with(Broker::builder()).await
    }

    async fn start_with(broker: BrokerBuilder) -> Self {
        let broker = broker.vip_port(false).start().await.unwrap();
        let [red, blue] =
            ["red", "blue"].map(|name| NamespaceLayer::of(Tenant::new(name).unwrap()));
        let (red, blue) = (gateway(&broker, red).await, gateway(&broker, blue).await);
        Self { broker, red, blue }
    }

    /// Connects clients of both tenants to the broker.
    async fn clients(&self) -> (Peer, Peer) {
        (to_broker(&self.red).await, to_broker(&self.blue).await)
    }

    /// Connects to the broker without a tenant.
    async fn direct(&self) -> Peer {
        Peer::connect(&self.broker.broker_addr().to_string()).await
    }

    async fn shutdown(self) {
        self.red.shutdown().await;
        self.blue.shutdown().await;
        self.broker.shutdown().await.unwrap();
    }
}

async fn gateway(broker: &RunningBroker, layer: NamespaceLayer) -> RunningGateway {
    let upstream = Upstream::new([broker.name_server_addr().to_string()]);
    Gateway::builder().vip_channel(false).layer(layer).upstream(upstream).start().await.unwrap()
}

/// Returns a layer that knows the tenant by the request's access key; `root` sees everything.
fn by_user() -> NamespaceLayer {
    NamespaceLayer::new(|request| match claimed_user(request) {
        Some("root") => Access::Everything,
        Some(user) => Access::tenant(user).unwrap_or(Access::Nothing),
        None => Access::Nothing,
    })
}

async fn to_broker(gateway: &RunningGateway) -> Peer {
    Peer::connect(&gateway.brokers()[0].advertised).await
}

async fn to_names(gateway: &RunningGateway) -> Peer {
    Peer::connect(&gateway.name_server_addrs()[0].to_string()).await
}
