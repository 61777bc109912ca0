//! Deleting topics.

use super::create;
use crate::support::folder::Folder;
use crate::support::peer::{Peer, bodies};
use crate::support::requests::request;
use crate::support::running::Running;
use rocketmq_tower::protocol::TopicList;
use rocketmq_tower::{RemotingCommand, RequestCode, ResponseCode};
use rocketmq_tower_broker::{Broker, BrokerBuilder};

fn delete(topic: &str) -> RemotingCommand {
    request(RequestCode::DELETE_TOPIC_IN_BROKER, &[("topic", topic)])
}

fn by_key(topic: &str) -> RemotingCommand {
    let fields = [
        ("topic", topic),
        ("key", "k"),
        ("maxNum", "9"),
        ("beginTimestamp", "0"),
        ("endTimestamp", "9223372036854775807"),
    ];
    request(RequestCode::QUERY_MESSAGE, &fields)
}

fn by_id(offset: i64) -> RemotingCommand {
    request(RequestCode::VIEW_MESSAGE_BY_ID, &[("offset", &offset.to_string())])
}

async fn commit(client: &Peer, group: &str, topic: &str) {
    let fields =
        [("consumerGroup", group), ("topic", topic), ("queueId", "0"), ("commitOffset", "1")];
    client.get(request(RequestCode::UPDATE_CONSUMER_OFFSET, &fields)).await;
}

fn committed(group: &str, topic: &str) -> RemotingCommand {
    let fields = [
        ("consumerGroup", group),
        ("topic", topic),
        ("queueId", "0"),
        ("setZeroIfNotFound", "false"),
    ];
    request(RequestCode::QUERY_CONSUMER_OFFSET, &fields)
}

fn on(folder: &Folder) -> BrokerBuilder {
    Broker::builder().data_dir(folder.path())
}

#[tokio::test]
async fn a_deleted_topic_is_gone_with_its_messages_and_offsets_also_after_a_restart() {
    let folder = Folder::new();
    let running = Running::start(on(&folder).topic("T", 1).topic("U", 1)).await;
    let (client, names) = (running.client().await, Peer::connect(&running.names).await);
    let sent = client.send_with("T", 0, &[("KEYS", "k")], "old").await.commit_log_offset();
    let kept = client.send_with("U", 0, &[("KEYS", "k")], "kept").await.commit_log_offset();
    for topic in ["T", "U"] {
        commit(&client, "g", topic).await;
    }
    let route = || request(RequestCode::GET_ROUTEINFO_BY_TOPIC, &[("topic", "T")]);
    let from_names = || request(RequestCode::DELETE_TOPIC_IN_NAMESRV, &[("topic", "T")]);
    client.get(delete("T")).await;
    client.get(delete("T")).await;
    names.get(from_names()).await;
    assert_eq!(names.refusal(route()).await.0, ResponseCode::TOPIC_NOT_EXIST);
    let check = async |client: &Peer| {
        assert_eq!(client.refusal(by_key("T")).await.0, ResponseCode::QUERY_NOT_FOUND);
        assert_eq!(client.refusal(by_id(sent)).await.0, ResponseCode::SYSTEM_ERROR);
        assert_eq!(client.refusal(committed("g", "T")).await.0, ResponseCode::QUERY_NOT_FOUND);
        assert_eq!(bodies(&client.get(by_key("U")).await), ["kept"]);
        assert_eq!(bodies(&client.get(by_id(kept)).await), ["kept"]);
        client.get(committed("g", "U")).await;
    };
    check(&client).await;
    running.end().await;

    let running = Running::start(on(&folder)).await;
    let client = running.client().await;
    check(&client).await;
    // A new topic of its name begins empty, in another queue.
    client.get(create("T", "")).await;
    check(&client).await;
    assert_eq!(client.max("T", 0).await, 0);
    client.send_with("T", 0, &[("KEYS", "k")], "new").await;
    assert_eq!(bodies(&client.get(by_key("T")).await), ["new"]);
    assert_eq!(client.all("T", 0).await.len(), 1);
    running.end().await;
}

#[tokio::test]
async fn a_topic_that_is_deleted_in_the_name_server_alone_comes_back_with_a_change() {
    let running = Running::start(Broker::builder().topic("T", 2)).await;
    let (client, names) = (running.client().await, Peer::connect(&running.names).await);
    let route = || request(RequestCode::GET_ROUTEINFO_BY_TOPIC, &[("topic", "T")]);
    let list = async || {
        let list = request(RequestCode::GET_ALL_TOPIC_LIST_FROM_NAMESERVER, &[]);
        let list: TopicList = names.get(list).await.json().unwrap();
        list.topic_list
    };
    let delete = |cluster| {
        let fields = [("topic", "T"), ("clusterName", cluster)];
        request(RequestCode::DELETE_TOPIC_IN_NAMESRV, &fields)
    };
    names.get(delete("another")).await;
    names.get(route()).await;

    names.get(delete("DefaultCluster")).await;
    assert_eq!(names.refusal(route()).await.0, ResponseCode::TOPIC_NOT_EXIST);
    assert!(!list().await.contains(&"T".to_owned()));
    client.send("T", 0, "the broker still has it").await;

    // It has another number of queues now.
    client.get(create("T", "")).await;
    names.get(route()).await;
    assert!(list().await.contains(&"T".to_owned()));
    running.end().await;
}

#[tokio::test]
async fn the_brokers_own_topics_are_not_deleted() {
    let running = Running::start(Broker::builder()).await;
    let client = running.client().await;
    for topic in ["SCHEDULE_TOPIC_XXXX", "rmq_sys_wheel_timer", "broker-a", "TBW102"] {
        let refused = client.refusal(delete(topic)).await;
        assert_eq!(refused.0, ResponseCode::INVALID_PARAMETER);
        assert!(refused.1.contains("conflict with system topic"), "{}", refused.1);
    }
    let refused = client.refusal(delete(" ")).await;
    assert_eq!(refused.1, "The specified topic is blank.");
    running.end().await;
}
