//! Name servers: choice, fail-over within a call, and lists that change.
#![allow(clippy::expect_used, clippy::panic, reason = "test code")]

mod common;

use common::net::{Net, named};
use rocketmq_tower::channel::CallStage;
use rocketmq_tower::client::{InvokeError, NameServers};
use rocketmq_tower::{Addr, BoxError, RemotingCommand, ServiceExt, service_fn};
use rocketmq_tower_test_support::{SECOND, echo, request, soon};
use std::collections::HashSet;
use tokio::time::{Instant, sleep};

const NAMES: [&str; 3] = ["a:9876", "b:9876", "c:9876"];

fn all(net: &Net) -> NameServers {
    for name in NAMES {
        net.start(name, named(name));
    }
    net.client().name_servers(NAMES)
}

/// Returns the name of the server that responded, and the time in milliseconds.
async fn ask(servers: &NameServers) -> (String, u128) {
    let started = Instant::now();
    let answer = soon(servers.invoke(request(1, 1), 3 * SECOND)).await.expect("answered");
    let name = String::from_utf8(answer.body().to_vec()).expect("a name");
    (name, started.elapsed().as_millis())
}

/// Returns the chosen server and the two after it.
fn order(servers: &NameServers) -> [&'static str; 3] {
    let chosen = servers.chosen().expect("there are some");
    let first = NAMES.iter().position(|name| Addr::from(*name) == chosen).expect("one of them");
    std::array::from_fn(|next| NAMES[(first + next) % 3])
}

#[tokio::test(start_paused = true)]
async fn calls_stay_with_one_that_is_chosen_at_random() {
    let net = Net::new();
    let servers = all(&net);
    assert_eq!(servers.addrs(), NAMES.map(Addr::from), "in the order that was given");
    let [first, ..] = order(&servers);
    for _ in 0..5 {
        assert_eq!(ask(&servers).await, (first.into(), 0));
    }
    let chosen: HashSet<_> =
        (0..100).filter_map(|_| net.client().name_servers(NAMES).chosen()).collect();
    assert_eq!(chosen.len(), 3, "many clients spread");
}

/// A dead server costs a part of one call, and nothing afterwards.
#[tokio::test(start_paused = true)]
async fn a_call_goes_on_to_the_next_one() {
    let net = Net::new();
    let servers = all(&net);
    let [first, second, third] = order(&servers);
    net.kill(first).await;
    assert_eq!(ask(&servers).await, (second.into(), 0), "refused at once");
    net.kill(second).await;
    net.set_silent(second, true);
    assert_eq!(ask(&servers).await, (third.into(), 1000), "a third of the call's time");
    for _ in 0..3 {
        assert_eq!(ask(&servers).await, (third.into(), 0));
    }
    net.kill(third).await;
    net.restart(first);
    assert_eq!(ask(&servers).await, (first.into(), 0));
}

#[tokio::test(start_paused = true)]
async fn without_any_the_call_fails_in_its_time() {
    let net = Net::new();
    let servers = all(&net);
    for name in NAMES {
        net.kill(name).await;
    }
    let error = servers.invoke(request(1, 1), SECOND).await.expect_err("nobody there");
    assert!(matches!(error, InvokeError::Connect { .. }), "{error:?}");
    for name in NAMES {
        net.set_silent(name, true);
    }
    let started = Instant::now();
    let error = servers.invoke(request(1, 1), SECOND).await.expect_err("nobody answers");
    assert!(matches!(error, InvokeError::Timeout { stage: CallStage::Connection, .. }));
    assert_eq!(started.elapsed(), SECOND);
    let nobody = net.client().name_servers(Vec::<Addr>::new());
    let error = nobody.invoke(request(1, 1), SECOND).await.expect_err("an empty list");
    assert!(matches!(error, InvokeError::NoNameServer));
    assert_eq!(started.elapsed(), SECOND, "at once");
}

/// A server that received the request may have acted on it: the next call uses another server.
#[tokio::test(start_paused = true)]
async fn a_call_that_was_sent_is_not_repeated() {
    let net = Net::new();
    let stuck = service_fn(|_| std::future::pending::<Result<RemotingCommand, BoxError>>());
    net.start("a:9876", stuck);
    net.start("b:9876", named("b:9876"));
    let servers = net.client().name_servers(["a:9876"]);
    servers.update(["a:9876", "b:9876"]);
    assert_eq!(servers.chosen(), Some("a:9876".into()));
    let error = servers.invoke(request(1, 1), SECOND).await.expect_err("stuck");
    assert!(matches!(error, InvokeError::Timeout { stage: CallStage::Answer, .. }), "{error:?}");
    assert_eq!(ask(&servers).await.0, "b:9876");
    assert_eq!(net.connections("b:9876"), 1);

    // The same holds if the connection breaks long before the call's timeout.
    let servers = net.client().name_servers(["a:9876"]);
    servers.update(["a:9876", "b:9876"]);
    let asking = servers.clone();
    let lost = tokio::spawn(async move { asking.invoke(request(1, 1), 100 * SECOND).await });
    sleep(SECOND).await;
    net.kill("a:9876").await;
    let error = soon(lost).await.expect("no panic").expect_err("it was sent");
    assert!(matches!(error, InvokeError::Closed { .. }), "{error:?}");
    assert_eq!(net.connections("b:9876"), 1);
    assert_eq!(ask(&servers).await.0, "b:9876");
}

#[tokio::test(start_paused = true)]
async fn the_list_may_change() {
    let net = Net::new();
    let servers = all(&net);
    let [first, second, third] = order(&servers);
    ask(&servers).await;
    servers.update(Vec::<Addr>::new());
    assert_eq!(servers.addrs().len(), 3, "an empty list is ignored");
    assert_eq!(servers.chosen(), Some(first.into()));
    servers.update([third, second, first]);
    assert_eq!(servers.addrs(), [third, second, first].map(Addr::from));
    assert_eq!(ask(&servers).await.0, first, "the choice stays");
    assert_eq!(net.connections(first), 1, "and the connection");
    servers.update([third, first]);
    assert_eq!(ask(&servers).await.0, first, "the choice stays");
    servers.update([second]);
    assert_eq!(ask(&servers).await.0, second);
    sleep(SECOND).await;
    assert!(net.open(first).is_empty(), "nobody needs it any more");
}

#[tokio::test(start_paused = true)]
async fn a_server_that_leaves_the_list_finishes_its_calls() {
    let net = Net::new();
    net.start(
        "a:9876",
        service_fn(|request: RemotingCommand| async move {
            sleep(2 * SECOND).await;
            echo(request).await
        }),
    );
    net.start("b:9876", named("b:9876"));
    // This address contains the text of the one that leaves the list.
    net.start("a:98760", named("a:98760"));
    let client = net.client();
    _ = client.connect("a:98760", SECOND).await.expect("reachable");
    let servers = client.name_servers(["a:9876"]);
    let under_way = {
        let servers = servers.clone();
        tokio::spawn(async move { servers.invoke(request(1, 1), 3 * SECOND).await })
    };
    sleep(SECOND).await;
    servers.update(["b:9876"]);
    assert_eq!(ask(&servers).await, ("b:9876".into(), 0));
    assert_eq!(net.open("a:9876").len(), 1);
    soon(under_way).await.expect("no panic").expect("answered");
    sleep(SECOND).await;
    assert_eq!((net.open("a:9876").len(), net.open("a:98760").len()), (0, 1));
}

/// A call that waits for a silent server does not delay a call with a shorter timeout.
#[tokio::test(start_paused = true)]
async fn calls_do_not_wait_for_each_other() {
    let net = Net::new();
    net.set_silent("a:9876", true);
    net.start("b:9876", named("b:9876"));
    let servers = net.client().name_servers(["a:9876"]);
    servers.update(["a:9876", "b:9876"]);
    let patient = {
        let servers = servers.clone();
        tokio::spawn(async move { servers.invoke(request(1, 1), 10 * SECOND).await })
    };
    sleep(SECOND).await;
    assert_eq!(ask(&servers).await, ("b:9876".into(), 1500), "half of its own time");
    assert_eq!(ask(&servers).await, ("b:9876".into(), 0));
    assert!(!patient.is_finished());
    soon(patient).await.expect("no panic").expect("answered");
}

#[tokio::test(start_paused = true)]
async fn they_are_a_service() {
    let net = Net::new();
    let servers = all(&net);
    let answer = servers.clone().oneshot(request(1, 1)).await.expect("answered");
    assert_eq!(answer.body()[..], *order(&servers)[0].as_bytes());
}
