//! `max_age`.
#![allow(clippy::expect_used, clippy::panic, reason = "test code")]

mod common;

use common::{Lifetime, connection, driver};
use rocketmq_tower_core::{
    CallError, Channel, CloseReason, Connection, Disconnect, RemotingCommand, ResponseCode,
};
use rocketmq_tower_layers::MaxAgeLayer;
use rocketmq_tower_test_support::{Raw, SECOND, assert_accessors, request, sleeper, soon, within};
use std::collections::HashSet;
use std::time::Duration;
use tokio::io::DuplexStream;
use tokio::sync::mpsc::unbounded_channel;
use tokio::time::{Instant, sleep};
use tokio_test::{assert_pending, assert_ready, assert_ready_err, assert_ready_ok, task};
use tower::{Layer, service_fn};
use tower_test::mock::{self, Spawn};

const HOUR: Duration = Duration::from_secs(3600);

fn start(layer: &MaxAgeLayer) -> (Raw<DuplexStream>, Channel, Lifetime) {
    let (peer, channel, life) = common::start(layer.layer(driver(service_fn(sleeper))));
    (Raw::new(peer), channel, life)
}

fn exact(age: Duration) -> MaxAgeLayer {
    MaxAgeLayer::new(age).jitter(0.0)
}

/// The ages at which a hundred connections that began together are drained.
async fn ages(layer: &MaxAgeLayer) -> Vec<Duration> {
    let (drained, mut told) = unbounded_channel();
    let started = Instant::now();
    for _ in 0..100 {
        let (peer, channel, life) = start(layer);
        let drained = drained.clone();
        tokio::spawn(async move {
            channel.draining().await;
            _ = drained.send(started.elapsed());
            drop((peer, life));
        });
    }
    drop(drained);
    let mut ages = Vec::new();
    while let Some(age) = told.recv().await {
        ages.push(age);
    }
    ages
}

#[tokio::test(start_paused = true)]
async fn connections_end_at_the_age_and_not_together() {
    assert_eq!(ages(&exact(HOUR)).await, [HOUR; 100]);
    for (layer, jitter) in [
        (MaxAgeLayer::new(HOUR), HOUR / 10),
        (MaxAgeLayer::new(HOUR).jitter(0.5), HOUR / 2),
        (MaxAgeLayer::new(HOUR).jitter(7.0), HOUR),
    ] {
        let ages = ages(&layer).await;
        let (first, last) = (ages[0], ages[99]);
        // Timers have a resolution of a millisecond.
        let slack = Duration::from_millis(1);
        assert!(first >= HOUR - jitter && last <= HOUR + jitter + slack, "{first:?} {last:?}");
        // A hundred lie within three quarters of the range less than once in 10^10 times.
        assert!(last - first > jitter * 3 / 2, "{first:?} {last:?}");
        let different: HashSet<_> = ages.iter().collect();
        assert!(different.len() > 90, "{ages:?}");
    }
    for none in [-1.0, f64::NAN] {
        assert_eq!(ages(&MaxAgeLayer::new(HOUR).jitter(none)).await, [HOUR; 100]);
    }
}

#[tokio::test(start_paused = true)]
async fn no_request_is_lost() {
    let (mut peer, channel, life) = start(&exact(10 * SECOND));
    let started = Instant::now();
    peer.send(&request(15, 1)).await;
    sleep(12 * SECOND).await;
    let away = peer.call(&request(0, 2)).await;
    assert_eq!((away.opaque(), away.response_code()), (2, ResponseCode::GO_AWAY));
    let answer = peer.receive().await;
    assert_eq!((answer.opaque(), answer.response_code()), (1, ResponseCode::SUCCESS));
    assert_eq!(started.elapsed(), 15 * SECOND);
    drop(peer);
    let Ok(end) = soon(life).await.expect("no panic");
    assert!(matches!(end.reason, CloseReason::MaxAge) && !end.reason.is_error());
    assert!(matches!(channel.close_reason(), Some(CloseReason::MaxAge)));
}

#[tokio::test(start_paused = true)]
async fn a_call_that_comes_too_late_was_not_sent() {
    let (mut peer, channel, _life) = start(&exact(10 * SECOND));
    soon(channel.draining()).await;
    peer.call(&request(0, 1)).await;
    let error = channel.invoke(RemotingCommand::request(1), SECOND).await.expect_err("drained");
    assert!(matches!(error, CallError::NotSent(CloseReason::MaxAge)), "{error:?}");
}

#[tokio::test(start_paused = true)]
async fn the_grace_bounds_the_drain() {
    for (layer, end) in [
        (exact(10 * SECOND), 40 * SECOND),
        (exact(10 * SECOND).grace(3 * SECOND), 13 * SECOND),
        (exact(10 * SECOND).grace(Duration::ZERO), 10 * SECOND),
    ] {
        let (mut peer, channel, _life) = start(&layer);
        let started = Instant::now();
        peer.send(&request(1000, 1)).await;
        let reason = within(100 * SECOND, channel.closed()).await;
        assert!(matches!(reason, CloseReason::MaxAge));
        assert_eq!(started.elapsed(), end);
    }
    let (mut peer, channel, _life) = start(&exact(10 * SECOND).grace(Duration::MAX));
    peer.send(&request(1000, 1)).await;
    within(2000 * SECOND, peer.try_next()).await.expect("sound").expect("answered");
    assert!(channel.is_draining());
}

#[tokio::test(start_paused = true)]
async fn an_earlier_reason_counts() {
    let (_peer, channel, life) = start(&exact(10 * SECOND));
    channel.close("enough");
    let Ok(end) = soon(life).await.expect("no panic");
    assert!(matches!(end.reason, CloseReason::Requested(_)));
}

#[tokio::test(start_paused = true)]
async fn the_longest_age_is_never_and_none_is_at_once() {
    let (_peer, channel, _life) = start(&MaxAgeLayer::new(Duration::MAX));
    sleep(24 * 365 * HOUR).await;
    assert!(!channel.is_draining());
    let (_peer, channel, _life) = start(&MaxAgeLayer::new(Duration::ZERO));
    let started = Instant::now();
    soon(channel.draining()).await;
    assert_eq!(started.elapsed(), Duration::ZERO);
}

#[tokio::test(start_paused = true)]
async fn the_inner_service_is_passed_on() {
    let (mock, mut handle) = mock::pair::<Connection<DuplexStream>, Disconnect>();
    let mut service = Spawn::new(exact(HOUR).layer(mock));
    handle.allow(0);
    assert_pending!(service.poll_ready());
    handle.allow(2);
    assert_ready_ok!(service.poll_ready());
    let mut life = task::spawn(service.call(connection().1));
    assert_pending!(life.poll());
    let (passed, respond) = handle.next_request().await.expect("called");
    assert!(!passed.channel().is_draining());
    tokio::time::advance(HOUR).await;
    assert_pending!(life.poll());
    assert!(passed.channel().is_draining(), "also before the driver runs");
    respond.send_response(Disconnect::new(CloseReason::PeerClosed));
    let Ok(end) = assert_ready!(life.poll()) else { panic!("no failure") };
    assert!(matches!(end.reason, CloseReason::PeerClosed));

    assert_ready_ok!(service.poll_ready());
    let mut life = task::spawn(service.call(connection().1));
    handle.next_request().await.expect("called").1.send_error("no");
    assert_eq!(assert_ready_err!(life.poll()).to_string(), "no");
}

#[test]
fn accessors() {
    assert_accessors!(MaxAgeLayer::new(HOUR));
}
