//! Checks which calls are repeated, and when.
#![allow(clippy::expect_used, clippy::panic, reason = "test code")]

mod common;

use common::net::{Net, named};
use rocketmq_tower::client::{InvokeError, RetryUnprocessed};
use rocketmq_tower::{
    Addr, BoxError, CallError, RemotingCommand, ResponseCode, Service, ServiceBuilder, ServiceExt,
    service_fn,
};
use rocketmq_tower_test_support::{SECOND, soon};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use tokio::time::{Instant, sleep, timeout};

fn to(addr: &str) -> (Addr, RemotingCommand) {
    (addr.into(), RemotingCommand::request(1))
}

#[tokio::test(start_paused = true)]
async fn what_was_not_sent_is_repeated() {
    let net = Net::new();
    let policy = RetryUnprocessed::attempts(4).backoff(SECOND / 10, SECOND / 4);
    let mut client = ServiceBuilder::new().retry(policy).service(net.client());
    let start = Instant::now();
    let error = client.ready().await.expect("ready").call(to("a")).await.expect_err("not there");
    assert!(matches!(error, InvokeError::Connect { .. }), "{error:?}");
    let dials: Vec<_> =
        net.dials("a").iter().map(|at| (*at - start).as_millis() / 10 * 10).collect();
    assert_eq!(dials, [0, 100, 300, 550]);

    // Each call has its own attempts.
    let answer = client.ready().await.expect("ready").call(to("a"));
    let start_late = async {
        sleep(SECOND / 5).await;
        net.start("a", named("a"));
    };
    let (answer, ()) = tokio::join!(soon(answer), start_late);
    assert_eq!(&answer.expect("answered").body()[..], b"a");
    assert_eq!(net.dials("a").len(), 4 + 3);
}

/// A server may have acted on these requests, so they are not repeated.
#[tokio::test(start_paused = true)]
async fn what_was_sent_is_not_repeated() {
    let net = Net::new();
    let asked = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&asked);
    net.start(
        "a",
        service_fn(move |_| {
            count.fetch_add(1, Ordering::Relaxed);
            std::future::pending::<Result<RemotingCommand, BoxError>>()
        }),
    );
    let policy = RetryUnprocessed::attempts(3);
    let mut client = ServiceBuilder::new().retry(policy).service(net.client().endpoint("a"));
    let request = RemotingCommand::request(1);
    let answer = soon(client.ready()).await.expect("ready").call(request.clone());
    let kill = async {
        sleep(SECOND).await;
        net.kill("a").await;
    };
    let (answer, ()) = tokio::join!(soon(answer), kill);
    let error = answer.expect_err("cut");
    assert!(matches!(error, InvokeError::Closed { .. }), "{error:?}");
    net.restart("a");
    let answer = soon(client.ready()).await.expect("ready").call(request);
    let error = soon(answer).await.expect_err("no answer");
    assert!(matches!(error, InvokeError::Timeout { .. }), "{error:?}");
    assert_eq!(asked.load(Ordering::Relaxed), 2, "once each");
}

/// A server that shuts down and answers GO_AWAY; the error is recognized through a box as well.
#[tokio::test(start_paused = true)]
async fn who_is_sent_away_comes_again() {
    let net = Net::new();
    let asked = Arc::new(AtomicUsize::new(0));
    net.start(
        "a",
        service_fn(move |_| {
            let turn = asked.fetch_add(1, Ordering::Relaxed);
            let code = if turn < 3 { ResponseCode::GO_AWAY } else { ResponseCode::SUCCESS };
            async move { Ok::<_, BoxError>(RemotingCommand::response(code)) }
        }),
    );
    let buffered = tower::buffer::Buffer::new(net.client().endpoint("a"), 4);
    let policy = RetryUnprocessed::attempts(2);
    let mut client = ServiceBuilder::new().retry(policy).service(buffered);
    let answer = soon(client.ready()).await.expect("ready").call(RemotingCommand::request(1));
    assert!(soon(answer).await.expect("answered").response_code() == ResponseCode::SUCCESS);
}

/// Such an error is neither repeated nor a reason to leave a server.
#[tokio::test(start_paused = true)]
async fn what_cannot_be_encoded_fails_at_once() {
    let net = Net::new();
    net.start("a", named("a"));
    net.start("b", named("b"));
    let request = RemotingCommand::request(1).with_body(vec![0; 17 << 20]);
    let is_final = |error: &InvokeError| {
        matches!(error, InvokeError::NotSent { source: CallError::Encode(_), .. })
    };

    let policy = RetryUnprocessed::attempts(9).backoff(SECOND, SECOND);
    let mut client = ServiceBuilder::new().retry(policy).service(net.client().endpoint("a"));
    let answer = soon(client.ready()).await.expect("ready").call(request.clone());
    let error = timeout(SECOND / 2, answer).await.expect("at once").expect_err("too long");
    assert!(is_final(&error), "{error:?}");

    let servers = net.client().name_servers(["a", "b"]);
    let chosen = servers.chosen();
    let error = servers.invoke(request, SECOND).await.expect_err("too long");
    assert!(is_final(&error), "{error:?}");
    assert_eq!(servers.chosen(), chosen);
}

/// A circuit breaker that hides the client's error.
#[derive(Debug, PartialEq, Eq)]
enum BreakerError {
    Open,
    Inner,
}

impl std::fmt::Display for BreakerError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{self:?}")
    }
}

impl std::error::Error for BreakerError {}

#[tokio::test(start_paused = true)]
async fn errors_of_other_middleware_are_repeated_if_they_are_named() {
    let policy = RetryUnprocessed::attempts(9)
        .backoff(SECOND, SECOND)
        .when(|error| error.downcast_ref() == Some(&BreakerError::Open));
    let calls = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&calls);
    let breaker = service_fn(move |()| {
        let call = count.fetch_add(1, Ordering::Relaxed);
        std::future::ready(match call {
            0 | 1 => Err::<(), _>(BreakerError::Open),
            _ => Err(BreakerError::Inner),
        })
    });
    let mut client = ServiceBuilder::new().retry(policy).map_err(BoxError::from).service(breaker);
    let start = Instant::now();
    let error = soon(client.ready().await.expect("ready").call(())).await.expect_err("fails");
    assert_eq!(error.downcast_ref(), Some(&BreakerError::Inner));
    assert_eq!((calls.load(Ordering::Relaxed), start.elapsed().as_secs()), (3, 2));
}

/// The client's own error decides, whatever the function says.
#[tokio::test(start_paused = true)]
async fn what_was_processed_is_not_repeated_whatever_when_says() {
    let calls = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&calls);
    let failing = service_fn(move |()| {
        count.fetch_add(1, Ordering::Relaxed);
        let source = InvokeError::Closed {
            addr: "a".into(),
            source: rocketmq_tower::CloseReason::PeerClosed,
        };
        std::future::ready(Err::<(), _>(std::io::Error::other(source)))
    });
    let policy = RetryUnprocessed::attempts(9).when(|_| true);
    let mut client = ServiceBuilder::new().retry(policy).map_err(BoxError::from).service(failing);
    soon(client.ready().await.expect("ready").call(())).await.expect_err("fails");
    assert_eq!(calls.load(Ordering::Relaxed), 1);
}
