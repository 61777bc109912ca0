//! Calls of a `Client`: connections, deadlines and errors.
#![allow(clippy::expect_used, clippy::panic, reason = "test code")]

mod common;

use common::net::{Net, named};
use rocketmq_tower::channel::CallStage;
use rocketmq_tower::client::{Client, InvokeError};
use rocketmq_tower::{
    Addr, BoxError, CallError, CloseReason, RemotingCommand, ResponseCode, service_fn,
};
use rocketmq_tower_test_support::{SECOND, echo, request, soon};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;
use tokio::task::JoinHandle;
use tokio::time::{Instant, sleep};

const SERVER: &str = "server:10911";

/// Sleeps as many tenths of a second as the code says, then echoes.
async fn work(request: RemotingCommand) -> Result<RemotingCommand, BoxError> {
    sleep(u32::try_from(request.code())? * SECOND / 10).await;
    echo(request).await
}

type Outcome = Result<RemotingCommand, InvokeError>;

/// Calls in its own task, with a timeout of `tenths` tenths of a second.
fn call(client: &Client, code: i32, tenths: u32) -> JoinHandle<Outcome> {
    let client = client.clone();
    tokio::spawn(async move { client.invoke(SERVER, request(code, 7), tenths * SECOND / 10).await })
}

async fn end(call: JoinHandle<Outcome>) -> Outcome {
    soon(call).await.expect("no panic")
}

/// Whether a call timed out at this stage.
fn timed_out(outcome: &Outcome, at: CallStage) -> bool {
    matches!(outcome, Err(InvokeError::Timeout { stage, .. }) if *stage == at)
}

#[tokio::test(start_paused = true)]
async fn callers_share_one_dial_and_one_connection() {
    let net = Net::new();
    net.start(SERVER, service_fn(work));
    net.set_delay(SERVER, SECOND);
    let client = net.client();
    let calls: Vec<_> = (0..100).map(|_| call(&client, 0, 30)).collect();
    for call in calls {
        assert_eq!(end(call).await.expect("answered").opaque(), 7);
    }
    assert_eq!((net.dials(SERVER).len(), client.connection_count(), client.calls()), (1, 1, 0));
}

#[tokio::test(start_paused = true)]
async fn a_caller_that_gives_up_does_not_stop_the_dial() {
    let net = Net::new();
    net.start(SERVER, service_fn(work));
    net.set_delay(SERVER, SECOND);
    let client = net.client();
    let started = Instant::now();
    let first = call(&client, 0, 5);
    sleep(SECOND / 10).await;
    let second = call(&client, 0, 30);
    assert!(timed_out(&end(first).await, CallStage::Connection));
    assert_eq!(started.elapsed(), SECOND / 2);
    end(second).await.expect("answered");
    assert_eq!((started.elapsed(), net.dials(SERVER).len()), (SECOND, 1));
}

#[tokio::test(start_paused = true)]
async fn a_call_has_one_deadline_and_tells_what_it_waited_for() {
    let net = Net::new();
    net.start(SERVER, service_fn(work));
    net.set_delay(SERVER, SECOND / 2);
    let client = net.builder().max_calls(1).build();
    let started = Instant::now();
    // Half a second to connect and five seconds of work exceed a timeout of three seconds.
    let slow = call(&client, 50, 30);
    sleep(SECOND).await;
    let waiting = call(&client, 0, 10);
    let now = client.invoke(SERVER, request(0, 1), Duration::ZERO).await;
    assert!(matches!(now, Err(InvokeError::TooManyCalls { limit: 1 })), "{now:?}");
    let waited = end(waiting).await;
    assert!(timed_out(&waited, CallStage::Capacity), "{waited:?}");
    let answer = end(slow).await;
    assert!(timed_out(&answer, CallStage::Answer), "{answer:?}");
    assert_eq!(started.elapsed(), 3 * SECOND);
    let texts = [waited, answer].map(|outcome| outcome.expect_err("late").to_string());
    let text = "the call to server:10911 timed out after";
    assert_eq!(texts[0], format!("{text} 1s while waiting for a call permit"));
    assert_eq!(texts[1], format!("{text} 3s while waiting for the response"));
    assert_eq!(client.calls(), 0);
}

/// A transport that never completes would otherwise make all callers wait forever.
#[tokio::test(start_paused = true)]
async fn a_dial_ends_whatever_the_transport_does() {
    let net = Net::new();
    net.start(SERVER, service_fn(work));
    net.set_silent(SERVER, true);
    let client = net.builder().dial_timeout(5 * SECOND).build();
    let started = Instant::now();
    let waiting = call(&client, 0, 100);
    sleep(SECOND).await;
    net.set_silent(SERVER, false);
    let error = end(waiting).await.expect_err("the dial does not end");
    assert!(matches!(error, InvokeError::Connect { .. }), "{error:?}");
    assert_eq!(started.elapsed(), 5 * SECOND);
    end(call(&client, 0, 10)).await.expect("answered");
}

#[tokio::test(start_paused = true)]
async fn a_server_that_comes_back_is_found_by_the_next_call() {
    let net = Net::new();
    let client = net.client();
    for _ in 0..2 {
        let error = end(call(&client, 0, 30)).await.expect_err("nobody there");
        assert!(matches!(&error, InvokeError::Connect { addr, .. } if *addr == Addr::from(SERVER)));
        assert!(error.is_unprocessed());
        assert_eq!(client.connection_count(), 0);
    }
    net.start(SERVER, service_fn(work));
    end(call(&client, 0, 30)).await.expect("answered");

    let lost = call(&client, 20, 100);
    sleep(SECOND).await;
    net.kill(SERVER).await;
    let error = end(lost).await.expect_err("it was under way");
    assert!(matches!(error, InvokeError::Closed { .. }) && !error.is_unprocessed(), "{error:?}");
    assert_eq!(client.connection_count(), 0, "it is forgotten");
    net.restart(SERVER);
    end(call(&client, 0, 30)).await.expect("answered");
    assert_eq!(net.connections(SERVER), 2);
}

/// A client whose connections allow one call at a time.
fn with_one_slot(net: &Net) -> Client {
    net.start(SERVER, service_fn(work));
    let mut config = rocketmq_tower::driver::ConnectionConfig::client();
    config.max_calls = 1;
    Client::builder().connector(net.connector().config(config)).build()
}

/// The call waited for a permit of a connection that ended; the fresh connection has permits.
#[tokio::test(start_paused = true)]
async fn what_was_not_sent_is_sent_over_a_fresh_connection() {
    let net = Net::new();
    let client = with_one_slot(&net);
    let under_way = call(&client, 50, 100);
    sleep(SECOND).await;
    let waiting = call(&client, 0, 100);
    sleep(SECOND).await;
    net.open(SERVER)[0].close("enough");
    assert!(matches!(end(under_way).await, Err(InvokeError::Closed { .. })));
    end(waiting).await.expect("answered");
    assert_eq!(net.connections(SERVER), 2);
}

#[tokio::test(start_paused = true)]
async fn what_was_not_sent_twice_fails() {
    let net = Net::new();
    let client = with_one_slot(&net);
    let mut calls = Vec::new();
    // One call is lost with the first connection, one of the others with the next connection.
    for _ in 0..3 {
        calls.push(call(&client, 50, 100));
        sleep(SECOND / 10).await;
    }
    for _ in 0..2 {
        net.open(SERVER)[0].close("enough");
        sleep(SECOND / 10).await;
    }
    let mut not_sent = 0;
    for call in calls {
        match end(call).await.expect_err("closed") {
            InvokeError::Closed { .. } => {}
            error => {
                assert!(matches!(error, InvokeError::NotSent { .. }), "{error:?}");
                assert!(error.is_unprocessed());
                not_sent += 1;
            }
        }
    }
    assert_eq!((not_sent, net.connections(SERVER)), (1, 2));
}

#[tokio::test(start_paused = true)]
async fn want_of_slots_touches_no_connection() {
    let net = Net::new();
    let client = with_one_slot(&net);
    let slow = call(&client, 20, 30);
    sleep(SECOND / 2).await;
    let waiting = end(call(&client, 0, 5)).await;
    assert!(timed_out(&waiting, CallStage::Capacity), "{waiting:?}");
    end(slow).await.expect("answered");

    let client = net.builder().max_calls(1).build();
    let slow = call(&client, 20, 30);
    sleep(SECOND / 2).await;
    let now = end(call(&client, 0, 0)).await;
    assert!(matches!(now, Err(InvokeError::TooManyCalls { limit: 1 })), "{now:?}");
    let waiting = end(call(&client, 0, 5)).await;
    assert!(timed_out(&waiting, CallStage::Capacity), "{waiting:?}");
    end(slow).await.expect("answered");
    assert_eq!(net.connections(SERVER), 2, "one of each client");
}

#[tokio::test(start_paused = true)]
async fn what_cannot_be_encoded_is_not_sent_and_fails_alone() {
    let net = Net::new();
    net.start(SERVER, service_fn(work));
    let client = net.client();
    let long = request(0, 1).with_body(vec![0; 17 << 20]);
    let error = client.invoke(SERVER, long, 3 * SECOND).await.expect_err("too long");
    let InvokeError::NotSent { source: CallError::Encode(_), .. } = error else {
        panic!("{error:?}")
    };
    end(call(&client, 0, 30)).await.expect("answered");
    assert_eq!(net.connections(SERVER), 1);
}

/// If nothing arrives during a whole call, the peer may be dead. A response that still arrives is
/// accepted.
#[tokio::test(start_paused = true)]
async fn a_connection_that_is_silent_is_replaced() {
    let net = Net::new();
    net.start(SERVER, service_fn(work));
    let client = net.client();
    let patient = call(&client, 30, 100);
    sleep(SECOND).await;
    assert!(timed_out(&end(call(&client, 50, 10)).await, CallStage::Answer));
    end(call(&client, 0, 10)).await.expect("answered");
    assert_eq!(net.connections(SERVER), 2);
    end(patient).await.expect("over the old one");
    // The server still has to finish the other call.
    sleep(4 * SECOND).await;
    assert_eq!(
        (net.open(SERVER).len(), client.connection_count()),
        (1, 1),
        "its end ends it alone"
    );

    // Other calls were answered meanwhile, so only this call is slow.
    let slow = call(&client, 50, 10);
    sleep(SECOND / 2).await;
    end(call(&client, 0, 10)).await.expect("answered");
    assert!(timed_out(&end(slow).await, CallStage::Answer));
    end(call(&client, 0, 10)).await.expect("answered");
    assert_eq!(net.connections(SERVER), 2);
}

#[tokio::test(start_paused = true)]
async fn idle_connections_are_closed_and_forgotten() {
    let net = Net::new();
    net.start(SERVER, service_fn(work));
    let client = net.client();
    let channel = client.connect(SERVER, SECOND).await.expect("reachable");
    let started = Instant::now();
    assert!(matches!(channel.closed().await, CloseReason::Idle));
    assert_eq!((started.elapsed(), client.connection_count()), (100 * SECOND, 0));
}

#[tokio::test(start_paused = true)]
async fn connections_are_bounded() {
    let net = Net::new();
    for addr in ["a:1", "b:1", "c:1"] {
        net.start(addr, named("x"));
    }
    let client = net.builder().max_connections(2).build();
    for addr in ["a:1", "b:1"] {
        client.invoke(addr, request(0, 1), SECOND).await.expect("answered");
    }
    let error = client.invoke("c:1", request(0, 1), SECOND).await.expect_err("one too many");
    assert!(matches!(error, InvokeError::TooManyConnections { limit: 2 }), "{error:?}");
    client.disconnect("a:1");
    client.invoke("c:1", request(0, 1), SECOND).await.expect("answered");
}

#[tokio::test(start_paused = true)]
async fn to_disconnect_fails_what_is_under_way() {
    let net = Net::new();
    net.start(SERVER, service_fn(work));
    let client = net.client();
    let (started, lost) = (Instant::now(), call(&client, 50, 100));
    sleep(SECOND).await;
    client.disconnect(SERVER);
    let error = end(lost).await.expect_err("closed");
    assert!(matches!(error, InvokeError::Closed { source: CloseReason::Requested(_), .. }));
    assert_eq!(started.elapsed(), SECOND, "at once");
    end(call(&client, 0, 10)).await.expect("answered");
    assert_eq!(net.connections(SERVER), 2);
}

#[tokio::test(start_paused = true)]
async fn to_disconnect_stops_connecting() {
    let net = Net::new();
    net.start(SERVER, service_fn(work));
    net.set_delay(SERVER, 2 * SECOND);
    let client = net.client();
    let (started, lost) = (Instant::now(), call(&client, 0, 100));
    sleep(SECOND).await;
    client.disconnect(SERVER);
    let error = end(lost).await.expect_err("stopped");
    assert!(matches!(error, InvokeError::Connect { .. }), "{error:?}");
    assert_eq!((started.elapsed(), client.connection_count()), (SECOND, 0), "at once");
    sleep(2 * SECOND).await;
    assert_eq!(net.connections(SERVER), 0);
}

#[tokio::test(start_paused = true)]
async fn oneway_requests_are_written_and_bounded() {
    let net = Net::new();
    let count = Arc::new(AtomicUsize::new(0));
    let counter = Arc::clone(&count);
    net.start(
        SERVER,
        service_fn(move |request: RemotingCommand| {
            counter.fetch_add(usize::from(request.is_oneway()), Ordering::Relaxed);
            echo(request)
        }),
    );
    let client = net.builder().max_oneways(1).build();
    for _ in 0..10 {
        client.invoke_oneway(SERVER, request(1, 1), SECOND).await.expect("written");
    }
    sleep(SECOND).await;
    assert_eq!((count.load(Ordering::Relaxed), client.calls()), (10, 0));
    let error = client.invoke_oneway("nobody:1", request(1, 1), SECOND).await;
    assert!(matches!(error, Err(InvokeError::Connect { .. })), "{error:?}");
}

#[tokio::test(start_paused = true)]
async fn a_client_that_is_shut_down_finishes_what_is_under_way() {
    let net = Net::new();
    net.start(SERVER, service_fn(work));
    let client = net.client();
    let (quick, slow) = (call(&client, 20, 100), call(&client, 500, 1000));
    sleep(SECOND).await;
    let started = Instant::now();
    let stopping = tokio::spawn({
        let client = client.clone();
        async move { client.shutdown(10 * SECOND).await }
    });
    sleep(SECOND / 10).await;
    assert!(matches!(end(call(&client, 0, 10)).await, Err(InvokeError::ShutDown)));
    assert_eq!(end(quick).await.expect("answered").response_code(), ResponseCode::SUCCESS);
    assert!(matches!(end(slow).await, Err(InvokeError::Closed { .. })));
    soon(stopping).await.expect("no panic");
    assert_eq!((started.elapsed(), client.connection_count()), (10 * SECOND, 0));
    // The server gives running requests a grace period.
    sleep(10 * SECOND).await;
    assert!(net.open(SERVER).is_empty());
}

#[tokio::test(start_paused = true)]
async fn connections_end_with_the_last_client() {
    let net = Net::new();
    net.start(SERVER, service_fn(work));
    let client = net.client();
    let clone = client.clone();
    let last = tokio::spawn(async move { clone.invoke(SERVER, request(20, 1), 9 * SECOND).await });
    sleep(SECOND).await;
    drop(client);
    sleep(SECOND / 2).await;
    assert_eq!(net.open(SERVER).len(), 1, "a call is under way");
    end(last).await.expect("answered");
    sleep(SECOND).await;
    assert!(net.open(SERVER).is_empty());
}
