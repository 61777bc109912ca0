//! `pull`

use crate::process::Tower;
use crate::start;
use serde_json::Value;

/// Sends three messages with tags to each queue, `00`, `01` and so on: the queue, then the offset.
async fn fill(tower: &Tower) {
    for queue in ["0", "1"] {
        for (offset, tag) in [("0", "A"), ("1", "B"), ("2", "A")] {
            let body = format!("{queue}{offset}");
            let size = format!("--property=size={offset}");
            tower.ok(&["send", "T", &body, "--queue", queue, "--tag", tag, &size]).await;
        }
    }
}

async fn bodies(tower: &Tower, arguments: &[&str]) -> String {
    let pulled = tower.json(&[&["pull", "T"], arguments].concat()).await;
    let bodies = pulled.iter().map(|message: &Value| message["body"].as_str().unwrap());
    bodies.collect::<Vec<_>>().join(" ")
}

#[tokio::test]
async fn messages_are_read_from_a_position_on() {
    let (broker, tower) = start().await;
    assert_eq!(bodies(&tower, &[]).await, "");
    fill(&tower).await;
    for (from, expected) in [
        ("begin", "00 01 02 10 11 12"),
        ("end", ""),
        ("2", "02 12"),
        ("-1", "02 12"),
        ("-2", "01 02 11 12"),
        ("1d", "00 01 02 10 11 12"),
        ("0s", ""),
        ("2020-01-31T12:00:00Z", "00 01 02 10 11 12"),
    ] {
        assert_eq!(bodies(&tower, &["--from", from]).await, expected, "{from}");
    }
    assert_eq!(bodies(&tower, &["--queue=1", "--max=2"]).await, "10 11");
    assert_eq!(bodies(&tower, &["--queue=broker-a:0", "--from=1"]).await, "01 02");
    assert_eq!(bodies(&tower, &["--max=4"]).await, "00 01 02 10");
    assert_eq!(bodies(&tower, &["--max=0"]).await, "");
    broker.end().await;
}

#[tokio::test]
async fn messages_are_filtered() {
    let (broker, tower) = start().await;
    fill(&tower).await;
    assert_eq!(bodies(&tower, &["--tag=B"]).await, "01 11");
    assert_eq!(bodies(&tower, &["--tag", "B || A", "--queue=0"]).await, "00 01 02");
    assert_eq!(bodies(&tower, &["--tag=B", "--max=1"]).await, "01");
    assert_eq!(bodies(&tower, &["--sql", "size > 1 AND TAGS = 'A'"]).await, "02 12");
    let done = tower.run(&["pull", "T", "--sql", "size >"]).await;
    done.fails(1, "SUBSCRIPTION_PARSE_FAILED");
    assert_eq!(tower.run(&["pull", "T", "--sql=a", "--tag=b"]).await.code, Some(2));
    broker.end().await;
}

#[tokio::test]
async fn many_messages_are_read_page_by_page() {
    let (broker, tower) = start().await;
    tower.ok(&["send", "T", "x", "--queue=0", "--count=100"]).await;
    let pulled = tower.json(&["pull", "T", "--max=1000"]).await;
    let offsets: Vec<_> =
        pulled.iter().map(|message| message["offset"].as_u64().unwrap()).collect();
    assert_eq!(offsets, Vec::from_iter(0..100));
    assert_eq!(tower.json(&["pull", "T"]).await.len(), 32);
    broker.end().await;
}

#[tokio::test]
async fn people_see_a_line_that_commands_nothing_to_their_terminal() {
    let (broker, tower) = start().await;
    tower.ok(&["send", "T", "消息\n\u{1b}[2J", "--queue=0", "--tag=a", "--key=k"]).await;
    let text = tower.ok(&["pull", "T"]).await;
    let (time, rest) = text.split_once(' ').unwrap();
    assert_eq!(rest, "broker-a:0 0 #a [k] 消息\\n\\u{1b}[2J\n");
    assert!(time.len() == 24 && time.ends_with('Z'), "{time}");
    broker.end().await;
}

#[tokio::test]
async fn places_that_do_not_exist_end_with_1() {
    let (broker, tower) = start().await;
    tower.run(&["pull", "None"]).await.fails(1, "the topic None does not exist");
    tower.run(&["pull", "T", "--queue=9"]).await.fails(1, "no broker has a queue 9 of T");
    assert_eq!(tower.run(&["pull", "T", "--from=yesterday"]).await.code, Some(2));
    broker.end().await;
}
