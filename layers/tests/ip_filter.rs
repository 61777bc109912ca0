//! `ip_filter`.
#![allow(clippy::expect_used, clippy::panic, reason = "test code")]

mod common;

use common::connection_from;
use rocketmq_tower_core::{Addr, ChannelInfo, CloseReason, Connection, Disconnect};
use rocketmq_tower_layers::IpFilterLayer;
use rocketmq_tower_layers::ip_filter::{IpFilter, IpRules};
use rocketmq_tower_layers::network::Network;
use rocketmq_tower_test_support::assert_accessors;
use std::net::IpAddr;
use std::sync::Arc;
use std::task::Poll;
use tokio::io::DuplexStream;
use tokio::sync::Semaphore;
use tokio_test::{assert_pending, assert_ready_ok, task};
use tower::Layer;
use tower::limit::ConcurrencyLimit;
use tower_test::mock::{self, Handle, Mock, Spawn};

type Conn = Connection<DuplexStream>;
type Filtered = Spawn<IpFilter<Mock<Conn, Disconnect>>>;

fn networks<const N: usize>(texts: [&str; N]) -> [Network; N] {
    texts.map(|text| text.parse().expect("a network"))
}

fn filtered(layer: &IpFilterLayer) -> (Filtered, Handle<Conn, Disconnect>) {
    let (mock, mut handle) = mock::pair();
    handle.allow(100);
    (Spawn::new(layer.layer(mock)), handle)
}

/// Whether a connection from this address is accepted.
fn enters(service: &mut Filtered, conn: Conn) -> bool {
    assert_ready_ok!(service.poll_ready());
    let channel = conn.channel();
    match task::spawn(service.call(conn)).poll() {
        Poll::Pending => true,
        Poll::Ready(end) => {
            assert_eq!(
                end.expect("refused is no error").reason.to_string(),
                "the connection was refused: its address may not connect"
            );
            assert!(matches!(channel.close_reason(), Some(CloseReason::Refused(_))));
            false
        }
    }
}

#[test]
fn who_is_denied_stays_out_whether_allowed_or_not() {
    let everybody = IpRules::new();
    let some = IpRules::new().allow(networks(["10.0.0.0/8"])).allow(networks(["fd00::/8"]));
    let most = IpRules::new().deny(networks(["10.6.0.0/16"])).deny(networks(["192.0.2.1"]));
    let both = some.clone().deny(networks(["10.6.0.0/16"]));
    let none = IpRules::new().deny(networks(["0.0.0.0/0", "::/0"]));
    for (ip, admitted) in [
        ("10.0.0.1", [true, true, true, true, false]),
        ("10.6.0.1", [true, true, false, false, false]),
        ("::ffff:10.6.0.1", [true, true, false, false, false]),
        ("192.0.2.1", [true, false, false, false, false]),
        ("192.0.2.2", [true, false, true, false, false]),
        ("fd00::1", [true, true, true, true, false]),
        ("2001:db8::1", [true, false, true, false, false]),
    ] {
        let ip: IpAddr = ip.parse().expect("an address");
        let rules = [&everybody, &some, &most, &both, &none];
        assert_eq!(rules.map(|rules| rules.admit(ip)), admitted, "{ip}");
    }
}

#[tokio::test]
async fn refused_connections_are_not_read_and_are_counted() {
    let layer = IpFilterLayer::new(IpRules::new().allow(networks(["10.0.0.0/8"])));
    let (mut service, mut handle) = filtered(&layer);
    let (mut peer, conn) = connection_from("192.0.2.1:1");
    tokio::io::AsyncWriteExt::write_all(&mut peer, b"hello").await.expect("open");
    assert!(!enters(&mut service, conn));
    assert_eq!(tokio::io::AsyncReadExt::read(&mut peer, &mut [0; 1]).await.expect("an end"), 0);
    assert!(enters(&mut service, connection_from("10.0.0.1:1").1));
    assert!(handle.next_request().await.is_some());
    assert_eq!(layer.refused(), 1);
}

#[tokio::test]
async fn the_address_that_layers_outside_have_set_counts() {
    let layer = IpFilterLayer::new(IpRules::new().allow(networks(["10.0.0.0/8"])));
    let (mut service, _handle) = filtered(&layer);
    let (_peer, mut conn) = connection_from("192.0.2.1:1");
    conn.info_mut().peer_addr = "10.0.0.1:5".into();
    assert!(enters(&mut service, conn));
}

#[tokio::test]
async fn rules_are_replaced_for_all_that_share_them() {
    let layer = IpFilterLayer::new(IpRules::new());
    let ((mut one, _a), (mut two, _b)) = (filtered(&layer), filtered(&layer.clone()));
    let come = |service: &mut Filtered| enters(service, connection_from("10.0.0.1:1").1);
    assert!(come(&mut one) && come(&mut two));
    layer.replace(IpRules::new().deny(networks(["10.0.0.1"])));
    assert!(!come(&mut one) && !come(&mut two));
    layer.clone().replace(IpRules::new());
    assert!(come(&mut one) && come(&mut two));
    assert_eq!(layer.refused(), 2);
}

#[tokio::test]
async fn peers_without_an_ip_address_get_in() {
    let layer = IpFilterLayer::new(IpRules::new().allow(networks(["10.0.0.0/8"])));
    let (mut service, _handle) = filtered(&layer);
    let io = tokio::io::duplex(1).0;
    let conn = Connection::new(io, ChannelInfo::new(Addr::Unnamed, Addr::Unnamed));
    assert!(enters(&mut service, conn));
}

#[tokio::test]
async fn a_connection_that_is_refused_keeps_nothing_that_was_reserved_for_it() {
    let limit = Arc::new(Semaphore::new(1));
    let (mock, _handle) = mock::pair::<Conn, Disconnect>();
    let limited = ConcurrencyLimit::with_semaphore(mock, Arc::clone(&limit));
    let layer = IpFilterLayer::new(IpRules::new().deny(networks(["10.0.0.1"])));
    let mut service = Spawn::new(layer.layer(limited));
    assert_ready_ok!(service.poll_ready());
    assert_eq!(limit.available_permits(), 0);
    assert_ready_ok!(task::spawn(service.call(connection_from("10.0.0.1:1").1)).poll());
    assert_eq!(limit.available_permits(), 1);
    assert_ready_ok!(service.poll_ready());
    let mut life = task::spawn(service.call(connection_from("10.0.0.2:1").1));
    assert_pending!(life.poll());
    assert_eq!(limit.available_permits(), 0, "it has its permit");
}

#[test]
fn accessors() {
    assert_accessors!(IpFilterLayer::new(IpRules::new()));
}
