//! The cache of routes.

use super::cluster::{Cluster, NAMES, hello, master, queues_of};
use rocketmq_tower::ResponseCode;
use rocketmq_tower::client::{InvokeError, RouteError, TopicRoutes};
use rocketmq_tower::protocol::TopicRouteData;
use rocketmq_tower_test_support::{SECOND, soon};
use std::time::Duration;
use tokio::task::JoinSet;
use tokio::time::{Instant, advance, sleep};

const MS: Duration = Duration::from_millis(1);

/// Returns the brokers of the topic's route.
async fn brokers(routes: &TopicRoutes, topic: &str) -> Result<Vec<String>, RouteError> {
    let route = soon(routes.get(topic, SECOND)).await?;
    Ok(route.write_queues().map(|queue| queue.broker_name).collect())
}

#[tokio::test(start_paused = true)]
async fn a_route_is_asked_once_and_refreshed_when_it_is_30_s_old() {
    let cluster = Cluster::new(&[]);
    cluster.set("T", &[("a", 1)]);
    let routes = cluster.routes();
    for _ in 0..3 {
        assert_eq!(brokers(&routes, "T").await.expect("a route"), ["a"]);
    }
    assert_eq!(cluster.asked(), ["T"]);
    cluster.set("T", &[("b", 1)]);
    advance(30 * SECOND - MS).await;
    assert_eq!(brokers(&routes, "T").await.expect("a route"), ["a"]);
    sleep(MS).await;
    assert!(cluster.asked().is_empty());
    assert_eq!(brokers(&routes, "T").await.expect("a route"), ["a"], "while it is asked for");
    sleep(MS).await;
    assert_eq!(cluster.asked(), ["T"]);
    assert_eq!(brokers(&routes.clone(), "T").await.expect("a route"), ["b"]);
    assert!(cluster.asked().is_empty());
}

#[tokio::test(start_paused = true)]
async fn many_callers_ask_once() {
    let cluster = Cluster::new(&[]);
    cluster.set("T", &[("a", 1)]);
    cluster.net.set_delay(NAMES, SECOND / 2);
    let routes = cluster.routes();
    // This one gives up, and the others do not notice.
    let given_up = routes.get("T", SECOND / 4).await.expect_err("too early");
    assert!(matches!(given_up, RouteError::Invoke { source: InvokeError::Timeout { .. }, .. }));
    let mut all = JoinSet::new();
    for _ in 0..50 {
        let routes = routes.clone();
        all.spawn(async move { brokers(&routes, "T").await });
    }
    let started = Instant::now();
    while let Some(found) = soon(all.join_next()).await {
        assert_eq!(found.expect("no panic").expect("a route"), ["a"]);
    }
    assert_eq!(started.elapsed(), SECOND / 4);
    assert_eq!(cluster.asked(), ["T"]);
}

#[tokio::test(start_paused = true)]
async fn an_invalid_route_is_asked_for_first_at_most_once_per_second() {
    let cluster = Cluster::new(&[]);
    cluster.set("T", &[("a", 1)]);
    let routes = cluster.routes();
    brokers(&routes, "T").await.expect("a route");
    cluster.set("T", &[("b", 1)]);
    for _ in 0..3 {
        routes.invalidate("T");
        assert_eq!(brokers(&routes, "T").await.expect("a route"), ["a"], "it is new");
    }
    assert_eq!(cluster.asked(), ["T"]);
    advance(SECOND).await;
    assert_eq!(brokers(&routes, "T").await.expect("a route"), ["b"]);
    assert_eq!(cluster.asked(), ["T"]);

    // A topic that is not there any more is forgotten.
    cluster.remove("T");
    advance(SECOND).await;
    routes.invalidate("T");
    let error = brokers(&routes, "T").await.expect_err("removed");
    assert!(matches!(error, RouteError::TopicNotExist { .. }), "{error:?}");
    routes.invalidate("unheard of");
    assert_eq!(cluster.asked(), ["T"]);
}

#[tokio::test(start_paused = true)]
async fn a_route_lasts_while_no_name_server_knows_it() {
    let cluster = Cluster::new(&[]);
    cluster.set("T", &[("a", 1)]);
    let routes = cluster.routes();
    brokers(&routes, "T").await.expect("a route");
    // A name server that was restarted, and has not heard of the brokers yet.
    cluster.remove("T");
    advance(30 * SECOND).await;
    for _ in 0..2 {
        assert_eq!(brokers(&routes, "T").await.expect("a route"), ["a"]);
        sleep(MS).await;
    }
    assert_eq!(cluster.asked(), ["T", "T"]);

    cluster.net.kill(NAMES).await;
    cluster.net.set_silent(NAMES, true);
    for _ in 0..3 {
        advance(30 * SECOND).await;
        let started = Instant::now();
        assert_eq!(brokers(&routes, "T").await.expect("a route"), ["a"]);
        assert_eq!(started.elapsed(), Duration::ZERO, "no one waits");
        sleep(4 * SECOND).await;
    }
    routes.invalidate("T");
    let started = Instant::now();
    assert_eq!(brokers(&routes, "T").await.expect("a route"), ["a"]);
    assert_eq!(started.elapsed(), SECOND / 2, "half of the timeout");
}

#[tokio::test(start_paused = true)]
async fn that_a_topic_is_missing_is_remembered_for_1_s() {
    let cluster = Cluster::new(&[]);
    let routes = cluster.routes();
    for _ in 0..3 {
        let error = brokers(&routes, "T").await.expect_err("missing");
        assert_eq!(error.to_string(), "the topic T does not exist");
    }
    cluster.set("T", &[("a", 1)]);
    advance(SECOND - MS).await;
    brokers(&routes, "T").await.expect_err("missing");
    assert_eq!(cluster.asked(), ["T"]);
    advance(MS).await;
    assert_eq!(brokers(&routes, "T").await.expect("a route"), ["a"]);
}

#[tokio::test(start_paused = true)]
async fn failures_say_why_and_are_not_remembered() {
    let cluster = Cluster::new(&[]);
    cluster.set("T", &[("a", 1)]);
    let routes = cluster.routes();
    cluster.refuse(ResponseCode::SYSTEM_BUSY);
    let error = brokers(&routes, "T").await.expect_err("refused");
    let text = "the name server refused to tell the route of T: SYSTEM_BUSY: no";
    assert_eq!(error.to_string(), text);
    cluster.refuse(ResponseCode::SUCCESS);
    let error = brokers(&routes, "T").await.expect_err("no body");
    assert!(matches!(error, RouteError::Body { .. }), "{error:?}");
    assert_eq!(brokers(&routes, "T").await.expect("a route"), ["a"]);

    let nobody = TopicRoutes::new(cluster.client.name_servers(["nobody:1"]));
    let error = brokers(&nobody, "T").await.expect_err("refused");
    let text = format!("{error:#}");
    assert!(text.starts_with("the route of T is unknown: no connection to nobody:1"), "{text}");
}

#[tokio::test(start_paused = true)]
async fn by_default_there_are_10_000_topics_at_most() {
    let cluster = Cluster::new(&[]);
    let routes = cluster.routes();
    for topic in 0..10_001 {
        brokers(&routes, &topic.to_string()).await.expect_err("missing");
    }
    let text = format!("{routes:?}");
    assert!(text.contains("topics: 9375"), "a sixteenth went: {text}");
    cluster.asked();
    brokers(&routes, "10000").await.expect_err("missing");
    assert!(cluster.asked().is_empty(), "the newest are there");
    brokers(&routes, "0").await.expect_err("missing");
    assert_eq!(cluster.asked(), ["0"], "the oldest went");
}

/// A name server that lies about the number of queues costs nothing.
#[tokio::test(start_paused = true)]
async fn counts_beyond_all_bounds_reserve_no_memory() {
    let cluster = Cluster::new(&["a"]);
    cluster.set("T", &[("a", i32::MAX), ("b", -1), ("c", i32::MIN)]);
    let sent = cluster.producer().send(hello("T")).await.expect("stored");
    assert_eq!(sent.queue.broker_name, "a");
    let no_master = TopicRouteData {
        broker_datas: vec![Default::default(), master("b")],
        queue_datas: vec![queues_of("a", 4), queues_of("", 4)],
        ..Default::default()
    };
    cluster.set_data("other", no_master);
    let route = cluster.routes().get("other", SECOND).await.expect("a route");
    assert_eq!(route.write_queues().count(), 0);
    assert_eq!(route.data().queue_datas.len(), 2);
}
