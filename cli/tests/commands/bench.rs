//! `bench`

use crate::start;
use serde_json::{Value, json};

#[tokio::test]
async fn sends_and_pulls_are_measured() {
    let (broker, tower) = start().await;
    let send =
        ["bench", "send", "T", "--messages=200", "--callers=8", "--connections=2", "--size=10"];
    let sent = &tower.json(&send).await[0];
    let figures = ["operation", "topic", "callers", "connections", "messages", "bytes", "requests"];
    let figures = |of: &Value| figures.map(|name| of[name].clone());
    let expected =
        ["send", "T"].map(Value::from).into_iter().chain([8, 2, 200, 2000, 200].map(Value::from));
    assert_eq!(figures(sent).to_vec(), Vec::from_iter(expected));
    for name in ["seconds", "messagesPerSecond", "bytesPerSecond", "p50Ms", "p99Ms", "maxMs"] {
        assert!(sent[name].as_f64().unwrap() > 0.0, "{name}: {sent}");
    }
    assert!(sent["p50Ms"].as_f64() <= sent["p99Ms"].as_f64(), "{sent}");
    assert!(sent["p99Ms"].as_f64() <= sent["maxMs"].as_f64(), "{sent}");
    let topic = tower.json(&["topics"]).await;
    assert_eq!(topic[0]["messages"], 200);
    // The queues are read again from their beginning.
    let pulled = &tower.json(&["bench", "pull", "T", "--messages=500", "--callers=3"]).await[0];
    assert_eq!((&pulled["messages"], &pulled["bytes"]), (&json!(500), &json!(5000)));
    broker.end().await;
}

#[tokio::test]
async fn a_bar_is_for_terminals_and_people_see_two_lines() {
    let (broker, tower) = start().await;
    let text = tower.ok(&["bench", "send", "T", "--seconds=1", "--callers=2"]).await;
    let lines: Vec<_> = text.lines().collect();
    assert_eq!(lines.len(), 2, "{text}");
    assert!(lines[0].contains(" messages/s, ") && lines[0].ends_with(" MB/s"), "{text}");
    assert!(lines[1].contains(" requests: p50 "), "{text}");
    broker.end().await;
}

#[tokio::test]
async fn ctrl_c_ends_it_with_what_was_measured() {
    let (broker, tower) = start().await;
    let bench = tower.spawn(&["bench", "send", "T", "--seconds=86400", "--callers=2", "--json"]);
    while tower.json(&["topics"]).await[0]["messages"].as_u64() == Some(0) {}
    bench.interrupt().await;
    let done = bench.end().await;
    assert_eq!((done.code, &*done.stderr), (Some(130), ""));
    let report: Value = serde_json::from_str(&done.stdout).unwrap();
    assert!(report["messages"].as_u64().unwrap() > 0, "{report}");
    broker.end().await;
}

#[tokio::test]
async fn a_failure_ends_it() {
    let (broker, tower) = start().await;
    tower.run(&["bench", "pull", "T"]).await.fails(1, "T has no messages");
    let failed = tower.run(&["bench", "send", "a b", "--messages=5"]).await;
    failed.fails(2, "is not the name of a topic");
    assert!(failed.stdout.starts_with("0 messages in "), "{failed:?}");
    for arguments in [["--callers=0"], ["--connections=1001"], ["--size=0"], ["--seconds=0"]] {
        let done = tower.run(&[&["bench", "send", "T"], &arguments[..]].concat()).await;
        assert_eq!(done.code, Some(2), "{arguments:?}");
    }
    broker.end().await;
}
