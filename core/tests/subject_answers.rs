//! `Subject::rewrite_answer`, with the texts that Java's servers write.
#![allow(clippy::expect_used, clippy::unwrap_used, clippy::panic, reason = "test code")]

use rocketmq_tower_core::subject::{Change, Kind, Rewritten, Subject};
use rocketmq_tower_core::{RemotingCommand, RequestCode as Code, ResponseCode};

/// `A.` is taken off, and all other names go.
fn plain(_: Kind, name: &str) -> Change {
    name.strip_prefix("A.").map_or(Change::Remove, |name| Change::Replace(name.to_owned()))
}

fn told(code: Code, body: &str) -> String {
    let mut answer = RemotingCommand::response(ResponseCode::SUCCESS).with_body(body.to_owned());
    match Subject::rewrite_answer(code, &mut answer, plain).unwrap() {
        Rewritten::Kept => String::from_utf8(answer.body().to_vec()).unwrap(),
        Rewritten::Gone => "gone".into(),
    }
}

#[test]
fn names_of_others_are_left_out() {
    for (code, body, expected) in [
        (
            Code::GET_ALL_TOPIC_CONFIG,
            r#"{"dataVersion":{"counter":7},"topicConfigTable":{"A.T":{"perm":6,"topicName":"A.T"},"B.T":{"topicName":"B.T"}}}"#,
            r#"{"topicConfigTable":{"T":{"perm":6,"topicName":"T"}}}"#,
        ),
        (
            Code::GET_ALL_SUBSCRIPTIONGROUP_CONFIG,
            r#"{"forbiddenTable":{"A.g":{"A.T":1,"B.T":1},"B.g":{}},"subscriptionGroupTable":{"B.g":{"groupName":"B.g"},"A.g":{"groupName":"A.g","subscriptionDataSet":[{"topic":"A.T"}]}}}"#,
            r#"{"forbiddenTable":{"g":{"T":1}},"subscriptionGroupTable":{"g":{"groupName":"g","subscriptionDataSet":[{"topic":"T"}]}}}"#,
        ),
        (
            Code::GET_CONSUME_STATS,
            r#"{"consumeTps":0.0,"offsetTable":{{"brokerName":"b","queueId":0,"topic":"A.T"}:{"brokerOffset":1},{"brokerName":"b","queueId":0,"topic":"B.T"}:{}}}"#,
            r#"{"consumeTps":0.0,"offsetTable":{{"brokerName":"b","queueId":0,"topic":"T"}:{"brokerOffset":1}}}"#,
        ),
        (
            Code::GET_BROKER_CONSUME_STATS,
            r#"{"brokerAddr":"a","consumeStatsList":[{"A.g":[{"offsetTable":{{"topic":"A.T"}:{}}}]},{"B.g":[]}],"totalDiff":7}"#,
            r#"{"brokerAddr":"a","consumeStatsList":[{"g":[{"offsetTable":{{"topic":"T"}:{}}}]}]}"#,
        ),
        (
            Code::GET_CONSUMER_CONNECTION_LIST,
            r#"{"connectionSet":[{"clientId":"B.me"},{"clientAddr":"x","clientId":"A.me"}],"subscriptionTable":{"A.T":{"topic":"A.T"}}}"#,
            r#"{"connectionSet":[{"clientAddr":"x","clientId":"me"}],"subscriptionTable":{"T":{"topic":"T"}}}"#,
        ),
        (
            Code::GET_ALL_PRODUCER_INFO,
            r#"{"data":{"A.p":[{"clientId":"A.me"}],"B.p":[{"clientId":"B.me"}]}}"#,
            r#"{"data":{"p":[{"clientId":"me"}]}}"#,
        ),
        (
            Code::INVOKE_BROKER_TO_GET_CONSUMER_STATUS,
            r#"{"consumerTable":{"A.me":{{"topic":"A.T"}:1},"B.me":{}},"messageQueueTable":{{"topic":"B.T"}:2}}"#,
            r#"{"consumerTable":{"me":{{"topic":"T"}:1}},"messageQueueTable":{}}"#,
        ),
        (
            Code::INVOKE_BROKER_TO_RESET_OFFSET,
            r#"{"offsetTable":[{"offset":1,"topic":"A.T"}]}"#,
            r#"{"offsetTable":[{"offset":1,"topic":"T"}]}"#,
        ),
        (
            Code::GET_KVLIST_BY_NAMESPACE,
            r#"{"table":{"A.T":"b:4","B.T":"b:4"}}"#,
            r#"{"table":{"T":"b:4"}}"#,
        ),
        (
            Code::GET_CONSUMER_LIST_BY_GROUP,
            r#"{"consumerIdList":["B.me","A.me"]}"#,
            r#"{"consumerIdList":["me"]}"#,
        ),
        (Code::GET_TOPIC_CONFIG, r#"{"topicName":"B.T"}"#, "gone"),
        (Code::GET_BROKER_CONFIG, "a=b", "gone"),
        (7777.into(), "A.T", "gone"),
        (Code::HEART_BEAT, "A.T", ""),
    ] {
        assert_eq!(told(code, body), expected, "{code}");
    }
}

#[test]
fn counts_of_others_are_left_out_of_fields() {
    let mut answer = RemotingCommand::response(0)
        .with_ext_field("totalTopicNum", "9")
        .with_ext_field("other", "1");
    let rewritten = Subject::rewrite_answer(Code::GET_ALL_TOPIC_CONFIG, &mut answer, plain);
    assert_eq!(rewritten.unwrap(), Rewritten::Kept);
    assert_eq!(answer.ext_fields().iter().collect::<Vec<_>>(), [("other", "1")]);
}

#[test]
fn requests_are_rewritten_beyond_their_subject() {
    let mut request = RemotingCommand::request(Code::SEND_MESSAGE_V2)
        .with_ext_field("b", "T")
        .with_ext_field("c", "TBW102")
        .with_ext_field("i", "KEYS\u{1}k\u{2}PGROUP\u{1}g\u{2}REPLY_TO_CLIENT\u{1}me\u{2}");
    let mut names = Vec::new();
    let rewritten = Subject::rewrite(&mut request, |kind, name| {
        names.push(format!("{kind} {name}"));
        Change::Replace(format!("A.{name}"))
    });
    assert_eq!(rewritten.unwrap(), Rewritten::Kept);
    assert_eq!(names, ["topic T", "template TBW102", "producer group g", "client me"]);
    let fields: Vec<_> = request.ext_fields().iter().map(|(_, value)| value.to_owned()).collect();
    let properties = "KEYS\u{1}k\u{2}PGROUP\u{1}A.g\u{2}REPLY_TO_CLIENT\u{1}A.me\u{2}";
    assert_eq!(fields, ["A.T", "A.TBW102", properties]);
}

#[test]
fn what_acts_on_a_broker_is_not_named() {
    let named = |code: Code| Subject::is_named(&RemotingCommand::request(code));
    for code in [
        Code::GET_BROKER_RUNTIME_INFO,
        Code::CLEAN_UNUSED_TOPIC,
        Code::GET_ALL_CONSUMER_OFFSET,
        7777.into(),
    ] {
        assert!(!named(code), "{code}");
    }
    for code in [Code::SEND_MESSAGE_V2, Code::GET_ALL_TOPIC_CONFIG, Code::GET_BROKER_CLUSTER_INFO] {
        assert!(named(code), "{code}");
    }
    assert!(!named(Code::GET_KV_CONFIG));
    let order = RemotingCommand::request(Code::GET_KV_CONFIG);
    assert!(Subject::is_named(&order.with_ext_field("namespace", "ORDER_TOPIC_CONFIG")));
}
