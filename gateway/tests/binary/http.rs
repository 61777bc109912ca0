//! Health checks and metrics.

use crate::process::Served;
use crate::support::requests::Pull;
use crate::{broker, settings};
use rocketmq_tower::ResponseCode;

/// Returns the value of the sample whose name and labels contain all of these.
fn value(metrics: &str, parts: &[&str]) -> Option<f64> {
    let mut samples = metrics.lines().filter(|line| !line.starts_with('#'));
    let line = samples.find(|line| parts.iter().all(|part| line.contains(part)))?;
    line.rsplit_once(' ')?.1.parse().ok()
}

#[tokio::test]
async fn metrics_tell_requests_by_cluster_broker_topic_and_code() {
    let broker = broker().await;
    let served = Served::start(&settings(&broker)).await;
    let client = served.client().await;
    client.send("T", 0, "text").await;
    client.send("T", 0, "text").await;
    client.pull(&Pull::new("T", 0)).await;
    client.refusal(Pull::new("none", 0).request()).await;

    let (status, metrics) = served.page("/metrics").await;
    assert_eq!(status, "HTTP/1.1 200 OK");
    let sends = [
        "upstream=\"main\"",
        "broker=\"broker-a/0\"",
        "topic=\"T\"",
        "request_code=\"send_message_v2\"",
    ];
    let with = |name, more: &[&'static str]| value(&metrics, &[&[name], &sends[..], more].concat());
    assert_eq!(with("rocketmq_requests_total{", &["response_code=\"success\""]), Some(2.0));
    assert_eq!(with("rocketmq_requests_body_bytes_received_total{", &[]), Some(8.0));
    assert!(with("rocketmq_requests_duration_microseconds_total{", &[]) > Some(0.0), "{metrics}");
    let refused = ["rocketmq_requests_total{", "topic=\"other\"", "\"topic_not_exist\""];
    assert_eq!(value(&metrics, &refused), Some(1.0), "{metrics}");
    let pulled = ["rocketmq_requests_body_bytes_sent_total{", "topic=\"T\"", "\"pull_message\""];
    assert!(value(&metrics, &pulled) > Some(100.0), "{metrics}");

    let port = "{upstream=\"main\",broker=\"broker-a/0\"}";
    assert_eq!(value(&metrics, &["rocketmq_gateway_clients", port]), Some(1.0));
    assert_eq!(value(&metrics, &["rocketmq_gateway_broker_connections", port]), Some(1.0));
    assert_eq!(value(&metrics, &["rocketmq_gateway_clients", "name-server"]), Some(0.0));
    assert_eq!(value(&metrics, &["rocketmq_gateway_ready "]), Some(1.0));
    assert!(value(&metrics, &["rocketmq_bytes_received_total "]) > Some(8.0), "{metrics}");
    assert_eq!(value(&metrics, &["rocketmq_connections_accepted_total "]), Some(1.0));
}

#[tokio::test]
async fn health_checks_need_no_metrics() {
    let broker = broker().await;
    let served = Served::start(&format!("metrics = false\n{}", settings(&broker))).await;
    let (status, body) = served.page("/metrics").await;
    assert_eq!((&*status, &*body), ("HTTP/1.1 404 Not Found", ""));
    for path in ["/healthz", "/readyz"] {
        assert_eq!(served.page(path).await.0, "HTTP/1.1 200 OK");
    }
    broker.shutdown().await.unwrap();
    while served.page("/readyz").await.0 == "HTTP/1.1 200 OK" {
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
    assert_eq!(served.page("/healthz").await.0, "HTTP/1.1 200 OK");
}

#[tokio::test]
async fn log_lines_name_the_client_and_the_broker() {
    let broker = broker().await;
    let mut served = Served::start(&format!("log = \"debug\"\n{}", settings(&broker))).await;
    let client = served.client().await;
    let own = client.channel.local_addr().to_string();
    client.send("T", 0, "text").await;
    let mut expect = async |text| {
        let line = served.log(&[text]).await;
        assert!(line.contains("broker=broker-a/0") && line.contains(&own), "{line}");
    };
    expect(" a client has connected").await;
    expect(" connected broker=").await;
    broker.shutdown().await.unwrap();
    expect("the broker has left").await;
    expect("a client has left").await;

    let client = served.client().await;
    let own = client.channel.local_addr().to_string();
    let (code, why) = client.refusal(Pull::new("T", 0).request()).await;
    assert_eq!(code, ResponseCode::SERVICE_NOT_AVAILABLE, "{why}");
    let line = served.log(&["a broker cannot be reached"]).await;
    assert!(line.contains("broker=broker-a/0") && line.contains(&own), "{line}");
}
