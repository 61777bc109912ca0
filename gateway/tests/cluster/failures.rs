//! Servers of the cluster that go away, and a gateway that does.

use crate::support::peer::{Peer, bodies};
use crate::support::requests::{Pull, request};
use crate::support::soon;
use crate::{Cluster, gateway};
use rocketmq_tower::protocol::TopicRouteData;
use rocketmq_tower::{RequestCode, ResponseCode};
use rocketmq_tower_broker::Broker;
use rocketmq_tower_gateway::{StartError, Upstream};
use std::sync::atomic::{AtomicUsize, Ordering};

#[tokio::test]
async fn a_broker_that_stops_ends_the_connections_of_its_clients_and_may_come_back() {
    let cluster = Cluster::start().await;
    let (client, port) = (cluster.client().await, cluster.port());
    client.send("T", 0, "a").await;
    let (addr, names) = (cluster.broker.broker_addr(), cluster.broker.name_server_addr());
    let Cluster { broker, gateway } = cluster;
    broker.shutdown().await.unwrap();
    let reason = soon(client.channel.closed()).await;
    assert!(!reason.is_error(), "{reason:?}");

    let client = Peer::connect(&port).await;
    let (code, why) = client.refusal(Pull::new("T", 0).request()).await;
    assert_eq!(code, ResponseCode::SERVICE_NOT_AVAILABLE);
    assert_eq!(why, "the gateway cannot reach the broker broker-a/0");

    let back = Broker::builder().vip_port(false).listen(addr).name_server_listen(names);
    let _back = back.start().await.unwrap();
    // The same connection: it tries again after a second.
    let pull = Pull::new("T", 0).request();
    crate::until(async || {
        client.call(pull.clone()).await.response_code() != ResponseCode::SERVICE_NOT_AVAILABLE
    })
    .await;
    assert!(gateway.is_ready());
}

#[tokio::test]
async fn routes_last_known_go_on_without_a_name_server() {
    let cluster = Cluster::start_with(Broker::builder().topic("T", 4), |gateway| gateway).await;
    let (names, port) = (cluster.names().await, cluster.port());
    let route = request(RequestCode::GET_ROUTEINFO_BY_TOPIC, &[("topic", "T")]);
    let before: TopicRouteData = names.get(route.clone()).await.json().unwrap();
    let Cluster { broker, gateway } = cluster;
    broker.shutdown().await.unwrap();
    crate::until(async || !gateway.is_ready()).await;
    let after: TopicRouteData = names.get(route).await.json().unwrap();
    assert_eq!(after, before);
    assert_eq!(after.broker_datas[0].broker_addrs[&0], port);
    let other = request(RequestCode::GET_ROUTEINFO_BY_TOPIC, &[("topic", "unknown")]);
    let (code, why) = names.refusal(other).await;
    assert_eq!(code, ResponseCode::SERVICE_NOT_AVAILABLE);
    assert_eq!(why, "no name server answers the gateway");
}

#[tokio::test]
async fn a_shutdown_sends_waiting_clients_away() {
    let cluster = Cluster::start().await;
    let client = cluster.client().await;
    client.send("T", 0, "a").await;
    let Cluster { broker: _broker, gateway } = cluster;
    let pull = Pull::new("T", 0).at(1).waits(20_000).request();
    let waiting = client.call(pull);
    let shutdown = async {
        crate::until(async || client.channel.calls() == 1).await;
        // The pull has arrived when a later request is answered.
        client.pull(&Pull::new("T", 0)).await;
        gateway.shutdown().await;
    };
    let (response, ()) = soon(async { tokio::join!(waiting, shutdown) }).await;
    assert_eq!(response.response_code(), ResponseCode::GO_AWAY);
}

#[tokio::test]
async fn another_gateway_goes_on() {
    let cluster = Cluster::start().await;
    let upstream = Upstream::new([cluster.broker.name_server_addr().to_string()]);
    let other = gateway().upstream(upstream).start().await.unwrap();
    cluster.client().await.send("T", 0, "a").await;
    let Cluster { broker: _broker, gateway } = cluster;
    gateway.shutdown().await;
    let client = Peer::connect(&other.brokers()[0].advertised).await;
    assert_eq!(bodies(&client.pull(&Pull::new("T", 0)).await), ["a"]);
}

#[tokio::test]
async fn settings_that_cannot_work_are_errors() {
    let none = gateway().start().await.unwrap_err();
    assert!(matches!(none, StartError::NoUpstream), "{none}");
    let upstream = Upstream::new(["127.0.0.1:1"]);
    let all = gateway().bind([0, 0, 0, 0].into()).upstream(upstream.clone());
    assert!(matches!(all.start().await.unwrap_err(), StartError::NoAdvertisedHost));
    let two = gateway().upstream(upstream.clone()).upstream(upstream.clone());
    assert!(matches!(two.start().await.unwrap_err(), StartError::DuplicateUpstream(_)));
    let same = upstream.broker("a", 0, 1).broker("b", 0, 1);
    let same = gateway().upstream(same).start().await.unwrap_err();
    assert!(matches!(same, StartError::DuplicatePort(1)), "{same}");
}

/// Runs connections that end in every order, and counts the panics of their tasks, which only a log would show.
#[tokio::test]
async fn no_task_of_a_connection_panics_when_it_ends() {
    static PANICS: AtomicUsize = AtomicUsize::new(0);
    let before = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |info| {
        if info.to_string().contains("resumed after completion") {
            PANICS.fetch_add(1, Ordering::Relaxed);
        }
        before(info);
    }));
    let cluster = Cluster::start().await;
    let producer = cluster.client().await;
    producer.send("T", 0, "a").await;
    for _ in 0..20 {
        let client = cluster.client().await;
        let pull = Pull::new("T", 0).at(1).waits(20_000).request();
        // It leaves while the gateway connects to the broker.
        client.channel.write_oneway(pull).await.unwrap();
        client.channel.close("leaves");
        soon(client.channel.closed()).await;
    }
    let Cluster { broker, gateway } = cluster;
    gateway.shutdown().await;
    broker.shutdown().await.unwrap();
    assert_eq!(PANICS.load(Ordering::Relaxed), 0);
}
