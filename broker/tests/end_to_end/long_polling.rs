//! Pending pulls, which wait for messages.

use crate::support::peer::{Peer, bodies};
use crate::support::requests::{Pull, bounds};
use crate::support::running::Running;
use crate::support::soon;
use rocketmq_tower::ResponseCode;
use rocketmq_tower_broker::Broker;
use std::time::{Duration, Instant};
use tokio_test::{assert_pending, task};

/// Longer than any test waits: a pull that gets a response was woken.
const FOR_LONG: i64 = 30_000;

/// Sends a pull, and makes sure that it is pending: the requests of a connection begin in order.
macro_rules! pending {
    ($client:expr, $pull:expr) => {{
        let mut pulling = task::spawn($client.pull($pull));
        assert_pending!(pulling.poll());
        $client.max("T", 0).await;
        assert_pending!(pulling.poll());
        pulling
    }};
}

async fn two(running: &Running) -> (Peer, Peer) {
    (running.client().await, running.client().await)
}

#[tokio::test]
async fn a_pull_without_messages_gets_a_response_after_its_time() {
    let running = Running::start(Broker::builder().topic("T", 1)).await;
    let client = running.client().await;
    client.send("T", 0, "old").await;
    let started = Instant::now();
    let response = client.pull(&Pull::new("T", 0).at(1).waits(150)).await;
    assert!(started.elapsed() >= Duration::from_millis(150), "{:?}", started.elapsed());
    assert_eq!(response.response_code(), ResponseCode::PULL_NOT_FOUND);
    assert_eq!(bounds(&response), (1, 0, 1));
    running.end().await;
}

#[tokio::test]
async fn a_message_wakes_all_pulls_of_its_queue() {
    let running = Running::start(Broker::builder().topic("T", 2)).await;
    let (one, other) = two(&running).await;
    let (pull, elsewhere) = (Pull::new("T", 0).waits(FOR_LONG), Pull::new("T", 1).waits(FOR_LONG));
    let (first, second) = (pending!(one, &pull), pending!(other, &pull));
    let mut elsewhere = pending!(one, &elsewhere);
    other.send("T", 0, "news").await;
    for response in [first.await, second.await] {
        assert_eq!(response.response_code(), ResponseCode::SUCCESS);
        assert_eq!((bodies(&response), bounds(&response)), (vec!["news".into()], (1, 0, 1)));
    }
    one.max("T", 1).await;
    assert_pending!(elsewhere.poll());
    running.end().await;
}

/// Consumers pull the retry topic of their group from their start. Its first message creates it.
#[tokio::test]
async fn a_pull_waits_for_the_first_retry_of_its_group() {
    let running = Running::start(Broker::builder().topic("T", 1)).await;
    let (consumer, other) = two(&running).await;
    let pull = Pull::new("%RETRY%g", 0).waits(FOR_LONG);
    let first = pending!(consumer, &pull);
    let second = pending!(other, &pull);
    let nothing = consumer.pull(&Pull::new("%RETRY%g", 0).waits(100)).await;
    assert_eq!(nothing.response_code(), ResponseCode::PULL_NOT_FOUND);
    assert_eq!(bounds(&nothing), (0, 0, 0));
    let beyond = consumer.pull(&Pull::new("%RETRY%g", 0).at(7).waits(FOR_LONG)).await;
    assert_eq!(beyond.response_code(), ResponseCode::PULL_OFFSET_MOVED);

    other.send("%RETRY%h", 0, "another group's").await;
    other.send("%RETRY%g", 0, "again").await;
    for response in [first.await, second.await] {
        assert_eq!((bodies(&response), bounds(&response)), (vec!["again".into()], (1, 0, 1)));
    }
    let longest = format!("%RETRY%{}", "g".repeat(255));
    let pull = Pull::new(&longest, 0).waits(FOR_LONG);
    let pending = pending!(consumer, &pull);
    other.send(&longest, 0, "a long name").await;
    assert_eq!(bodies(&pending.await), ["a long name"]);
    let no_group = consumer.pull(&Pull::new("%RETRY%a b", 0).waits(FOR_LONG)).await;
    assert_eq!(no_group.response_code(), ResponseCode::INVALID_PARAMETER);
    running.end().await;
}

#[tokio::test]
async fn messages_with_other_tags_do_not_wake_a_pull() {
    let running = Running::start(Broker::builder().topic("T", 1)).await;
    let (consumer, producer) = two(&running).await;
    let pull = Pull::new("T", 0).of_tags("a").waits(FOR_LONG);
    let mut pending = pending!(consumer, &pull);
    for body in ["0", "1"] {
        producer.send_with("T", 0, &[("TAGS", "b")], body).await;
    }
    consumer.max("T", 0).await;
    assert_pending!(pending.poll());
    producer.send_with("T", 0, &[("TAGS", "a")], "2").await;
    let response = pending.await;
    assert_eq!(response.response_code(), ResponseCode::SUCCESS);
    assert_eq!((bodies(&response), bounds(&response)), (vec!["2".into()], (3, 0, 3)));
    running.end().await;
}

#[tokio::test]
async fn after_its_time_a_pull_has_skipped_messages_with_other_tags() {
    let running = Running::start(Broker::builder().topic("T", 1)).await;
    let (consumer, producer) = two(&running).await;
    let pull = Pull::new("T", 0).of_tags("a").waits(1500);
    let (response, _) =
        tokio::join!(consumer.pull(&pull), producer.send_with("T", 0, &[("TAGS", "b")], "0"));
    assert_eq!(response.response_code(), ResponseCode::PULL_RETRY_IMMEDIATELY);
    assert_eq!(bounds(&response), (1, 0, 1));
    running.end().await;
}

#[tokio::test]
async fn many_pending_pulls_of_a_connection_do_not_hold_up_its_other_requests() {
    let running = Running::start(Broker::builder().topic("T", 300)).await;
    let client = running.client().await;
    let pulls: Vec<_> = (0..300).map(|queue| Pull::new("T", queue).waits(FOR_LONG)).collect();
    let mut pending: Vec<_> = pulls.iter().map(|pull| task::spawn(client.pull(pull))).collect();
    pending.iter_mut().for_each(|pull| assert_pending!(pull.poll()));
    for queue in [299, 7] {
        client.send("T", queue, "news").await;
        let response = pending.swap_remove(queue as usize).await;
        assert_eq!(bodies(&response), ["news"]);
    }
    running.end().await;
}

#[tokio::test]
async fn pending_pulls_get_a_response_when_the_broker_ends() {
    let running = Running::start(Broker::builder().topic("T", 1)).await;
    let client = running.client().await;
    let pull = Pull::new("T", 0).waits(FOR_LONG);
    let pending = pending!(client, &pull);
    let ended = running.stop();
    let response = soon(pending).await;
    assert_eq!(response.response_code(), ResponseCode::PULL_NOT_FOUND);
    assert_eq!(bounds(&response), (0, 0, 0));
    drop(client);
    soon(ended).await.unwrap().unwrap();
}
