//! The queues that the broker assigns to consumers, and how they get the messages.

use crate::support::folder::Folder;
use crate::support::peer::Peer;
use crate::support::running::Running;
use rocketmq_tower::protocol::{
    ConsumerData, HeartbeatData, MessageRequestMode, QueryAssignmentRequestBody,
    QueryAssignmentResponseBody, SetMessageRequestModeRequestBody,
};
use rocketmq_tower::{RemotingCommand, RequestCode, ResponseCode};
use rocketmq_tower_broker::Broker;

async fn join(client: &Peer, id: &str) {
    let consumer = ConsumerData { group_name: "g".into(), ..Default::default() };
    let beat = HeartbeatData {
        client_id: id.into(),
        consumer_data_set: vec![consumer],
        ..Default::default()
    };
    let beat = RemotingCommand::request(RequestCode::HEART_BEAT).with_json(&beat).unwrap();
    client.get(beat).await;
}

fn asks(id: &str, strategy: &str) -> RemotingCommand {
    let body = QueryAssignmentRequestBody {
        client_id: id.into(),
        consumer_group: "g".into(),
        strategy_name: Some(strategy.into()),
        topic: "T".into(),
        ..Default::default()
    };
    RemotingCommand::request(RequestCode::QUERY_ASSIGNMENT).with_json(&body).unwrap()
}

async fn assigned(client: &Peer, id: &str) -> Vec<(i32, MessageRequestMode)> {
    let answer = client.get(asks(id, "AVG")).await;
    let answer: QueryAssignmentResponseBody = answer.json().unwrap();
    let all = answer.message_queue_assignments.into_iter();
    let queues = all.map(|assignment| {
        let queue = assignment.message_queue;
        assert_eq!((&*queue.topic, &*queue.broker_name), ("T", "broker-a"));
        (queue.queue_id, assignment.mode)
    });
    queues.collect()
}

fn sets(topic: &str, mode: MessageRequestMode, shared: i32) -> RemotingCommand {
    let body = SetMessageRequestModeRequestBody {
        topic: topic.into(),
        consumer_group: "g".into(),
        mode,
        pop_share_queue_num: shared,
    };
    RemotingCommand::request(RequestCode::SET_MESSAGE_REQUEST_MODE).with_json(&body).unwrap()
}

#[tokio::test]
async fn queues_are_shared_out_for_pulls_and_for_pops() {
    use MessageRequestMode::{Pop, Pull};
    let folder = Folder::new();
    let start = || Running::start(Broker::builder().topic("T", 3).data_dir(folder.path()));
    let running = start().await;
    let client = running.client().await;
    assert_eq!(client.get(asks("a", "AVG")).await.body(), "{}", "no members");
    join(&client, "a").await;
    join(&client, "b").await;
    assert_eq!(assigned(&client, "a").await, [(0, Pull), (1, Pull)]);
    assert_eq!(assigned(&client, "b").await, [(2, Pull)]);
    assert_eq!(assigned(&client, "c").await, []);
    assert_eq!(client.get(asks("a", "STRANGE")).await.body(), "{}");

    client.get(sets("T", Pop, 0)).await;
    assert_eq!(assigned(&client, "a").await, [(-1, Pop)]);
    join(&client, "c").await;
    client.get(sets("T", Pop, 1)).await;
    assert_eq!(assigned(&client, "a").await, [(0, Pop), (1, Pop)]);
    running.end().await;

    let running = start().await;
    let client = running.client().await;
    join(&client, "a").await;
    assert_eq!(assigned(&client, "a").await, [(-1, Pop)], "after a restart");
    for (topic, code) in
        [("U", ResponseCode::TOPIC_NOT_EXIST), ("%RETRY%g", ResponseCode::NO_PERMISSION)]
    {
        assert_eq!(client.refusal(sets(topic, Pop, 0)).await.0, code);
    }
    running.end().await;
}
