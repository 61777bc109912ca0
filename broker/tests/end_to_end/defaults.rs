//! A broker without options, and options of any value.

use crate::support::peer::Peer;
use crate::support::running::Running;
use rocketmq_tower_broker::{Broker, Flush};
use std::net::{Ipv4Addr, SocketAddr};
use std::time::Duration;

#[tokio::test]
async fn a_broker_without_options_listens_on_free_ports_of_the_loopback_address() {
    let running = Running::start(Broker::builder()).await;
    let (names, broker) = (running.inner.name_server_addr(), running.inner.broker_addr());
    for addr in [names, broker] {
        assert_eq!(addr.ip(), Ipv4Addr::LOCALHOST);
        assert_ne!(addr.port(), 0);
    }
    assert_ne!(names, broker);
    assert_eq!(running.inner.advertised_addr(), broker.to_string());
    assert_eq!(running.inner.metrics_addr(), None);
    running.end().await;
}

/// Java's clients up to 4.5.0 connect there by default.
#[tokio::test]
async fn the_broker_also_listens_two_ports_below_if_that_port_is_free() {
    // Some other program may have the port that this broker would need.
    let mut running = Running::start(Broker::builder()).await;
    while running.inner.vip_addr().is_none() {
        running = Running::start(Broker::builder()).await;
    }
    let (broker, vip) = (running.inner.broker_addr(), running.inner.vip_addr().unwrap());
    assert_eq!((vip.ip(), vip.port()), (broker.ip(), broker.port() - 2));
    Peer::connect(&vip.to_string()).await.send("T", 0, "old").await;
    assert_eq!(running.client().await.max("T", 0).await, 1);

    let without = Running::start(Broker::builder().vip_port(false)).await;
    assert_eq!(without.inner.vip_addr(), None);
    without.end().await;
    // It starts without that port if it is taken.
    let taken = SocketAddr::new(vip.ip(), vip.port() + 2);
    let above = SocketAddr::new(vip.ip(), vip.port() + 4);
    if let Ok(other) = Broker::builder().listen(above).start().await {
        assert_eq!(other.broker_addr().port() - 2, taken.port());
        assert_eq!(other.vip_addr(), None);
        other.shutdown().await.unwrap();
    }
    running.end().await;
}

#[tokio::test]
async fn options_at_their_ends_do_no_harm() {
    for (number, duration) in [(usize::MAX, Duration::MAX), (1, Duration::ZERO)] {
        let builder = Broker::builder()
            .in_memory()
            .flush(Flush::Async)
            .retention(duration)
            .transaction_timeout(duration)
            .transaction_check_interval(duration)
            .traffic_log(duration)
            .max_connections(number)
            .max_sends(number)
            .max_client_state(number, number);
        let running = Running::start(builder).await;
        let client = running.client().await;
        let half = [("TRAN_MSG", "true"), ("PGROUP", "producers")];
        client.send_with("T", 0, &half, "open").await;
        client.send("T", 0, "message").await;
        running.end().await;
    }
}
