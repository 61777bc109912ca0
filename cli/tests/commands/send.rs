//! `send`

use crate::start;
use crate::support::folder::Folder;
use serde_json::{Value, json};

/// Returns the bodies of messages.
fn bodies(messages: &[Value]) -> Vec<&str> {
    messages.iter().map(|message| message["body"].as_str().unwrap()).collect()
}

#[tokio::test]
async fn a_message_is_sent_with_its_properties() {
    let (broker, tower) = start().await;
    let send =
        ["send", "T", "\"hello\" é𝄞", "--tag=a", "--key=k1", "--key=k2", "--property=color=red"];
    let sent = tower.json(&[&send[..], &["--queue=1"]].concat()).await;
    let [sent] = &sent[..] else { panic!("{sent:?}") };
    let place = |of: &Value| json!([of["topic"], of["broker"], of["queue"], of["offset"]]);
    assert_eq!(place(sent), json!(["T", "broker-a", 1, 0]));
    assert_eq!(sent["status"], "SEND_OK");
    let pulled = tower.json(&["pull", "T"]).await;
    let [pulled] = &pulled[..] else { panic!("{pulled:?}") };
    assert_eq!(place(pulled), place(sent));
    assert_eq!((&pulled["id"], &pulled["offsetId"]), (&sent["id"], &sent["offsetId"]));
    assert_eq!(pulled["body"], "\"hello\" é𝄞");
    let properties = &pulled["properties"];
    assert_eq!(
        json!([properties["TAGS"], properties["KEYS"], properties["color"]]),
        json!(["a", "k1 k2", "red"])
    );
    broker.end().await;
}

#[tokio::test]
async fn lines_are_messages_in_their_order() {
    let (broker, tower) = start().await;
    let done = tower.feed(&["send", "T", "--queue=0"], b"one\r\n\ntwo \nthree").await;
    assert_eq!((done.code, &*done.stderr), (Some(0), ""));
    assert_eq!(done.stdout.lines().count(), 3);
    let pulled = tower.json(&["pull", "T"]).await;
    assert_eq!(bodies(&pulled), ["one", "two ", "three"]);
    let folder = Folder::new();
    let file = folder.path().join("lines");
    std::fs::write(&file, "four\nfive\n").unwrap();
    tower.ok(&["send", "T", "--file", file.to_str().unwrap(), "--queue=0", "--count=2"]).await;
    let pulled = tower.json(&["pull", "T", "--from=3"]).await;
    assert_eq!(bodies(&pulled), ["four", "four", "five", "five"]);
    broker.end().await;
}

#[tokio::test]
async fn a_file_is_one_message_whatever_is_in_it() {
    let (broker, tower) = start().await;
    let folder = Folder::new();
    let file = folder.path().join("body");
    std::fs::write(&file, b"a\n\xff\0").unwrap();
    tower.ok(&["send", "T", "--body-file", file.to_str().unwrap()]).await;
    let pulled = tower.json(&["pull", "T"]).await;
    assert_eq!(pulled[0]["bodyHex"], "610aff00");
    assert!(tower.ok(&["pull", "T"]).await.ends_with(" 0x610aff00\n"));
    broker.end().await;
}

#[tokio::test]
async fn people_see_the_queue_the_offset_and_the_id() {
    let (broker, tower) = start().await;
    let text = tower.ok(&["send", "T", "hello", "--queue", "broker-a:1", "--count=2"]).await;
    let lines: Vec<_> = text.lines().collect();
    assert_eq!(lines.len(), 2);
    assert!(lines[0].starts_with("broker-a:1 0 "), "{text}");
    assert!(lines[1].starts_with("broker-a:1 1 "), "{text}");
    let ids = lines.iter().map(|line| line.rsplit(' ').next().unwrap());
    assert!(ids.clone().all(|id| id.len() == 32), "{text}");
    assert_eq!(std::collections::BTreeSet::from_iter(ids).len(), 2);
    broker.end().await;
}

#[tokio::test]
async fn a_delayed_message_is_not_there_yet() {
    let (broker, tower) = start().await;
    tower.ok(&["send", "T", "level", "--delay-level=18"]).await;
    tower.ok(&["send", "T", "time", "--delay=1h"]).await;
    assert_eq!(tower.ok(&["pull", "T"]).await, "");
    broker.end().await;
}

#[tokio::test]
async fn a_message_that_cannot_be_sent_ends_with_1_or_2() {
    let (broker, tower) = start().await;
    tower.run(&["send", "T", ""]).await.fails(2, "the body is empty");
    tower.run(&["send", "a b", "x"]).await.fails(2, "is not the name of a topic");
    tower.run(&["send", "T", "--file=/no/such"]).await.fails(2, "/no/such: ");
    tower.run(&["send", "T", "x", "--queue=2"]).await.fails(1, "no broker has a queue 2 of T");
    tower.run(&["send", "T", "x", "--queue=b:0"]).await.fails(1, "no broker has a queue b:0 of T");
    tower.run(&["send", "T", "x", "--queue=-1"]).await.code.filter(|code| *code == 2).unwrap();
    let huge = "x".repeat(5 << 20);
    let done = tower.feed(&["send", "T", "--body-file=-"], huge.as_bytes()).await;
    done.fails(1, "the broker broker-a refused the message");
    broker.end().await;
}
