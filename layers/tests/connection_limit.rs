//! `connection_limit`.
#![allow(clippy::expect_used, clippy::panic, reason = "test code")]

mod common;

use common::{connection, connection_from};
use rocketmq_tower_core::{CloseReason, Connection, Disconnect};
use rocketmq_tower_layers::ConnectionLimitLayer;
use rocketmq_tower_layers::connection_limit::ConnectionLimit;
use rocketmq_tower_test_support::assert_accessors;
use std::sync::Arc;
use tokio::io::DuplexStream;
use tokio::sync::Semaphore;
use tokio_test::{assert_pending, assert_ready, assert_ready_ok, task};
use tower::{Layer, Service};
use tower_test::mock::{self, Handle, Mock, Spawn};

type Conn = Connection<DuplexStream>;
type Limited = Spawn<ConnectionLimit<Mock<Conn, Disconnect>>>;

fn limited(layer: &ConnectionLimitLayer) -> (Limited, Handle<Conn, Disconnect>) {
    let (mock, handle) = mock::pair();
    (Spawn::new(layer.layer(mock)), handle)
}

fn ended() -> Disconnect {
    Disconnect::new(CloseReason::PeerClosed)
}

#[tokio::test]
async fn waits_before_accepting_and_goes_on_when_a_connection_ends() {
    let (mut service, mut handle) = limited(&ConnectionLimitLayer::new(2));
    let mut lives = Vec::new();
    let mut requests = Vec::new();
    for _ in 0..2 {
        assert_ready_ok!(service.poll_ready());
        lives.push(task::spawn(service.call(connection().1)));
        requests.push(handle.next_request().await.expect("called"));
    }
    assert_pending!(service.poll_ready());
    let (_, respond) = requests.remove(0);
    respond.send_response(ended());
    assert!(!service.is_woken());
    let end = assert_ready_ok!(lives[0].poll());
    assert!(matches!(end.reason, CloseReason::PeerClosed));
    assert!(!service.is_woken(), "the permit belongs to the future, not to its result");
    drop(lives.remove(0));
    assert!(service.is_woken());
    assert_ready_ok!(service.poll_ready());
    assert_ready_ok!(service.poll_ready(), "and stays ready");
    drop(lives);
}

#[tokio::test]
async fn readiness_that_is_not_used_leaks_nothing() {
    let semaphore = Arc::new(Semaphore::new(1));
    let layer = ConnectionLimitLayer::with_semaphore(Arc::clone(&semaphore));
    let ((mut first, _a), (mut second, _b)) = (limited(&layer), limited(&layer));
    assert_ready_ok!(first.poll_ready());
    assert_eq!(semaphore.available_permits(), 0);
    assert_pending!(second.poll_ready());
    let mut clone = Spawn::new(first.get_ref().clone());
    drop(first);
    assert!(second.is_woken(), "the limit is shared");
    assert_ready_ok!(second.poll_ready());
    assert_pending!(clone.poll_ready(), "a clone starts empty-handed");
    drop(second);
    assert_ready_ok!(clone.poll_ready());
    drop(clone);
    assert_eq!(semaphore.available_permits(), 1);
}

#[tokio::test]
async fn each_service_of_a_layer_has_a_limit_of_its_own() {
    let layer = ConnectionLimitLayer::new(1);
    let ((mut first, _a), (mut second, _b)) = (limited(&layer), limited(&layer));
    assert_ready_ok!(first.poll_ready());
    assert_ready_ok!(second.poll_ready());
}

#[tokio::test]
async fn an_inner_service_that_is_not_ready_holds_the_caller() {
    let (mut service, mut handle) = limited(&ConnectionLimitLayer::new(1));
    handle.allow(0);
    assert_pending!(service.poll_ready());
    handle.allow(1);
    assert_ready_ok!(service.poll_ready());
}

#[tokio::test]
async fn refusing_closes_what_is_too_much_and_tells_why() {
    let (mut service, mut handle) = limited(&ConnectionLimitLayer::new(1).refuse());
    assert_ready_ok!(service.poll_ready());
    let life = task::spawn(service.call(connection().1));
    let _first = handle.next_request().await.expect("called");
    assert_ready_ok!(service.poll_ready(), "it accepts to refuse");
    let (_peer, conn) = connection();
    let channel = conn.channel();
    let mut refused = task::spawn(service.call(conn));
    let end = assert_ready_ok!(refused.poll());
    assert_eq!(
        end.reason.to_string(),
        "the connection was refused: there are too many connections"
    );
    assert!(matches!(channel.close_reason(), Some(CloseReason::Refused(_))));
    drop(life);
    assert_ready_ok!(service.poll_ready());
    let mut next = task::spawn(service.call(connection().1));
    assert_pending!(next.poll());
}

#[tokio::test]
async fn one_address_cannot_take_it_all() {
    let (mut service, mut handle) = limited(&ConnectionLimitLayer::new(100).per_ip(2));
    let mut open = |peer: &str| {
        assert_ready_ok!(service.poll_ready());
        let mut life = task::spawn(service.call(connection_from(peer).1));
        match life.poll() {
            std::task::Poll::Pending => Ok(life),
            std::task::Poll::Ready(end) => {
                Err(end.expect("refused is no error").reason.to_string())
            }
        }
    };
    handle.allow(100);
    let first = open("10.0.0.1:1").expect("one");
    let _second = open("10.0.0.1:2").expect("two");
    let refused = open("10.0.0.1:3").expect_err("three");
    assert_eq!(
        refused,
        "the connection was refused: there are too many connections from its address"
    );
    let _other = open("10.0.0.2:1").expect("another address");
    drop(first);
    let _again = open("10.0.0.1:4").expect("one of two again");
    open("10.0.0.1:5").expect_err("three again");
}

#[tokio::test]
async fn errors_pass_and_free_the_permit() {
    let (mut service, mut handle) = limited(&ConnectionLimitLayer::new(1));
    assert_ready_ok!(service.poll_ready());
    let mut life = task::spawn(service.call(connection().1));
    let (_, respond) = handle.next_request().await.expect("called");
    respond.send_error("broken");
    assert_eq!(assert_ready!(life.poll()).expect_err("passed on").to_string(), "broken");
    drop(life);
    assert_ready_ok!(service.poll_ready());
}

#[test]
fn accessors() {
    assert_accessors!(ConnectionLimitLayer::new(1));
    fn is_service<S: Service<Conn>>() {}
    is_service::<ConnectionLimit<Mock<Conn, Disconnect>>>();
}
