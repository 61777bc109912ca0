//! Topics: their settings, lists, offsets.

use super::{body, create, text};
use crate::heartbeats::{consumer, heartbeat};
use crate::support::peer::Peer;
use crate::support::requests::{now_ms, request};
use crate::support::running::Running;
use rocketmq_tower::protocol::{
    GroupList, MessageQueue, QueryConsumeQueueResponseBody, TopicConfig,
    TopicConfigSerializeWrapper, TopicList, TopicStatsTable, json,
};
use rocketmq_tower::{RemotingCommand, RequestCode, ResponseCode};
use rocketmq_tower_broker::Broker;

fn config(topic: &str) -> RemotingCommand {
    request(RequestCode::GET_TOPIC_CONFIG, &[("topic", topic), ("lo", "true")])
}

#[tokio::test]
async fn attributes_are_kept_and_checked() {
    let running = Running::start(Broker::builder()).await;
    let client = running.client().await;
    client.get(create("T", "+message.type=FIFO")).await;
    assert_eq!(
        text(&client, config("T")).await,
        concat!(
            r#"{"attributes":{"message.type":"FIFO"},"order":false,"perm":6,"readQueueNums":1,"#,
            r#""topicFilterType":"SINGLE_TAG","topicName":"T","topicSysFlag":0,"writeQueueNums":1}"#
        )
    );
    // A change without attributes keeps them.
    client.get(create("T", "")).await;
    let known: TopicConfig = body(&client, config("T")).await;
    assert_eq!(known.attributes["message.type"], "FIFO");
    for (attributes, text) in [
        ("+color=red", "unsupported key: color"),
        ("message.type=FIFO", "add/alter attribute format is wrong"),
    ] {
        let refused = client.refusal(create("T", attributes)).await;
        assert_eq!(refused.0, ResponseCode::SYSTEM_ERROR);
        assert!(refused.1.contains(text), "{}", refused.1);
    }
    client.get(create("T", "-message.type")).await;
    assert!(body::<TopicConfig>(&client, config("T")).await.attributes.is_empty());

    let refused = client.refusal(config("U")).await;
    assert_eq!(refused.0, ResponseCode::TOPIC_NOT_EXIST);
    let default: TopicConfig = body(&client, config("TBW102")).await;
    assert_eq!((default.perm, default.read_queue_nums), (7, 8));
    for system in ["TBW102", "BenchmarkTest", "DefaultCluster", "rmq_sys_any"] {
        let refused = client.refusal(create(system, "")).await;
        assert!(!refused.0.is_success(), "{system}");
    }
    running.end().await;
}

#[tokio::test]
async fn a_list_of_topics_is_created_or_none_of_them() {
    let running = Running::start(Broker::builder()).await;
    let client = running.client().await;
    let create = |names: &[&str]| {
        let topics = names.iter().map(|name| {
            format!(
                r#"{{"topicName":"{name}","readQueueNums":2,"writeQueueNums":2,"perm":6,"attributes":{{"+message.type":"DELAY"}}}}"#
            )
        });
        let topics: Vec<_> = topics.collect();
        RemotingCommand::request(RequestCode::UPDATE_AND_CREATE_TOPIC_LIST)
            .with_body(format!(r#"{{"topicConfigList":[{}]}}"#, topics.join(",")))
    };
    client.get(create(&["T", "U"])).await;
    let known: TopicConfig = body(&client, config("U")).await;
    assert_eq!((known.write_queue_nums, known.attributes["message.type"].as_str()), (2, "DELAY"));
    let refused = client.refusal(create(&["V", "a b"])).await;
    assert_eq!(refused.0, ResponseCode::INVALID_PARAMETER);
    assert_eq!(client.refusal(config("V")).await.0, ResponseCode::TOPIC_NOT_EXIST);
    let many = vec!["T"; 1001];
    let refused = client.refusal(create(&many)).await;
    assert!(refused.1.contains("at most 1000 topics"), "{}", refused.1);
    running.end().await;
}

#[tokio::test]
async fn all_topics_are_read_page_by_page() {
    let running = Running::start(Broker::builder().topic("T", 1).topic("U", 1)).await;
    let client = running.client().await;
    let code = RequestCode::GET_ALL_TOPIC_CONFIG;
    let response = client.get(RemotingCommand::request(code)).await;
    let all: TopicConfigSerializeWrapper = json::from_slice(response.body()).unwrap();
    let total = all.topic_config_table.len();
    assert_eq!(response.ext_fields().get("totalTopicNum"), Some(total.to_string().as_str()));
    assert!(all.topic_config_table.contains_key("TBW102"));

    let (mut seen, mut version) = (Vec::new(), String::new());
    while seen.len() < total {
        let first = seen.len().to_string();
        let fields =
            [("topicSeq", first.as_str()), ("maxTopicNum", "7"), ("dataVersion", &version)];
        let page: TopicConfigSerializeWrapper = body(&client, request(code, &fields)).await;
        assert!(page.topic_config_table.len() <= 7);
        seen.extend(page.topic_config_table.into_keys());
        version = String::from_utf8(json::to_bytes(&page.data_version).unwrap().to_vec()).unwrap();
    }
    seen.sort_unstable();
    assert!(seen.iter().eq(all.topic_config_table.keys()));

    // After a change the first page comes again.
    client.get(create("V", "")).await;
    let fields = [("topicSeq", "7"), ("maxTopicNum", "7"), ("dataVersion", version.as_str())];
    let page: TopicConfigSerializeWrapper = body(&client, request(code, &fields)).await;
    let first = all.topic_config_table.keys().next().unwrap();
    assert!(page.topic_config_table.contains_key(first));
    running.end().await;
}

#[tokio::test]
async fn the_offsets_of_a_topic_are_by_queue() {
    let running = Running::start(Broker::builder().topic("T", 2)).await;
    let client = running.client().await;
    let before = now_ms();
    client.send("T", 1, "one").await;
    client.send("T", 1, "two").await;
    let stats = |topic| request(RequestCode::GET_TOPIC_STATS_INFO, &[("topic", topic)]);
    let table: TopicStatsTable = body(&client, stats("T")).await;
    let of = |queue_id| {
        let broker_name = "broker-a".to_owned();
        table.offset_table[&MessageQueue { broker_name, queue_id, topic: "T".into() }]
    };
    assert_eq!(
        (table.offset_table.len(), of(0).max_offset, of(0).last_update_timestamp),
        (2, 0, 0)
    );
    assert_eq!((of(1).min_offset, of(1).max_offset), (0, 2));
    assert!((before..=now_ms()).contains(&of(1).last_update_timestamp));
    let json = text(&client, stats("T")).await;
    let key = r#"{"brokerName":"broker-a","queueId":0,"topic":"T"}:{"#;
    assert!(json.contains(key), "an object is the key, as fastjson writes it: {json}");
    assert_eq!(client.refusal(stats("U")).await.0, ResponseCode::TOPIC_NOT_EXIST);
    running.end().await;
}

#[tokio::test]
async fn groups_and_topics_are_found_by_offsets_and_subscriptions() {
    let running = Running::start(Broker::builder().topic("T", 1)).await;
    let client = running.client().await;
    let commit = [("consumerGroup", "g"), ("topic", "T"), ("queueId", "0"), ("commitOffset", "0")];
    client.get(request(RequestCode::UPDATE_CONSUMER_OFFSET, &commit)).await;
    client.get(heartbeat("client", &[consumer("h", &[("T", "*", 1)])], &[])).await;
    let groups = request(RequestCode::QUERY_TOPIC_CONSUME_BY_WHO, &[("topic", "T")]);
    assert_eq!(body::<GroupList>(&client, groups).await.group_list, ["g", "h"]);
    let topics = |group| request(RequestCode::QUERY_TOPICS_BY_CONSUMER, &[("group", group)]);
    assert_eq!(body::<TopicList>(&client, topics("g")).await.topic_list, ["T"]);
    assert!(body::<TopicList>(&client, topics("h")).await.topic_list.is_empty());
    running.end().await;
}

#[tokio::test]
async fn the_index_of_a_queue_is_read() {
    let running = Running::start(Broker::builder().topic("T", 1)).await;
    let client = running.client().await;
    for tag in ["a", "b", "a"] {
        client.send_with("T", 0, &[("TAGS", tag)], "m").await;
    }
    client.get(heartbeat("client", &[consumer("g", &[("T", "a", 1)])], &[])).await;
    let query = |index, group| {
        let fields = [
            ("topic", "T"),
            ("queueId", "0"),
            ("index", index),
            ("count", "2"),
            ("consumerGroup", group),
        ];
        request(RequestCode::QUERY_CONSUME_QUEUE, &fields)
    };
    let found: QueryConsumeQueueResponseBody = body(&client, query("1", "g")).await;
    assert_eq!((found.min_queue_index, found.max_queue_index), (0, 3));
    let subscription = found.subscription_data.unwrap();
    assert_eq!((&*subscription.topic, &*subscription.sub_string), ("T", "a"));
    assert_eq!(found.filter_data.as_deref(), Some("null"), "as Java writes it for tags");
    let offsets: Vec<_> = client.all("T", 0).await.iter().map(|m| m.commit_log_offset).collect();
    assert_eq!(found.queue_data[0].physic_offset, offsets[1]);
    let offline: QueryConsumeQueueResponseBody = body(&client, query("1", "h")).await;
    assert_eq!(offline.filter_data.as_deref(), Some("h@T is not online!"));
    assert_eq!(offline.subscription_data, None);
    let mut group = consumer("sql", &[("T", "a > 1", 5)]);
    group.subscription_data_set[0].expression_type = "SQL92".into();
    client.get(heartbeat("client", &[group], &[])).await;
    let with_sql: QueryConsumeQueueResponseBody = body(&client, query("1", "sql")).await;
    let filter = with_sql.filter_data.unwrap();
    assert!(filter.contains(r#""expression": "a > 1""#), "{filter}");
    let beyond = client.get(query("3", "g")).await;
    assert_eq!(beyond.remark(), Some("Index 3 of 0@T is not exist!"));
    running.end().await;
}

#[tokio::test]
async fn the_name_server_lists_topics_and_sets_the_permission_to_write() {
    let running = Running::start(Broker::builder().topic("T", 1)).await;
    let (client, names) = (running.client().await, Peer::connect(&running.names).await);
    let system = RemotingCommand::request(RequestCode::GET_SYSTEM_TOPIC_LIST_FROM_NS);
    let system: TopicList = body(&names, system).await;
    assert_eq!(system.broker_addr.as_deref(), Some(running.broker.as_str()));
    assert_eq!(system.topic_list, ["DefaultCluster", "broker-a"]);
    let of_broker = RemotingCommand::request(RequestCode::GET_SYSTEM_TOPIC_LIST_FROM_BROKER);
    let of_broker: TopicList = body(&client, of_broker).await;
    assert!(of_broker.topic_list.contains(&"TBW102".to_owned()));
    let of = |cluster| request(RequestCode::GET_TOPICS_BY_CLUSTER, &[("cluster", cluster)]);
    let list: TopicList = body(&names, of("DefaultCluster")).await;
    assert!(list.topic_list.contains(&"T".to_owned()));
    assert!(body::<TopicList>(&names, of("other")).await.topic_list.is_empty());

    let route = || request(RequestCode::GET_ROUTEINFO_BY_TOPIC, &[("topic", "T")]);
    let (wipe, add) =
        (RequestCode::WIPE_WRITE_PERM_OF_BROKER, RequestCode::ADD_WRITE_PERM_OF_BROKER);
    let wiped = names.get(request(wipe, &[("brokerName", "broker-a")])).await;
    let count = (list.topic_list.len()).to_string();
    assert_eq!(wiped.ext_fields().get("wipeTopicCount"), Some(count.as_str()));
    assert!(text(&names, route()).await.contains(r#""perm":4"#));
    let other = names.get(request(add, &[("brokerName", "broker-b")])).await;
    assert_eq!(other.ext_fields().get("addTopicCount"), Some("0"));
    names.get(request(add, &[("brokerName", "broker-a")])).await;
    assert!(text(&names, route()).await.contains(r#""perm":6"#));
    running.end().await;
}
