//! Brokers that fail: other brokers, avoidance, the deadline.

use super::cluster::{Answer, Cluster, hello};
use rocketmq_tower::ResponseCode;
use rocketmq_tower::channel::CallStage;
use rocketmq_tower::client::{InvokeError, Producer, SendError};
use rocketmq_tower_test_support::{SECOND, soon};
use std::time::Duration;
use tokio::time::{Instant, advance, timeout};

/// Two brokers with one queue each, and a producer whose next turn is `a`'s.
async fn two() -> (Cluster, Producer) {
    let cluster = Cluster::new(&["a", "b"]);
    cluster.set("T", &[("a", 1), ("b", 1)]);
    let producer = cluster.producer();
    turn_to_a(&cluster, &producer).await;
    (cluster, producer)
}

async fn turn_to_a(cluster: &Cluster, producer: &Producer) {
    while cluster.brokers() != ["b"] {
        soon(producer.send(hello("T"))).await.expect("stored");
    }
}

#[tokio::test(start_paused = true)]
async fn another_broker_is_tried_after_the_codes_that_java_retries() {
    use ResponseCode as Code;
    let retried = [
        Code::SYSTEM_ERROR,
        Code::SYSTEM_BUSY,
        Code::SERVICE_NOT_AVAILABLE,
        Code::TOPIC_NOT_EXIST,
        Code::NO_PERMISSION,
        Code::NO_BUYER_ID,
        Code::NOT_IN_CURRENT_UNIT,
    ];
    for code in retried {
        let (cluster, producer) = two().await;
        cluster.answer("a", &[Answer::Code(code)]);
        let sent = producer.send(hello("T")).await.expect("stored by b");
        let received = cluster.received();
        assert_eq!(
            received.iter().map(|sent| sent.broker).collect::<Vec<_>>(),
            ["a", "b"],
            "{code}"
        );
        assert_eq!(received[0].unique_id, received[1].unique_id, "a consumer can tell");
        assert_eq!((sent.queue.broker_name.as_str(), &sent.msg_id), ("b", &received[0].unique_id));
    }
    for code in [Code::MESSAGE_ILLEGAL, Code::REQUEST_CODE_NOT_SUPPORTED, Code::from(999)] {
        let (cluster, producer) = two().await;
        cluster.answer("a", &[Answer::Code(code)]);
        let error = producer.send(hello("T")).await.expect_err("refused");
        assert!(matches!(error, SendError::Refused { code: it, .. } if it == code), "{error:?}");
        assert_eq!(cluster.brokers(), ["a"], "{code}");
    }
}

#[tokio::test(start_paused = true)]
async fn there_are_3_attempts() {
    let (cluster, producer) = two().await;
    let busy = Answer::Code(ResponseCode::SYSTEM_BUSY);
    for broker in ["a", "b"] {
        cluster.answer(broker, &[busy; 9]);
    }
    let error = producer.send(hello("T")).await.expect_err("busy");
    assert!(matches!(error, SendError::Refused { .. }), "{error:?}");
    assert_eq!(cluster.brokers().len(), 3);
    for (attempts, made) in [(0, 1), (1, 1), (5, 5)] {
        producer.clone().attempts(attempts).send(hello("T")).await.expect_err("busy");
        assert_eq!(cluster.brokers().len(), made);
    }
}

#[tokio::test(start_paused = true)]
async fn a_broker_that_failed_is_avoided_for_1_s_doubling() {
    let (cluster, producer) = two().await;
    cluster.net.kill("a:10911").await;
    let dials = || cluster.net.dials("a:10911").len();
    let mut before = dials();
    for seconds in [1, 2, 4] {
        for _ in 0..4 {
            producer.send(hello("T")).await.expect("stored by b");
        }
        assert_eq!(dials() - before, 1, "once, and then avoided");
        before = dials();
        advance(seconds * SECOND - Duration::from_millis(1)).await;
        for _ in 0..4 {
            producer.clone().send(hello("T")).await.expect("stored by b");
        }
        assert_eq!(dials(), before, "still avoided");
        advance(Duration::from_millis(1)).await;
    }
    assert!(cluster.brokers().iter().all(|broker| *broker == "b"));
    cluster.net.restart("a:10911");
    turn_to_a(&cluster, &producer).await;
    producer.send(hello("T")).await.expect("stored");
    assert_eq!(cluster.brokers(), ["a"], "it is used again");

    // If all brokers are avoided, they are used nevertheless.
    for broker in ["a", "b"] {
        cluster.answer(broker, &[Answer::Code(ResponseCode::SYSTEM_BUSY); 2]);
    }
    producer.send(hello("T")).await.expect_err("both are busy");
    producer.send(hello("T")).await.expect("one of them is not");
}

#[tokio::test(start_paused = true)]
async fn a_broker_that_cannot_be_reached_takes_a_third_of_the_time() {
    let (cluster, producer) = two().await;
    cluster.net.kill("a:10911").await;
    cluster.net.set_silent("a:10911", true);
    let started = Instant::now();
    producer.send(hello("T")).await.expect("stored by b");
    assert_eq!((started.elapsed(), cluster.brokers()), (SECOND, vec!["b"]));
}

#[tokio::test(start_paused = true)]
async fn a_send_ends_at_its_deadline() {
    let (cluster, producer) = two().await;
    for broker in ["a", "b"] {
        cluster.answer(broker, &[Answer::Never; 9]);
    }
    let started = Instant::now();
    let error = producer.send(hello("T")).await.expect_err("no answer");
    assert!(
        matches!(
            error,
            SendError::Broker { source: InvokeError::Timeout { stage: CallStage::Answer, .. }, .. }
        ),
        "{error:?}"
    );
    assert_eq!((started.elapsed(), cluster.brokers()), (3 * SECOND, vec!["a"]));

    let started = Instant::now();
    let producer = producer.timeout(SECOND).attempt_timeout(SECOND / 4);
    producer.send(hello("T")).await.expect_err("no answer");
    assert_eq!((started.elapsed(), cluster.brokers().len()), (SECOND, 3));
}

#[tokio::test(start_paused = true)]
async fn a_send_without_an_answer_is_repeated_unless_that_is_switched_off() {
    let (cluster, producer) = two().await;
    let producer = producer.attempt_timeout(SECOND);
    cluster.answer("a", &[Answer::Never]);
    let sent = producer.send(hello("T")).await.expect("stored by b");
    let received = cluster.received();
    assert_eq!(received.iter().map(|sent| sent.broker).collect::<Vec<_>>(), ["a", "b"]);
    assert!(received.iter().all(|request| request.unique_id == sent.msg_id));

    advance(SECOND).await;
    turn_to_a(&cluster, &producer).await;
    let careful = producer.retry_unanswered(false);
    cluster.answer("a", &[Answer::Never]);
    careful.send(hello("T")).await.expect_err("no answer");
    assert_eq!(cluster.brokers(), ["a"]);

    // What was not received is sent again nevertheless.
    advance(SECOND).await;
    cluster.net.kill("a:10911").await;
    for _ in 0..2 {
        careful.send(hello("T")).await.expect("stored by b");
    }
    assert_eq!(cluster.brokers(), ["b", "b"]);
}

/// The second attempt already knows the new master.
#[tokio::test(start_paused = true)]
async fn a_failure_asks_for_the_route_again() {
    let cluster = Cluster::new(&["a", "b"]);
    cluster.set("T", &[("a", 1)]);
    let producer = cluster.producer();
    producer.send(hello("T")).await.expect("stored");
    advance(SECOND).await;
    cluster.net.kill("a:10911").await;
    cluster.set("T", &[("b", 1)]);
    producer.send(hello("T")).await.expect("stored by b");
    assert_eq!((cluster.brokers(), cluster.asked().len()), (vec!["a", "b"], 2));

    advance(SECOND).await;
    cluster.set("T", &[("bad address", 1), ("b", 1)]);
    cluster.answer("b", &[Answer::Code(ResponseCode::TOPIC_NOT_EXIST)]);
    for _ in 0..2 {
        producer.send(hello("T")).await.expect("stored by b");
    }
    assert!(cluster.brokers().iter().all(|broker| *broker == "b"));
    assert_eq!(cluster.asked().len(), 1);
}

/// So does the route of the default topic, if it was used.
#[tokio::test(start_paused = true)]
async fn a_failure_asks_for_the_default_route_again() {
    let cluster = Cluster::new(&["a", "b"]);
    cluster.set("TBW102", &[("a", 1)]);
    let producer = cluster.producer();
    producer.send(hello("new")).await.expect("stored");
    advance(SECOND).await;
    cluster.net.kill("a:10911").await;
    cluster.set("TBW102", &[("b", 1)]);
    producer.send(hello("newer")).await.expect("stored by b");
    assert_eq!(cluster.brokers(), ["a", "b"]);
    assert_eq!(cluster.asked(), ["new", "TBW102", "newer", "TBW102"]);
}

#[tokio::test(start_paused = true)]
async fn without_a_broker_the_error_names_it() {
    let cluster = Cluster::new(&[]);
    cluster.set("T", &[("a", 1)]);
    let producer = cluster.producer();
    let error = producer.send(hello("T")).await.expect_err("no broker");
    let text = format!("{error:#}");
    let begin = "the message could not be sent to the broker a: no connection to a:10911";
    assert!(text.starts_with(begin), "{text}");
    cluster.client.shutdown(SECOND).await;
    let error = producer.send(hello("T")).await.expect_err("shut down");
    assert!(matches!(error, SendError::Broker { source: InvokeError::ShutDown, .. }), "{error:?}");
}

/// A timeout around the producer drops sends before they fail.
#[tokio::test(start_paused = true)]
async fn a_broker_is_avoided_though_callers_do_not_wait_until_a_send_fails() {
    let (cluster, producer) = two().await;
    cluster.net.kill("a:10911").await;
    cluster.net.set_silent("a:10911", true);
    timeout(SECOND / 2, producer.send(hello("T"))).await.expect_err("a does not connect");
    for _ in 0..3 {
        let sent = timeout(SECOND / 2, producer.send(hello("T"))).await;
        sent.expect("in time").expect("stored by b");
    }
    assert_eq!(cluster.brokers(), ["b"; 3]);
}
