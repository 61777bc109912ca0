//! `topics`

use crate::start;
use serde_json::json;

#[tokio::test]
async fn topics_are_listed_with_their_messages() {
    let (broker, tower) = start().await;
    tower.ok(&["topics", "create", "Other", "--queues=3"]).await;
    tower.ok(&["send", "T", "x", "--count=5"]).await;
    let expected = [
        json!({ "topic": "Other", "queues": 3, "messages": 0 }),
        json!({ "topic": "T", "queues": 2, "messages": 5 }),
    ];
    assert_eq!(tower.json(&["topics"]).await, expected);
    let text = "TOPIC  QUEUES  MESSAGES\nOther       3         0\nT           2         5\n";
    assert_eq!(tower.ok(&["topics"]).await, text);
    let all = tower.ok(&["topics", "--all"]).await;
    assert!(all.contains("SCHEDULE_TOPIC_XXXX") && all.contains("Other"), "{all}");
    broker.end().await;
}

#[tokio::test]
async fn the_queues_of_a_topic_are_shown() {
    let (broker, tower) = start().await;
    tower.ok(&["send", "T", "x", "--queue=1", "--count=3"]).await;
    let queues = tower.json(&["topics", "T"]).await;
    assert_eq!(queues.len(), 2);
    let updated = &queues[1]["updated"];
    assert!(updated.as_i64().unwrap() > 1_700_000_000_000, "{updated}");
    for (queue, (max, updated)) in queues.iter().zip([(0, &json!(null)), (3, updated)]) {
        let id = if max == 0 { 0 } else { 1 };
        let expected = json!({
            "topic": "T", "broker": "broker-a", "queue": id, "minOffset": 0, "maxOffset": max,
            "messages": max, "updated": updated,
        });
        assert_eq!(*queue, expected);
    }
    let text = tower.ok(&["topics", "T"]).await;
    let lines: Vec<_> = text.lines().collect();
    assert!(lines[0].starts_with("BROKER    QUEUE  MIN  MAX  MESSAGES  UPDATED"), "{text}");
    assert_eq!(lines[1], "broker-a      0    0    0         0  -");
    assert!(lines[2].starts_with("broker-a      1    0    3         3  20"), "{text}");
    broker.end().await;
}

#[tokio::test]
async fn a_topic_is_created_and_deleted() {
    let (broker, tower) = start().await;
    let create = ["topics", "create", "New", "--queues=3", "--message-type=fifo"];
    let created = json!({ "topic": "New", "broker": "broker-a", "queues": 3 });
    assert_eq!(tower.json(&create).await, [created]);
    assert_eq!(tower.json(&["topics", "New"]).await.len(), 3);
    let config = ["call", &broker.broker, "GET_TOPIC_CONFIG", "--field=topic=New"];
    assert!(tower.ok(&config).await.contains(r#"\"message.type\":\"FIFO\""#));
    assert_eq!(tower.ok(&["topics", "delete", "New"]).await, "New is deleted on broker-a\n");
    tower.run(&["topics", "New"]).await.fails(1, "the topic New does not exist");
    tower.run(&["topics", "delete", "New"]).await.fails(1, "the topic New does not exist");
    broker.end().await;
}

#[tokio::test]
async fn a_topic_that_cannot_be_created_ends_with_1() {
    let (broker, tower) = start().await;
    let create =
        async |arguments: &[&str]| tower.run(&[&["topics", "create"], arguments].concat()).await;
    create(&["New", "--cluster=none"]).await.fails(1, "no master broker has this name");
    create(&["New", "--broker=none"]).await.fails(1, "no master broker has this name");
    create(&["a b"]).await.fails(1, "broker-a: the server refused: ");
    create(&["TBW102"]).await.fails(1, "NO_PERMISSION");
    assert_eq!(create(&["New", "--queues=0"]).await.code, Some(2));
    tower.run(&["topics", "delete", "TBW102"]).await.fails(1, "system topic");
    broker.end().await;
}
