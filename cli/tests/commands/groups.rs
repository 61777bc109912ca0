//! `groups`

use crate::process::Tower;
use crate::start;
use crate::support::peer::Peer;
use rocketmq_tower::protocol::{
    ConsumerData, HeartbeatData, SubscriptionData, UpdateConsumerOffsetRequestHeader,
};
use rocketmq_tower::{RemotingCommand, RequestCode};
use serde_json::json;

/// Lets a member join the group `g`, which has consumed one message of three in the queue 1.
async fn join(member: &Peer, tower: &Tower) {
    tower.ok(&["send", "T", "x", "--queue=1", "--count=3"]).await;
    let consumer = ConsumerData {
        group_name: "g".into(),
        subscription_data_set: vec![SubscriptionData::tags("T", "TagA")],
        ..Default::default()
    };
    let heartbeat = HeartbeatData {
        client_id: "member-1".into(),
        consumer_data_set: vec![consumer],
        ..Default::default()
    };
    let request = RemotingCommand::request(RequestCode::HEART_BEAT);
    member.get(request.with_json(&heartbeat).unwrap()).await;
    let header = UpdateConsumerOffsetRequestHeader {
        consumer_group: "g",
        topic: "T",
        queue_id: 1,
        commit_offset: 1,
        broker_name: None,
    };
    let request = RemotingCommand::request(RequestCode::UPDATE_CONSUMER_OFFSET);
    member.get(request.with_header(&header).unwrap()).await;
}

#[tokio::test]
async fn groups_are_listed_with_their_lag() {
    let (broker, tower) = start().await;
    assert_eq!(tower.ok(&["groups"]).await, "");
    let member = broker.client().await;
    join(&member, &tower).await;
    let groups = tower.json(&["groups"]).await;
    let own = groups.iter().find(|group| group["group"] == "g").unwrap();
    assert_eq!((&own["members"], &own["lag"]), (&json!(1), &json!(2)), "{groups:?}");
    let text = tower.ok(&["groups"]).await;
    assert!(text.starts_with("GROUP  MEMBERS  TOPICS  LAG\ng            1 "), "{text}");
    assert!(tower.ok(&["groups", "--all"]).await.contains("TOOLS_CONSUMER"));
    broker.end().await;
}

#[tokio::test]
async fn the_members_and_queues_of_a_group_are_shown() {
    let (broker, tower) = start().await;
    let member = broker.client().await;
    join(&member, &tower).await;
    let lines = tower.json(&["groups", "g"]).await;
    let (members, queues): (Vec<_>, Vec<_>) =
        lines.into_iter().partition(|line| line["kind"] == "member");
    assert_eq!(members.len(), 1);
    assert_eq!((&members[0]["id"], &members[0]["language"]), (&json!("member-1"), &json!("RUST")));
    assert_eq!(members[0]["subscriptions"], json!({ "T": "TagA" }));
    let queue = queues.iter().find(|line| line["topic"] == "T" && line["queue"] == 1).unwrap();
    let figures = ["maxOffset", "offset", "lag"].map(|name| queue[name].clone());
    assert_eq!(figures, [json!(3), json!(1), json!(2)]);
    assert!(queue["consumed"].is_i64(), "{queue}");
    let text = tower.ok(&["groups", "g"]).await;
    for part in ["MEMBER ", "member-1 ", "SUBSCRIPTION", "TagA", "LAG", "T "] {
        assert!(text.contains(part), "no {part} in {text}");
    }
    tower.run(&["groups", "None"]).await.fails(1, "no broker knows the group None");
    broker.end().await;
}

#[tokio::test]
async fn offsets_are_reset() {
    let (broker, tower) = start().await;
    let member = broker.client().await;
    join(&member, &tower).await;
    for (to, offset) in [("end", 3), ("begin", 0), ("0s", 3), ("2020-01-31", 0)] {
        let reset = tower.json(&["groups", "reset", "g", "T", "--to", to]).await;
        let queue = |id: i32, offset: i32| json!({ "group": "g", "topic": "T", "broker": "broker-a", "queue": id, "offset": offset });
        assert_eq!(reset, [queue(0, 0), queue(1, offset)], "{to}");
        let lines = tower.json(&["groups", "g"]).await;
        let queue = lines.iter().find(|line| line["topic"] == "T" && line["queue"] == 1).unwrap();
        assert_eq!(queue["offset"], offset, "{to}");
    }
    let text = tower.ok(&["groups", "reset", "g", "T", "--to=end"]).await;
    assert_eq!(text, "broker-a:0 goes on at 0\nbroker-a:1 goes on at 3\n");
    tower
        .run(&["groups", "reset", "g", "T", "--to=5"])
        .await
        .fails(2, "all queues can be reset to");
    let unknown = tower.run(&["groups", "reset", "none", "T", "--to=end"]).await;
    unknown.fails(1, "SUBSCRIPTION_GROUP_NOT_EXIST");
    broker.end().await;
}
