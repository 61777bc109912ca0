//! A broker without options, and options of any value.

use crate::support::running::Running;
use rocketmq_tower_broker::{Broker, Flush};
use std::net::Ipv4Addr;
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
