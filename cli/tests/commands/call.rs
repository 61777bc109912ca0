//! `call`

use crate::start;
use crate::support::folder::Folder;
use serde_json::{Value, json};

#[tokio::test]
async fn the_response_is_printed_as_json() {
    let (broker, tower) = start().await;
    let call = ["call", &broker.names, "GET_ROUTEINFO_BY_TOPIC", "--field", "topic=T"];
    let text = tower.ok(&call).await;
    assert!(text.lines().count() > 5, "for people it is indented: {text}");
    let indented: Value = serde_json::from_str(&text).unwrap();
    let lines = tower.json(&call).await;
    assert_eq!(lines.len(), 1);
    for response in [&indented, &lines[0]] {
        assert_eq!((&response["code"], &response["name"]), (&json!(0), &json!("SUCCESS")));
        assert_eq!(response["serializeType"], "JSON");
        assert!(response["body"].as_str().unwrap().contains("queueDatas"), "{response}");
    }
    let by_number = ["call", &broker.names, "105", "--field", "topic=T", "--binary", "--version=1"];
    let response = &tower.json(&by_number).await[0];
    assert_eq!((&response["code"], &response["serializeType"]), (&json!(0), &json!("ROCKETMQ")));
    broker.end().await;
}

#[tokio::test]
async fn a_body_is_on_the_command_line_in_a_file_or_on_stdin() {
    let (broker, tower) = start().await;
    let folder = Folder::new();
    let file = folder.path().join("body");
    std::fs::write(&file, [0xff, 0, 1]).unwrap();
    let send = ["call", &broker.broker, "SEND_MESSAGE", "--field=topic=T", "--field=queueId=0"];
    let rest = [
        "--field=producerGroup=g",
        "--field=defaultTopic=TBW102",
        "--field=defaultTopicQueueNums=4",
        "--field=sysFlag=0",
        "--field=bornTimestamp=0",
        "--field=flag=0",
    ];
    let send = [&send[..], &rest].concat();
    tower.json(&[&send[..], &["--body", "é"]].concat()).await;
    tower.json(&[&send[..], &["--body-file", file.to_str().unwrap()]].concat()).await;
    let fed = tower.feed(&[&send[..], &["--body-file=-"]].concat(), b"from stdin").await;
    assert_eq!(fed.code, Some(0), "{fed:?}");
    let pulled = tower.json(&["pull", "T", "--queue=0"]).await;
    assert_eq!(pulled[0]["body"], "é");
    assert_eq!((&pulled[1]["bodyHex"], pulled[1].get("body")), (&json!("ff0001"), None));
    assert_eq!(pulled[2]["body"], "from stdin");
    broker.end().await;
}

#[tokio::test]
async fn a_response_that_is_no_success_is_printed_and_ends_with_1() {
    let (broker, tower) = start().await;
    let call = ["call", &broker.names, "GET_ROUTEINFO_BY_TOPIC", "--field=topic=None", "--json"];
    let done = tower.run(&call).await;
    assert_eq!(done.code, Some(1));
    let response: Value = serde_json::from_str(&done.stdout).unwrap();
    assert_eq!(response["name"], "TOPIC_NOT_EXIST");
    let error = done.error();
    assert_eq!((&error["code"], &error["name"]), (&json!(17), &json!("TOPIC_NOT_EXIST")));
    assert_eq!((&error["kind"], &error["exitCode"]), (&json!("refused"), &json!(1)));
    broker.end().await;
}

#[tokio::test]
async fn a_oneway_request_prints_nothing() {
    let (broker, tower) = start().await;
    let call = ["call", &broker.names, "GET_BROKER_CLUSTER_INFO", "--oneway"];
    assert_eq!(tower.ok(&call).await, "");
    broker.end().await;
}

#[tokio::test]
async fn requests_that_make_no_sense_end_with_2() {
    let (broker, tower) = start().await;
    for arguments in [
        &["call", &broker.names, "NO_SUCH_CODE"][..],
        &["call", &broker.names],
        &["call", &broker.names, "105", "--field", "topic"],
        &["call", &broker.names, "105", "--body=a", "--body-file=b"],
        &["call", "localhost", "105"],
        &["call", &broker.names, "105", "--body-file=/no/such/file"],
        &["call", &broker.names, "105", "--timeout=3"],
    ] {
        let done = tower.run(arguments).await;
        assert_eq!(done.code, Some(2), "{arguments:?}: {done:?}");
        assert!(done.stderr.starts_with("error: "), "{done:?}");
    }
    broker.end().await;
}
