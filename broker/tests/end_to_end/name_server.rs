//! The responses of the name server, byte for byte: Go's client parses the JSON by hand.

use crate::heartbeats::{consumer, heartbeat};
use crate::support::peer::Peer;
use crate::support::requests::{Pull, request};
use crate::support::running::Running;
use rocketmq_tower::message::SendHeader;
use rocketmq_tower::protocol::{RegisterBrokerRequestHeader, TopicList, json};
use rocketmq_tower::{RemotingCommand, RequestCode, ResponseCode};
use rocketmq_tower_broker::{Broker, BrokerBuilder};

fn route(topic: &str) -> RemotingCommand {
    request(RequestCode::GET_ROUTEINFO_BY_TOPIC, &[("topic", topic)])
}

async fn text(client: &Peer, request: RemotingCommand) -> String {
    String::from_utf8(client.get(request).await.body().to_vec()).unwrap()
}

/// The broker in a route, as JSON.
fn broker_data(address: &str) -> String {
    format!(
        r#"{{"brokerAddrs":{{"0":"{address}"}},"brokerName":"b1","cluster":"c1","enableActingMaster":false}}"#
    )
}

fn expected(address: &str, perm: u32, queues: u32) -> String {
    let broker = broker_data(address);
    format!(
        r#"{{"brokerDatas":[{broker}],"filterServerTable":{{}},"queueDatas":[{{"brokerName":"b1","perm":{perm},"readQueueNums":{queues},"topicSysFlag":0,"writeQueueNums":{queues}}}]}}"#
    )
}

async fn start(builder: BrokerBuilder) -> (Running, Peer) {
    let running = Running::start(builder.broker_name("b1").cluster("c1")).await;
    let client = Peer::connect(&running.names).await;
    (running, client)
}

#[tokio::test]
async fn a_route_has_the_broker_and_the_queues() {
    let (running, names) = start(Broker::builder().topic("T", 3)).await;
    assert_eq!(text(&names, route("T")).await, expected(&running.broker, 6, 3));
    assert_eq!(text(&names, route("TBW102")).await, expected(&running.broker, 7, 8));
    let refused = names.refusal(route("U")).await;
    assert_eq!(refused.0, ResponseCode::TOPIC_NOT_EXIST);
    assert!(refused.1.contains('U'), "{}", refused.1);
    running.end().await;
}

#[tokio::test]
async fn clients_are_told_the_advertised_address() {
    let (running, names) = start(Broker::builder().topic("T", 3).advertise("127.0.0.9:5")).await;
    assert_eq!(text(&names, route("T")).await, expected("127.0.0.9:5", 6, 3));
    running.end().await;
}

#[tokio::test]
async fn a_new_topic_has_a_route_at_once() {
    let (running, names) = start(Broker::builder()).await;
    let client = running.client().await;
    client.send("Sent", 0, "m").await;
    assert_eq!(text(&names, route("Sent")).await, expected(&running.broker, 6, 4));
    let fields = [
        ("topic", "Made"),
        ("readQueueNums", "2"),
        ("writeQueueNums", "2"),
        ("perm", "4"),
        ("topicFilterType", "SINGLE_TAG"),
    ];
    client.get(request(RequestCode::UPDATE_AND_CREATE_TOPIC, &fields)).await;
    assert_eq!(text(&names, route("Made")).await, expected(&running.broker, 4, 2));
    for wrong in [("readQueueNums", "-1"), ("writeQueueNums", "-1"), ("readQueueNums", "1025")] {
        let fields = [&fields[..], &[wrong]].concat();
        let create = request(RequestCode::UPDATE_AND_CREATE_TOPIC, &fields);
        let refused = client.refusal(create).await;
        assert_eq!(refused.0, ResponseCode::INVALID_PARAMETER, "{}", refused.1);
    }
    running.end().await;
}

#[tokio::test]
async fn the_retry_topic_of_a_group_has_a_route_before_it_exists() {
    let (running, names) = start(Broker::builder()).await;
    let before = text(&names, route("%RETRY%g")).await;
    assert_eq!(before, expected(&running.broker, 6, 1));
    let client = running.client().await;
    client.get(heartbeat("client", &[consumer("g", &[])], &[])).await;
    assert_eq!(text(&names, route("%RETRY%g")).await, before);
    running.end().await;
}

#[tokio::test]
async fn the_default_topic_has_another_name_in_clients_of_4_3_0() {
    let (running, names) = start(Broker::builder()).await;
    let default = text(&names, route("TBW102")).await;
    assert_eq!(text(&names, route("AUTO_CREATE_TOPIC_KEY")).await, default);
    let header = SendHeader {
        default_topic: "AUTO_CREATE_TOPIC_KEY",
        default_topic_queue_nums: 4,
        ..SendHeader::new("producers", "T", 0)
    };
    let client = running.client().await;
    client.get(header.request()).await;
    assert_eq!(text(&names, route("T")).await, expected(&running.broker, 6, 4));
    running.end().await;
}

#[tokio::test]
async fn the_cluster_and_all_topics_are_listed() {
    let (running, names) = start(Broker::builder().topic("T", 3)).await;
    let broker = broker_data(&running.broker);
    let cluster =
        format!(r#"{{"brokerAddrTable":{{"b1":{broker}}},"clusterAddrTable":{{"c1":["b1"]}}}}"#);
    let asked = request(RequestCode::GET_BROKER_CLUSTER_INFO, &[]);
    assert_eq!(text(&names, asked).await, cluster);
    let asked = request(RequestCode::GET_ALL_TOPIC_LIST_FROM_NAMESERVER, &[]);
    let topics = concat!(
        r#"{"topicList":["BenchmarkTest","OFFSET_MOVED_EVENT","RMQ_SYS_TRACE_TOPIC","#,
        r#""RMQ_SYS_TRANS_HALF_TOPIC","RMQ_SYS_TRANS_OP_HALF_TOPIC","SCHEDULE_TOPIC_XXXX","#,
        r#""SELF_TEST_TOPIC","T","TBW102","TRANS_CHECK_MAX_TIME_TOPIC","b1","c1","c1_REPLY_TOPIC","#,
        r#""rmq_sys_REVIVE_LOG_c1","rmq_sys_wheel_timer"]}"#
    );
    assert_eq!(text(&names, asked).await, topics);
    running.end().await;
}

#[tokio::test]
async fn topics_of_retries_are_listed_for_groups_with_members_or_offsets() {
    let (running, names) = start(Broker::builder().topic("T", 1)).await;
    let (member, client) = (running.client().await, running.client().await);
    let listed = async || {
        let asked = request(RequestCode::GET_ALL_TOPIC_LIST_FROM_NAMESERVER, &[]);
        let list: TopicList = json::from_slice(names.get(asked).await.body()).unwrap();
        list.topic_list.into_iter().filter(|topic| topic.starts_with('%')).collect::<Vec<_>>()
    };
    let create = RemotingCommand::request(RequestCode::UPDATE_AND_CREATE_SUBSCRIPTIONGROUP);
    client.get(create.with_body(r#"{"groupName":"unused"}"#)).await;
    assert_eq!(listed().await, [""; 0]);
    member.get(heartbeat("client", &[consumer("g", &[("T", "*", 1)])], &[])).await;
    assert_eq!(listed().await, ["%RETRY%g"]);
    for group in ["g", "h"] {
        let fields =
            [("consumerGroup", group), ("topic", "T"), ("queueId", "0"), ("commitOffset", "1")];
        client.get(request(RequestCode::UPDATE_CONSUMER_OFFSET, &fields)).await;
    }
    // A commit does not make the group known, but a pull does.
    client.pull(&Pull::new("T", 0).subscribed("h", 1)).await;
    drop(member);
    assert_eq!(listed().await, ["%RETRY%g", "%RETRY%h"], "they have offsets");
    let delete = [("groupName", "g"), ("cleanOffset", "true")];
    client.get(request(RequestCode::DELETE_SUBSCRIPTIONGROUP, &delete)).await;
    assert_eq!(listed().await, ["%RETRY%h"]);
    running.end().await;
}

#[tokio::test]
async fn other_brokers_cannot_register() {
    let (running, names) = start(Broker::builder()).await;
    let register = |name| {
        let header = RegisterBrokerRequestHeader {
            broker_name: name,
            broker_addr: "127.0.0.1:10911",
            cluster_name: "c1",
            ha_server_addr: "127.0.0.1:10912",
            ..Default::default()
        };
        RemotingCommand::request(RequestCode::REGISTER_BROKER).with_header(&header).unwrap()
    };
    names.get(register("b1")).await;
    assert_eq!(names.refusal(register("b2")).await.0, ResponseCode::NO_PERMISSION);
    let leave = request(RequestCode::UNREGISTER_BROKER, &[("brokerName", "b1")]);
    assert_eq!(names.refusal(leave).await.0, ResponseCode::NO_PERMISSION);
    let other = RemotingCommand::request(RequestCode::SEND_MESSAGE);
    assert_eq!(names.refusal(other).await.0, ResponseCode::REQUEST_CODE_NOT_SUPPORTED);
    running.end().await;
}

#[tokio::test]
async fn values_are_kept_by_namespace_and_key() {
    let (running, names) = start(Broker::builder()).await;
    let of = |code, namespace, key, value| {
        request(code, &[("namespace", namespace), ("key", key), ("value", value)])
    };
    for (namespace, key, value) in
        [("n", "b", "2"), ("n", "a", "0"), ("n", "a", "1"), ("m", "a", "3")]
    {
        names.get(of(RequestCode::PUT_KV_CONFIG, namespace, key, value)).await;
    }
    let get = |namespace, key| of(RequestCode::GET_KV_CONFIG, namespace, key, "");
    assert_eq!(names.get(get("n", "a")).await.ext_fields().get("value"), Some("1"));
    assert_eq!(names.get(get("m", "a")).await.ext_fields().get("value"), Some("3"));
    let list =
        |namespace| request(RequestCode::GET_KVLIST_BY_NAMESPACE, &[("namespace", namespace)]);
    assert_eq!(text(&names, list("n")).await, r#"{"table":{"a":"1","b":"2"}}"#);

    let (long, longer) = ("k".repeat(1025), "v".repeat(16 * 1024 + 1));
    for (namespace, key, value) in [("n", long.as_str(), ""), ("n\0", "a", ""), ("n", "a", &longer)]
    {
        let refused = names.refusal(of(RequestCode::PUT_KV_CONFIG, namespace, key, value)).await;
        assert_eq!(refused.0, ResponseCode::INVALID_PARAMETER, "{}", refused.1);
    }
    assert_eq!(names.get(get("n", "a")).await.ext_fields().get("value"), Some("1"));

    names.get(of(RequestCode::DELETE_KV_CONFIG, "m", "a", "")).await;
    for gone in [get("m", "a"), get("n", "c"), list("m")] {
        assert_eq!(names.refusal(gone).await.0, ResponseCode::QUERY_NOT_FOUND);
    }
    running.end().await;
}
