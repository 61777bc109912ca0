//! Tests the typed headers and bodies with what real clients and brokers write.
#![allow(clippy::expect_used, clippy::panic, reason = "test code")]

use rocketmq_tower_core::message::{SendHeader, StoredMessage, ipv4_host, sys_flag};
use rocketmq_tower_core::protocol::{
    BoundaryType, BrokerData, ClusterInfo, ConsumeFromWhere, ConsumeMessageDirectlyResult,
    ConsumeResult, ConsumeType, ConsumerList, ConsumerRunningInfo, CreateTopicRequestHeader,
    DataVersion, GetRouteInfoRequestHeader, HeartbeatData, HeartbeatResponseHeader, KVTable,
    LockBatchRequestBody, LockBatchResponseBody, MASTER_ID, MessageModel, MessageQueue,
    MessageQueueAssignment, MessageRequestMode, NotificationRequestHeader,
    NotificationResponseHeader, NotifyConsumerIdsChangedRequestHeader, OffsetResponseHeader,
    PullMessageRequestHeader, PullMessageResponseHeader, QueryAssignmentResponseBody, QueueData,
    RegisterBrokerBody, ResetOffsetBody, ResetOffsetRequestHeader, SearchOffsetRequestHeader,
    SendMessageResponseHeader, SetMessageRequestModeRequestBody, SubscriptionData,
    SubscriptionGroupConfig, TopicConfig, TopicConfigSerializeWrapper, TopicFilterType,
    TopicOffset, TopicRouteData, TopicStatsTable, UnregisterClientRequestHeader,
    UpdateConsumerOffsetRequestHeader, json, perm, pull_sys_flag,
};
use rocketmq_tower_core::{Addr, HeaderError, RemotingCommand, RequestCode, ResponseCode};
use rocketmq_tower_test_support::captured;
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::collections::BTreeMap;
use std::fmt::Debug;
use std::net::SocketAddr;

/// Reads a body that Java wrote, compares it, and writes it back as Java did.
fn same<T: DeserializeOwned + Serialize + PartialEq + Debug>(text: &str, value: &T) {
    assert_eq!(&json::from_slice::<T>(text.as_bytes()).expect(text), value);
    assert_eq!(json::to_bytes(value).expect("json"), text.as_bytes());
}

fn queue(queue_id: i32) -> MessageQueue {
    MessageQueue { topic: "T".into(), broker_name: "a".into(), queue_id }
}

#[test]
fn a_route_has_javas_form() {
    let route = TopicRouteData {
        broker_datas: vec![BrokerData {
            broker_addrs: [(MASTER_ID, "127.0.0.1:10911".into())].into(),
            broker_name: "a".into(),
            cluster: "c".into(),
            ..Default::default()
        }],
        queue_datas: vec![QueueData {
            broker_name: "a".into(),
            perm: perm::READ | perm::WRITE,
            read_queue_nums: 4,
            write_queue_nums: 4,
            ..Default::default()
        }],
        ..Default::default()
    };
    let text = r#"{"brokerDatas":[{"brokerAddrs":{"0":"127.0.0.1:10911"},"brokerName":"a","cluster":"c","enableActingMaster":false}],"filterServerTable":{},"queueDatas":[{"brokerName":"a","perm":6,"readQueueNums":4,"topicSysFlag":0,"writeQueueNums":4}]}"#;
    same(text, &route);
    let unquoted = text.replace(r#"{"0":"#, "{0:");
    assert_eq!(json::from_slice::<TopicRouteData>(unquoted.as_bytes()), Ok(route.clone()));
    assert_eq!(json::to_fastjson(&route).expect("json"), unquoted.as_bytes());
    let info = ClusterInfo {
        broker_addr_table: [("a".into(), route.broker_datas[0].clone())].into(),
        cluster_addr_table: [("c".into(), vec!["a".into()])].into(),
    };
    same(
        r#"{"brokerAddrTable":{"a":{"brokerAddrs":{"0":"127.0.0.1:10911"},"brokerName":"a","cluster":"c","enableActingMaster":false}},"clusterAddrTable":{"c":["a"]}}"#,
        &info,
    );
    for name in [
        "node client GET_ROUTEINFO_BY_TOPIC",
        "cpp client GET_ROUTEINFO_BY_TOPIC",
        "java_binary client GET_ROUTEINFO_BY_TOPIC",
    ] {
        let request = captured(name);
        let header: GetRouteInfoRequestHeader<&str> = request.header().expect(name);
        assert_eq!((header.topic, header.accept_standard_json_only), ("T1", None), "{name}");
    }
}

#[test]
fn the_heartbeats_of_real_clients_are_read() {
    for (name, producers, from, expression_type) in [
        ("node client HEART_BEAT", 1, ConsumeFromWhere::ConsumeFromFirstOffset, "TAG"),
        ("cpp client HEART_BEAT", 0, ConsumeFromWhere::ConsumeFromLastOffset, "TAG"),
        ("go client HEART_BEAT", 0, ConsumeFromWhere::ConsumeFromFirstOffset, "TAG"),
        ("java client HEART_BEAT", 1, ConsumeFromWhere::ConsumeFromFirstOffset, "TAG"),
    ] {
        let request = captured(name);
        let beat: HeartbeatData = request.json().expect(name);
        assert!(!beat.client_id.is_empty() && !beat.without_sub, "{name}");
        assert_eq!(beat.producer_data_set.len(), producers, "{name}");
        let consumer = &beat.consumer_data_set[0];
        assert_eq!(consumer.consume_type, ConsumeType::ConsumePassively, "{name}");
        assert_eq!(consumer.message_model, MessageModel::Clustering, "{name}");
        assert_eq!(consumer.consume_from_where, from, "{name}");
        let subscription = &consumer.subscription_data_set[0];
        assert!(subscription.sub_version > 1_795_341_000_000, "{name}");
        assert_eq!(
            (subscription.sub_string.as_str(), subscription.expression_type.as_str()),
            ("*", expression_type),
            "{name}"
        );
        let again =
            RemotingCommand::request(RequestCode::HEART_BEAT).with_json(&beat).expect("json");
        assert_eq!(again.json::<HeartbeatData>(), Ok(beat), "{name}");
        if name.starts_with("java") {
            assert_eq!(again.body(), request.body(), "as Java writes it");
        }
    }
}

#[test]
fn pulls_of_real_clients_are_read() {
    let node = captured("node client PULL_MESSAGE");
    let header: PullMessageRequestHeader<&str> = node.header().expect("a header");
    assert_eq!((header.topic, header.queue_id, header.max_msg_nums), ("T1", 0, 32));
    assert_eq!(header.sys_flag, pull_sys_flag::SUSPEND | pull_sys_flag::SUBSCRIPTION);
    assert_eq!((header.subscription, header.expression_type), (Some("*"), None));
    let java = captured("java client PULL_MESSAGE");
    let header: PullMessageRequestHeader<&str> = java.header().expect("a header");
    assert_eq!((header.max_msg_bytes, header.broker_name), (Some(262_144), Some("fake-a")));
    assert_eq!((header.commit_offset, header.expression_type), (-1, Some("TAG")));
    let again = RemotingCommand::request(RequestCode::PULL_MESSAGE).with_header(&header);
    assert_eq!(again.expect("flat").header::<PullMessageRequestHeader<&str>>(), Ok(header));

    let response = captured("node server PULL_MESSAGE");
    let header: PullMessageResponseHeader = response.header().expect("a header");
    let expected =
        PullMessageResponseHeader { next_begin_offset: 1, max_offset: 1, ..Default::default() };
    assert_eq!(header, expected);

    let short = RemotingCommand::request(RequestCode::PULL_MESSAGE).with_ext_field("topic", "T");
    let missing = short.header::<PullMessageRequestHeader<&str>>().expect_err("no group");
    assert_eq!(missing, HeaderError::Missing { field: "consumerGroup".into() });
}

#[test]
fn other_headers_of_real_clients_are_read() {
    let notify = captured("node server NOTIFY_CONSUMER_IDS_CHANGED");
    let header: NotifyConsumerIdsChangedRequestHeader<&str> = notify.header().expect("a header");
    assert!(header.consumer_group.starts_with("GID_"));
    let commit = captured("node client UPDATE_CONSUMER_OFFSET");
    let header: UpdateConsumerOffsetRequestHeader<&str> = commit.header().expect("a header");
    assert_eq!((header.topic, header.queue_id, header.commit_offset), ("T1", 0, 1));
    let create = captured("node client UPDATE_AND_CREATE_TOPIC");
    let header: CreateTopicRequestHeader<&str> = create.header().expect("a header");
    assert_eq!((header.topic, header.default_topic, header.write_queue_nums), ("T1", "TBW102", 4));
    assert_eq!((header.perm, header.order), (perm::READ | perm::WRITE, Some(false)));
    let lock = captured("java_orderly client LOCK_BATCH_MQ");
    let body: LockBatchRequestBody = lock.json().expect("a body");
    assert_eq!((body.mq_set[0].broker_name.as_str(), body.mq_set[0].queue_id), ("fake-a", 0));
    assert_eq!(json::to_bytes(&body).expect("json"), lock.body(), "as Java writes it");
}

#[test]
fn responses_have_javas_names() {
    let fields = |command: RemotingCommand| -> Vec<(String, String)> {
        command.ext_fields().iter().map(|(name, value)| (name.into(), value.into())).collect()
    };
    let with = |header: &dyn Fn(RemotingCommand) -> Result<RemotingCommand, HeaderError>| {
        fields(header(RemotingCommand::response(ResponseCode::SUCCESS)).expect("flat"))
    };
    let text = |pairs: &[(&str, &str)]| -> Vec<(String, String)> {
        pairs.iter().map(|(name, value)| ((*name).into(), (*value).into())).collect()
    };
    let sent = SendMessageResponseHeader {
        msg_id: "7F",
        queue_offset: 5,
        trace_on: Some(true),
        ..Default::default()
    };
    assert_eq!(
        with(&|command| command.with_header(&sent)),
        text(&[("msgId", "7F"), ("queueId", "0"), ("queueOffset", "5"), ("TRACE_ON", "true")])
    );
    let beat = HeartbeatResponseHeader {
        is_support_heart_beat_v2: Some(true),
        is_sub_change: Some(false),
    };
    assert_eq!(
        with(&|command| command.with_header(&beat)),
        text(&[("IS_SUPPORT_HEART_BEAT_V2", "true"), ("IS_SUB_CHANGE", "false")])
    );
    let offset = OffsetResponseHeader { offset: 7 };
    assert_eq!(with(&|command| command.with_header(&offset)), text(&[("offset", "7")]));
    let search = SearchOffsetRequestHeader {
        topic: "T",
        boundary_type: BoundaryType::Upper,
        ..Default::default()
    };
    assert_eq!(
        with(&|command| command.with_header(&search))[3],
        ("boundaryType".into(), "UPPER".into())
    );
    same(r#"{"consumerIdList":["a@1"]}"#, &ConsumerList { consumer_id_list: vec!["a@1".into()] });
    same(r#"{"table":{"k":"v"}}"#, &KVTable { table: [("k".into(), "v".into())].into() });
    let assignment =
        MessageQueueAssignment { message_queue: queue(-1), mode: MessageRequestMode::Pop };
    same(
        r#"{"messageQueueAssignments":[{"messageQueue":{"brokerName":"a","queueId":-1,"topic":"T"},"mode":"POP"}]}"#,
        &QueryAssignmentResponseBody { message_queue_assignments: vec![assignment] },
    );
    let locked = LockBatchResponseBody { lock_ok_mq_set: vec![queue(0)] };
    same(r#"{"lockOKMQSet":[{"brokerName":"a","queueId":0,"topic":"T"}]}"#, &locked);
}

#[test]
fn requests_about_pops_have_javas_form() {
    same(
        r#"{"consumerGroup":"g","mode":"POP","popShareQueueNum":2,"topic":"T"}"#,
        &SetMessageRequestModeRequestBody {
            consumer_group: "g".into(),
            mode: MessageRequestMode::Pop,
            pop_share_queue_num: 2,
            topic: "T".into(),
        },
    );
    let asks = RemotingCommand::request(RequestCode::NOTIFICATION)
        .with_ext_field("consumerGroup", "g")
        .with_ext_field("topic", "T")
        .with_ext_field("queueId", "-1")
        .with_ext_field("pollTime", "15000")
        .with_ext_field("bornTime", "1700000000000")
        .with_ext_field("order", "false");
    let header: NotificationRequestHeader<&str> = asks.header().expect("a header");
    assert_eq!((header.queue_id, header.poll_time, header.order), (-1, 15_000, Some(false)));
    let told = NotificationResponseHeader { has_msg: true, polling_full: false };
    let told = RemotingCommand::response(ResponseCode::SUCCESS).with_header(&told);
    let told = told.expect("a header");
    assert_eq!(told.ext_fields().get("hasMsg"), Some("true"));
    assert_eq!(told.ext_fields().get("pollingFull"), Some("false"));
}

#[test]
fn headers_without_their_optional_fields_have_defaults() {
    let request = |fields: &[(&str, &str)]| {
        let mut request = RemotingCommand::request(1);
        request.ext_fields_mut().extend(fields.iter().copied());
        request
    };
    let search = request(&[("topic", "T"), ("queueId", "1"), ("timestamp", "9")]);
    let header: SearchOffsetRequestHeader<&str> = search.header().expect("a header");
    assert_eq!(header.boundary_type, BoundaryType::Lower);
    for (text, expected) in [
        ("UPPER", BoundaryType::Upper),
        ("upper", BoundaryType::Upper),
        ("LOWER", BoundaryType::Lower),
        ("x", BoundaryType::Lower),
    ] {
        let search = search.clone().with_ext_field("boundaryType", text);
        assert_eq!(
            search.header::<SearchOffsetRequestHeader<&str>>().expect(text).boundary_type,
            expected
        );
    }
    let reset = request(&[("topic", "T"), ("group", "g")]);
    let header: ResetOffsetRequestHeader<&str> = reset.header().expect("a header");
    assert_eq!((header.timestamp, header.is_force, header.queue_id), (-1, false, None));
    let leave = request(&[("clientID", "c"), ("producerGroup", "")]);
    let header: UnregisterClientRequestHeader<&str> = leave.header().expect("a header");
    assert_eq!(
        (header.client_id, header.producer_group, header.consumer_group),
        ("c", Some(""), None)
    );
}

#[test]
fn settings_have_javas_defaults() {
    let config: TopicConfig = json::from_slice(br#"{"topicName":"T"}"#).expect("a topic");
    assert_eq!(config, TopicConfig { topic_name: "T".into(), ..Default::default() });
    assert_eq!((config.read_queue_nums, config.perm), (16, 6));
    let group: SubscriptionGroupConfig =
        json::from_slice(br#"{"groupName":"g"}"#).expect("a group");
    assert!(group.consume_enable && group.notify_consumer_ids_changed_enable);
    assert_eq!((group.retry_max_times, group.retry_queue_nums), (16, 1));
    let subscription = SubscriptionData::tags("T", "*");
    assert_eq!((subscription.sub_string.as_str(), subscription.tags_set.len()), ("*", 0));
    assert_eq!(SubscriptionData::tags("T", "zzzzzz").code_set, [-685_785_664]);
}

#[test]
fn a_registration_has_javas_form() {
    let topic = TopicConfig {
        attributes: [("message.type".into(), "FIFO".into())].into(),
        topic_name: "T".into(),
        read_queue_nums: 4,
        write_queue_nums: 4,
        topic_filter_type: TopicFilterType::MultiTag,
        ..Default::default()
    };
    let body = RegisterBrokerBody {
        topic_config_serialize_wrapper: TopicConfigSerializeWrapper {
            data_version: DataVersion {
                counter: 2,
                state_version: 0,
                timestamp: 1_700_000_000_000,
            },
            topic_config_table: [("T".into(), topic)].into(),
        },
        ..Default::default()
    };
    same(
        r#"{"filterServerList":[],"topicConfigSerializeWrapper":{"dataVersion":{"counter":2,"stateVersion":0,"timestamp":1700000000000},"topicConfigTable":{"T":{"attributes":{"message.type":"FIFO"},"order":false,"perm":6,"readQueueNums":4,"topicFilterType":"MULTI_TAG","topicName":"T","topicSysFlag":0,"writeQueueNums":4}}}}"#,
        &body,
    );
}

/// fastjson writes maps whose keys are objects in a form that no other parser reads.
#[test]
fn tables_by_queue_have_objects_as_names() {
    let stats = TopicStatsTable {
        offset_table: BTreeMap::from([(
            queue(0),
            TopicOffset { max_offset: 7, ..Default::default() },
        )]),
        topic_put_tps: 0.5,
    };
    same(
        r#"{"offsetTable":{{"brokerName":"a","queueId":0,"topic":"T"}:{"lastUpdateTimestamp":0,"maxOffset":7,"minOffset":0}},"topicPutTps":0.5}"#,
        &stats,
    );
    let reset = ResetOffsetBody { offset_table: BTreeMap::from([(queue(0), 0), (queue(1), 3)]) };
    same(
        r#"{"offsetTable":{{"brokerName":"a","queueId":0,"topic":"T"}:0,{"brokerName":"a","queueId":1,"topic":"T"}:3}}"#,
        &reset,
    );
    let info: ConsumerRunningInfo = json::from_slice(
        br#"{"jstack":null,"mqTable":{{"brokerName":"a","queueId":0,"topic":"T"}:{"cachedMsgSizeInMiB":1,"commitOffset":5,"locked":true}},
            "mqPopTable":{},"properties":{"PROP_CONSUME_TYPE":"CONSUME_PASSIVELY","PROP_CONSUMER_START_TIMESTAMP":1700000000000},
            "statusTable":{"T":{"consumeOKTPS":1.5,"pullRT":0.25}},"subscriptionSet":[{"topic":"T"}]}"#,
    )
    .expect("running info");
    assert_eq!(
        (info.mq_table[&queue(0)].cached_msg_size_in_mib, info.mq_table[&queue(0)].locked),
        (1, true)
    );
    assert_eq!(info.properties["PROP_CONSUMER_START_TIMESTAMP"], "1700000000000");
    assert_eq!(
        (info.status_table["T"].consume_ok_tps, info.status_table["T"].pull_rt),
        (1.5, 0.25)
    );
    let result: ConsumeMessageDirectlyResult = json::from_slice(
        br#"{"autoCommit":true,"consumeResult":"CR_SUCCESS","order":false,"spentTimeMills":3}"#,
    )
    .expect("a result");
    assert_eq!(
        (result.consume_result, result.spent_time_mills),
        (Some(ConsumeResult::CrSuccess), 3)
    );
}

#[test]
fn a_send_becomes_a_stored_message() {
    let mut header = SendHeader::new("producers", "T", -1);
    header.sys_flag = 769 | sys_flag::PREPARED;
    header.flag = 9;
    let request = header.request().with_body("hello");
    let header = SendHeader::read(&request).expect("a header");
    let store_host: SocketAddr = ([127, 0, 0, 1], 10911).into();
    let message = StoredMessage::from_send(&request, &header, store_host, 7);
    assert_eq!((message.topic, message.body, message.queue_id), ("T", &b"hello"[..], 0));
    assert_eq!((message.queue_offset, message.flag, message.sys_flag), (7, 9, 769));
    assert_eq!((message.store_host, message.born_host), (store_host, ([0, 0, 0, 0], 0).into()));
    assert!(message.store_timestamp >= message.born_timestamp);
    for (addr, host) in [
        ("10.0.0.1:5", "10.0.0.1:5"),
        ("[::1]:5", "127.0.0.1:5"),
        ("[::ffff:10.0.0.1]:5", "10.0.0.1:5"),
        ("[2001:db8::1]:5", "0.0.0.0:5"),
        ("host:5", "0.0.0.0:0"),
    ] {
        assert_eq!(ipv4_host(Some(&Addr::from(addr))).to_string(), host, "{addr}");
    }
}
