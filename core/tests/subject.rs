//! `subject`.
#![allow(clippy::expect_used, clippy::unwrap_used, clippy::panic, reason = "test code")]

use rocketmq_tower_core::message::SendHeader;
use rocketmq_tower_core::protocol::{
    ConsumerData, HeartbeatData, LockBatchRequestBody, MessageQueue, ProducerData,
    SubscriptionData, UnregisterClientRequestHeader,
};
use rocketmq_tower_core::subject::{Action, Answer, Kind, Subject};
use rocketmq_tower_core::{RemotingCommand, RequestCode};
use std::error::Error;

/// The names of a request, each with the first letter of its kind.
fn names(request: &RemotingCommand) -> Vec<String> {
    let subject = Subject::of(request).expect("readable");
    subject.names().map(|(kind, name)| format!("{}:{name}", &kind.name()[..1])).collect()
}

fn request(code: RequestCode, fields: &[(&str, &str)]) -> RemotingCommand {
    fields.iter().fold(RemotingCommand::request(code), |request, (name, value)| {
        request.with_ext_field(name, value)
    })
}

fn heartbeat() -> RemotingCommand {
    let subscriptions =
        ["orders", "%RETRY%billing"].map(|topic| SubscriptionData::tags(topic, "*"));
    let data = HeartbeatData {
        client_id: "10.0.0.1@7".into(),
        consumer_data_set: vec![ConsumerData {
            group_name: "billing".into(),
            subscription_data_set: subscriptions.into(),
            ..ConsumerData::default()
        }],
        producer_data_set: vec![ProducerData { group_name: "shop".into() }],
        ..HeartbeatData::default()
    };
    RemotingCommand::request(RequestCode::HEART_BEAT).with_json(&data).unwrap()
}

#[test]
fn every_code_has_an_entry_and_others_are_unknown() {
    for code in RequestCode::ALL {
        assert_ne!(Action::of(*code), Action::Unknown, "{code}");
    }
    for code in [-1, 0, 9, 77, 200_152, i32::MAX, i32::MIN] {
        let request = request(code.into(), &[("topic", "T")]).with_body("[");
        let subject = Subject::of(&request).unwrap();
        assert_eq!((subject.action(), subject.names().count()), (Action::Unknown, 0), "{code}");
    }
}

#[test]
fn actions_have_names() {
    for action in Action::ALL {
        assert_eq!(action.to_string().parse(), Ok(action));
    }
    assert!("Send".parse::<Action>().is_err());
}

#[test]
fn names_are_where_java_has_them() {
    use RequestCode as C;
    let all = [
        ("topic", "T"),
        ("b", "B"),
        ("originTopic", "O"),
        ("topicList", "X;Y;"),
        ("key", "K"),
        ("group", "g"),
        ("consumerGroup", "c"),
        ("groupName", "n"),
        ("srcGroup", "s"),
        ("destGroup", "d"),
        ("compareGroup", "m"),
        ("filterGroups", "f1,f2"),
        ("a", "a"),
        ("producerGroup", "p"),
        ("namespace", "ORDER_TOPIC_CONFIG"),
    ];
    for (code, expected) in [
        (C::SEND_MESSAGE, "t:T p:p"),
        (C::SEND_MESSAGE_V2, "t:B p:a"),
        (C::SEND_BATCH_MESSAGE, "t:B p:a"),
        (C::SEND_REPLY_MESSAGE_V2, "t:B p:a"),
        (C::PULL_MESSAGE, "t:T g:c"),
        (C::LITE_PULL_MESSAGE, "t:T g:c"),
        (C::POP_MESSAGE, "t:T g:c"),
        (C::ACK_MESSAGE, "t:T g:c"),
        (C::UPDATE_CONSUMER_OFFSET, "t:T g:c"),
        (C::CONSUMER_SEND_MSG_BACK, "t:O g:g"),
        (C::END_TRANSACTION, "t:T p:p"),
        (C::UNREGISTER_CLIENT, "g:c p:p"),
        (C::UPDATE_AND_CREATE_TOPIC, "t:T"),
        (C::DELETE_TOPIC_IN_BROKER, "t:T"),
        (C::DELETE_SUBSCRIPTIONGROUP, "g:n"),
        (C::INVOKE_BROKER_TO_RESET_OFFSET, "t:T g:g"),
        (C::CLONE_GROUP_OFFSET, "t:T g:s g:d"),
        (C::GET_CONSUME_STATS, "g:c t:T t:X t:Y"),
        (C::QUERY_CORRECTION_OFFSET, "t:T g:m g:f1 g:f2"),
        (C::GET_ROUTEINFO_BY_TOPIC, "t:T"),
        (C::PUT_KV_CONFIG, "t:K"),
        (C::GET_BROKER_CLUSTER_INFO, ""),
        (C::UPDATE_BROKER_CONFIG, ""),
    ] {
        assert_eq!(names(&request(code, &all)).join(" "), expected, "{code}");
    }
    let other = request(C::PUT_KV_CONFIG, &[("namespace", "other"), ("key", "K")]);
    assert!(names(&other).is_empty(), "a key of another namespace is no topic");
}

#[test]
fn typed_headers_agree() {
    let send = SendHeader::new("shop", "orders", 3).request();
    assert_eq!(names(&send), ["t:orders", "p:shop"]);
    let subject = Subject::of(&send).unwrap();
    assert_eq!((subject.action(), subject.queue()), (Action::Send, Some(3)));
    assert_eq!((subject.client(), subject.answer()), (None, Answer::Nothing));

    let header = UnregisterClientRequestHeader {
        client_id: "me",
        producer_group: Some(""),
        consumer_group: Some("billing"),
    };
    let request = RemotingCommand::request(RequestCode::UNREGISTER_CLIENT).with_header(&header);
    let request = request.unwrap();
    assert_eq!(names(&request), ["g:billing"], "an empty group is none");
    assert_eq!(Subject::of(&request).unwrap().client(), Some("me"));
}

#[test]
fn a_heartbeat_names_groups_and_the_topics_of_their_subscriptions() {
    let heartbeat = heartbeat();
    let subject = Subject::of(&heartbeat).unwrap();
    assert_eq!((subject.action(), subject.client()), (Action::Session, Some("10.0.0.1@7")));
    assert_eq!(subject.groups().collect::<Vec<_>>(), ["billing"]);
    assert_eq!(subject.topics().collect::<Vec<_>>(), ["orders", "%RETRY%billing"]);
    assert_eq!(subject.producer_groups().collect::<Vec<_>>(), ["shop"]);
}

#[test]
fn bodies_name_topics_and_groups() {
    use RequestCode as C;
    let queue = MessageQueue { topic: "T".into(), broker_name: "b".into(), queue_id: 1 };
    let locks = LockBatchRequestBody {
        client_id: "me".into(),
        consumer_group: "g".into(),
        mq_set: vec![queue],
        only_this_broker: false,
    };
    let locks = RemotingCommand::request(C::LOCK_BATCH_MQ).with_json(&locks).unwrap();
    assert_eq!(
        (names(&locks).join(" ").as_str(), Subject::of(&locks).unwrap().client()),
        ("g:g t:T", Some("me"))
    );

    for (code, body, expected) in [
        (
            C::UNLOCK_BATCH_MQ,
            r#"{consumerGroup:"g",mqSet:[{brokerName:"b",queueId:0,topic:"T"}]}"#,
            "g:g t:T",
        ),
        (
            C::CHECK_CLIENT_CONFIG,
            r#"{"clientId":"c","group":"g","subscriptionData":{"topic":"T"}}"#,
            "g:g t:T",
        ),
        (C::QUERY_ASSIGNMENT, r#"{"topic":"T","consumerGroup":"g","clientId":"c"}"#, "t:T g:g"),
        (
            C::SET_MESSAGE_REQUEST_MODE,
            r#"{"topic":"T","consumerGroup":"g","mode":"POP"}"#,
            "t:T g:g",
        ),
        (
            C::UPDATE_AND_CREATE_TOPIC_LIST,
            r#"{"topicConfigList":[{"topicName":"T"},{"topicName":"U"}]}"#,
            "t:T t:U",
        ),
        (C::UPDATE_AND_CREATE_SUBSCRIPTIONGROUP, r#"{"groupName":"g","retryMaxTimes":3}"#, "g:g"),
        (
            C::UPDATE_AND_CREATE_SUBSCRIPTIONGROUP_LIST,
            r#"{"groupConfigList":[{"groupName":"g"}]}"#,
            "g:g",
        ),
        (
            C::BATCH_ACK_MESSAGE,
            r#"{"brokerName":"b","acks":[{"c":"g","t":"T","r":"0"},{"consumerGroup":"h","topic":"U"}]}"#,
            "g:g t:T g:h t:U",
        ),
    ] {
        let request = RemotingCommand::request(code).with_body(body);
        assert_eq!(names(&request).join(" "), expected, "{code}");
    }
}

#[test]
fn a_body_that_cannot_be_read_is_an_error() {
    let broken =
        RemotingCommand::request(RequestCode::HEART_BEAT).with_body(r#"{"consumerDataSet":{}}"#);
    let error = Subject::of(&broken).unwrap_err();
    assert_eq!(error.code, RequestCode::HEART_BEAT);
    assert_eq!(error.to_string(), "cannot read the names in the body of HEART_BEAT");
    assert!(error.source().unwrap().to_string().contains("consumerDataSet"));

    let other = RemotingCommand::request(RequestCode::SEND_MESSAGE_V2).with_body("{");
    assert!(Subject::of(&other).is_ok(), "bodies without names are not read");
}

fn upper(request: &mut RemotingCommand) {
    Subject::rename(request, |kind, name| match kind {
        Kind::ProducerGroup => name.into(),
        _ => name.to_uppercase().into(),
    })
    .expect("readable");
}

#[test]
fn names_in_ext_fields_are_replaced_in_place() {
    let fields = [("consumerGroup", "c"), ("topicList", "x;;y"), ("other", "z")];
    let mut stats = request(RequestCode::GET_CONSUME_STATS, &fields);
    upper(&mut stats);
    let renamed: Vec<_> = stats.ext_fields().iter().collect();
    assert_eq!(renamed, [("consumerGroup", "C"), ("topicList", "X;;Y"), ("other", "z")]);

    let mut send = SendHeader::new("shop", "orders", 3).request().with_body("orders");
    upper(&mut send);
    let header = SendHeader::read(&send).unwrap();
    assert_eq!((header.topic, header.producer_group, header.queue_id), ("ORDERS", "shop", 3));
    assert_eq!(send.body(), "orders");
}

#[test]
fn names_in_bodies_are_replaced_and_the_rest_is_kept() {
    let body = r#"{ "acks":[ {"c":'g"', "t":"\u0074", "x":"t", r:1.50}, {c:null}], "t":"t" }"#;
    let mut request = RemotingCommand::request(RequestCode::BATCH_ACK_MESSAGE).with_body(body);
    upper(&mut request);
    let expected = r#"{ "acks":[ {"c":"G\"", "t":"T", "x":"t", r:1.50}, {c:null}], "t":"t" }"#;
    assert_eq!(request.body(), expected);

    let mut beat = heartbeat();
    upper(&mut beat);
    let data: HeartbeatData = beat.json().unwrap();
    assert_eq!(data.consumer_data_set[0].group_name, "BILLING");
    assert_eq!(data.consumer_data_set[0].subscription_data_set[0].topic, "ORDERS");
    assert_eq!((&*data.producer_data_set[0].group_name, &*data.client_id), ("shop", "10.0.0.1@7"));
}

#[test]
fn a_request_whose_body_cannot_be_read_is_not_renamed() {
    let mut request = request(RequestCode::HEART_BEAT, &[]).with_body("{");
    let before = request.clone();
    Subject::rename(&mut request, |_, name| name.to_uppercase().into()).unwrap_err();
    assert_eq!(request, before);
}
