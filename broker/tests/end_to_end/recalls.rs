//! Delayed messages that their producers take back.

use crate::support::PATIENCE;
use crate::support::folder::Folder;
use crate::support::peer::{Peer, bodies};
use crate::support::requests::{Pull, now_ms};
use crate::support::running::Running;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE;
use rocketmq_tower::protocol::{RecallMessageRequestHeader, RecallMessageResponseHeader};
use rocketmq_tower::{RemotingCommand, RequestCode, ResponseCode};
use rocketmq_tower_broker::Broker;
use std::time::Duration;
use tokio::task::JoinSet;
use tokio::time::sleep;

/// More than a test takes.
const LONG: &str = "100000";

fn recall(topic: &str, handle: &str) -> RemotingCommand {
    let header = RecallMessageRequestHeader {
        producer_group: Some("producers"),
        topic,
        recall_handle: handle,
        broker_name: Some("broker-a"),
    };
    RemotingCommand::request(RequestCode::RECALL_MESSAGE).with_header(&header).unwrap()
}

/// Sends a delayed message with an id, and returns its handle.
async fn send(client: &Peer, delay: (&str, &str), id: &str) -> String {
    let sent = client.send_with("T", 0, &[delay, ("UNIQ_KEY", id)], id).await;
    sent.recall_handle.clone().expect("a handle")
}

/// Waits for the message `last`, and returns the bodies of all in the queue.
async fn until(client: &Peer, last: &str) -> Vec<String> {
    let mut all: Vec<String> = Vec::new();
    while all.iter().all(|body| body != last) {
        let pull = Pull::new("T", 0).at(all.len() as i64).waits(20_000);
        all.extend(bodies(&client.get(pull.request()).await));
    }
    all
}

#[tokio::test]
async fn a_recalled_message_is_never_delivered() {
    let folder = Folder::new();
    let broker = || Broker::builder().data_dir(folder.path()).topic("T", 1);
    let running = Running::start(broker()).await;
    let client = running.client().await;
    let due = now_ms() + 3000;
    let recalled = send(&client, ("TIMER_DELIVER_MS", &due.to_string()), "recalled").await;
    let kept = send(&client, ("TIMER_DELIVER_MS", &(due + 1).to_string()), "kept").await;
    let response = client.get(recall("T", &recalled)).await;
    let header: RecallMessageResponseHeader = response.header().unwrap();
    assert_eq!(header.msg_id, "recalled");
    assert_eq!(response.ext_fields().get("MSG_REGION"), Some("DefaultRegion"));
    running.end().await;

    let running = Running::start(broker()).await;
    let client = running.client().await;
    assert_eq!(until(&client, "kept").await, ["kept"]);
    let (code, remark) = client.refusal(recall("T", &kept)).await;
    assert_eq!(code, ResponseCode::ILLEGAL_OPERATION);
    assert_eq!(remark, "recall failed, the delivery time is over");
    running.end().await;
}

#[tokio::test]
async fn a_message_is_delivered_or_recalled() {
    let running = Running::start(Broker::builder().topic("T", 1)).await;
    let client = running.client().await;
    let due = now_ms() + 500;
    let mut handles = Vec::new();
    for number in 0..200 {
        let at = (due + number).to_string();
        handles.push(send(&client, ("TIMER_DELIVER_MS", &at), &number.to_string()).await);
    }
    let last = (due + 300).to_string();
    client.send_with("T", 0, &[("TIMER_DELIVER_MS", &last)], "last").await;
    let mut recalls = JoinSet::new();
    // Those in the middle are recalled at about their time.
    for (number, handle) in handles.into_iter().enumerate() {
        let channel = client.channel.clone();
        let at = due + number as i64;
        recalls.spawn(async move {
            sleep(Duration::from_millis((at - 2 - now_ms()).max(0) as u64)).await;
            let answer = channel.invoke(recall("T", &handle), PATIENCE).await.unwrap();
            answer.response_code().is_success().then(|| number.to_string())
        });
    }
    let mut all = until(&client, "last").await;
    while let Some(recalled) = recalls.join_next().await {
        all.extend(recalled.unwrap());
    }
    all.retain(|body| body != "last");
    all.sort_by_key(|number| number.parse::<u32>().unwrap());
    assert_eq!(all, (0..200).map(|number| number.to_string()).collect::<Vec<_>>());
    running.end().await;
}

#[tokio::test]
async fn a_recall_that_cannot_be_done_says_why() {
    let running = Running::start(Broker::builder().topic("T", 1).topic("U", 1)).await;
    let client = running.client().await;
    let handle = send(&client, ("TIMER_DELAY_MS", LONG), "one").await;
    let refused = async |request| {
        let (code, remark) = client.refusal(request).await;
        assert_eq!(code, ResponseCode::ILLEGAL_OPERATION, "{remark}");
        remark
    };
    assert!(refused(recall("U", &handle)).await.ends_with("the topic does not match"));
    for bad in ["", "no handle", "djEgVCBicm9rZXItYQ=="] {
        assert!(refused(recall("T", bad)).await.ends_with("the handle is invalid"));
    }
    let forged = String::from_utf8(URL_SAFE.decode(&handle).unwrap()).unwrap();
    let forged = URL_SAFE.encode(forged.replace("one", "two"));
    assert!(refused(recall("T", &forged)).await.contains("the message is unknown"));
    let (code, _) = client.refusal(recall("None", &handle)).await;
    assert_eq!(code, ResponseCode::TOPIC_NOT_EXIST);
    client.get(recall("T", &handle)).await;
    let again = refused(recall("T", &handle)).await;
    assert!(again.ends_with("was delivered or recalled before"), "{again}");
    running.end().await;

    let other = Running::start(Broker::builder().broker_name("other").topic("T", 1)).await;
    let client = other.client().await;
    let (_, remark) = client.refusal(recall("T", &handle)).await;
    assert!(remark.ends_with("the message is at another broker"), "{remark}");
    other.end().await;
}

#[tokio::test]
async fn only_a_delayed_message_of_a_producer_can_be_recalled() {
    let running = Running::start(Broker::builder().topic("T", 1)).await;
    let client = running.client().await;
    let by_level = send(&client, ("DELAY", "18"), "by-level").await;
    client.get(recall("T", &by_level)).await;
    for (topic, properties) in [
        ("T", &[][..]),
        ("T", &[("TIMER_DELIVER_MS", "1")]),
        ("T", &[("TIMER_DELAY_MS", LONG), ("TRAN_MSG", "true")]),
        ("T", &[("TIMER_DELAY_MS", LONG), ("UNIQ_KEY", "an id")]),
        ("%RETRY%g", &[("DELAY", "3")]),
    ] {
        let sent = client.send_with(topic, 0, properties, "x").await;
        assert_eq!(sent.recall_handle, None, "{topic} {properties:?}");
    }
    running.end().await;
}
