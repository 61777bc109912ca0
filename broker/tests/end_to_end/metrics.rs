//! Metrics over HTTP.

use crate::support::requests::Pull;
use crate::support::running::Running;
use crate::support::soon;
use prometheus_parse::{Scrape, Value};
use rocketmq_tower::layers::metrics::{CONNECTIONS, IN_FLIGHT, LATENCY_BUCKETS, RPC_LATENCY};
use rocketmq_tower_broker::Broker;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// Sends a GET, and returns head and body of the response.
async fn get(running: &Running, path: &str) -> (String, String) {
    let mut io = connect(running).await;
    let request = format!("GET {path} HTTP/1.1\r\nHost: broker\r\nAccept: */*\r\n\r\n");
    io.write_all(request.as_bytes()).await.expect("open");
    let mut response = String::new();
    soon(io.read_to_string(&mut response)).await.expect("a response");
    let (head, body) = response.split_once("\r\n\r\n").expect("HTTP");
    (head.to_owned(), body.to_owned())
}

async fn connect(running: &Running) -> TcpStream {
    let addr = running.inner.metrics_addr().expect("an address");
    soon(TcpStream::connect(addr)).await.expect("connects")
}

/// Returns the one sample of the broker with this name, and this label if its value is not empty.
async fn read(running: &Running, name: &str, label: (&str, &str)) -> Value {
    let (head, body) = get(running, "/metrics").await;
    assert!(head.starts_with("HTTP/1.1 200 OK\r\n"), "{head}");
    assert!(head.contains(&format!("\r\nContent-Length: {}\r\n", body.len())), "{head}");
    let scrape = Scrape::parse(body.lines().map(|line| Ok(line.to_owned()))).expect("sound");
    let found = scrape.samples.into_iter().filter(|sample| {
        let has = |(name, value): (&str, &str)| sample.labels.get(name).unwrap_or("") == value;
        sample.metric == name && has(("server", "broker")) && has(label)
    });
    let [sample] = found.collect::<Vec<_>>().try_into().expect("one sample");
    sample.value
}

#[tokio::test]
async fn latencies_by_code_and_of_pending_pulls_can_be_read() {
    let running = Running::start(Broker::builder().topic("T", 1).metrics("127.0.0.1:0")).await;
    let client = running.client().await;
    let pull = Pull::new("T", 0).waits(20_000);
    // The pull is the first request of the connection, and finds no message.
    let (news, _) = tokio::join!(client.pull(&pull), client.send("T", 0, "one"));
    assert!(news.response_code().is_success());
    client.send("T", 0, "two").await;

    assert_eq!(read(&running, CONNECTIONS, ("", "")).await, Value::Gauge(1.0));
    assert_eq!(read(&running, IN_FLIGHT, ("", "")).await, Value::Gauge(0.0));
    let sends = read(&running, RPC_LATENCY, ("request_code", "send_message_v2")).await;
    let Value::Histogram(buckets) = sends else { panic!("{sends:?}") };
    let bounds: Vec<_> = buckets.iter().map(|bucket| bucket.less_than).collect();
    assert_eq!(bounds, [&LATENCY_BUCKETS[..], &[f64::INFINITY]].concat());
    assert_eq!(buckets.last().map(|bucket| bucket.count), Some(2.0));
    let pulls = read(&running, RPC_LATENCY, ("is_long_polling", "true")).await;
    let Value::Histogram(buckets) = pulls else { panic!("{pulls:?}") };
    assert_eq!(buckets.last().map(|bucket| bucket.count), Some(1.0));
    running.end().await;
}

#[tokio::test]
async fn silent_readers_do_not_keep_others_from_reading() {
    let running = Running::start(Broker::builder().metrics("127.0.0.1:0")).await;
    let mut silent = Vec::new();
    for _ in 0..8 {
        silent.push(connect(&running).await);
        let mut half = connect(&running).await;
        half.write_all(b"GET /metrics HTTP/1.1\r\n").await.expect("open");
        silent.push(half);
    }
    // There are sixteen of them: this reader waits until their time is over.
    assert_eq!(read(&running, CONNECTIONS, ("", "")).await, Value::Gauge(0.0));
    for mut io in silent {
        assert_eq!(soon(io.read(&mut [0; 1])).await.expect("an end"), 0);
    }
    let mut long = connect(&running).await;
    // The request is not read to its end, so that writing may fail.
    _ = long.write_all(&[b'x'; 9 * 1024]).await;
    assert!(matches!(soon(long.read(&mut [0; 1])).await, Ok(0) | Err(_)));
    running.end().await;
}

#[tokio::test]
async fn other_paths_are_not_found_and_without_an_address_metrics_are_not_served() {
    let running = Running::start(Broker::builder().metrics("127.0.0.1:0")).await;
    let (head, body) = get(&running, "/metricsandmore").await;
    assert!(head.starts_with("HTTP/1.1 404 Not Found\r\n"), "{head}");
    assert_eq!(body, "GET /metrics\n");
    running.end().await;
    let running = Running::start(Broker::builder()).await;
    assert_eq!(running.inner.metrics_addr(), None);
    running.end().await;
}
