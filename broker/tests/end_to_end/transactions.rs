//! Transactions.

use crate::heartbeats::heartbeat;
use crate::support::peer::{Message, Peer};
use crate::support::requests::{Sent, request};
use crate::support::running::Running;
use rocketmq_tower::message::sys_flag::{COMMIT, ROLLBACK};
use rocketmq_tower::{RemotingCommand, RequestCode, ResponseCode};
use rocketmq_tower_broker::Broker;
use std::time::Duration;

/// Java's value for an outcome that is not known yet.
const UNKNOWN: i32 = 0;

const HALF: [(&str, &str); 4] =
    [("TRAN_MSG", "true"), ("PGROUP", "producers"), ("UNIQ_KEY", "AB01"), ("TAGS", "a")];

fn end(half: &Sent, what: i32) -> RemotingCommand {
    let fields = [
        ("producerGroup", "producers"),
        ("tranStateTableOffset", &half.queue_offset.to_string()),
        ("commitLogOffset", &half.commit_log_offset().to_string()),
        ("commitOrRollback", &what.to_string()),
        ("fromTransactionCheck", "false"),
        ("msgId", "AB01"),
    ];
    request(RequestCode::END_TRANSACTION, &fields)
}

async fn begin(client: &Peer) -> Sent {
    let half = client.send_with("T", 1, &HALF, "whole").await;
    assert_eq!(half.transaction_id.as_deref(), Some("AB01"));
    assert_eq!(client.max("T", 1).await, 0, "consumers must not see it yet");
    half
}

#[tokio::test]
async fn a_committed_message_is_delivered_once() {
    let running = Running::start(Broker::builder().topic("T", 2)).await;
    let client = running.client().await;
    let half = begin(&client).await;
    client.get(end(&half, COMMIT)).await;
    let [whole] = &client.all("T", 1).await[..] else { panic!("one message") };
    assert_eq!((whole.body.as_str(), whole.queue_id), ("whole", 1));
    assert_eq!(whole.sys_flag, COMMIT);
    assert_eq!(whole.prepared_at, half.commit_log_offset());
    for (name, value) in [
        ("TRAN_MSG", None),
        ("REAL_TOPIC", None),
        ("REAL_QID", None),
        ("PGROUP", Some("producers")),
        ("UNIQ_KEY", Some("AB01")),
        ("TAGS", Some("a")),
    ] {
        assert_eq!(whole.property(name), value, "{name}");
    }

    for again in [COMMIT, ROLLBACK] {
        let refused = client.refusal(end(&half, again)).await;
        assert_eq!(refused.0, ResponseCode::SYSTEM_ERROR, "{}", refused.1);
    }
    assert_eq!(client.max("T", 1).await, 1);
    running.end().await;
}

#[tokio::test]
async fn two_commits_at_a_time_deliver_one_message() {
    let running = Running::start(Broker::builder().topic("T", 2)).await;
    let (one, two) = (running.client().await, running.client().await);
    let half = begin(&one).await;
    let responses = tokio::join!(one.call(end(&half, COMMIT)), two.call(end(&half, COMMIT)));
    let mut codes = [responses.0, responses.1].map(|response| response.code());
    codes.sort_unstable();
    assert_eq!(codes, [0, 1]);
    assert_eq!(one.max("T", 1).await, 1);
    running.end().await;
}

#[tokio::test]
async fn a_message_that_is_rolled_back_is_never_delivered() {
    let running = Running::start(Broker::builder().topic("T", 2)).await;
    let client = running.client().await;
    let half = begin(&client).await;
    client.get(end(&half, ROLLBACK)).await;
    let refused = client.refusal(end(&half, COMMIT)).await;
    assert_eq!(refused.0, ResponseCode::SYSTEM_ERROR, "{}", refused.1);
    assert_eq!(client.max("T", 1).await, 0);
    running.end().await;
}

#[tokio::test]
async fn a_transaction_is_ended_only_by_a_request_that_matches_it() {
    let running = Running::start(Broker::builder().topic("T", 2)).await;
    let client = running.client().await;
    let half = begin(&client).await;
    let commit = |name, value| end(&half, COMMIT).with_ext_field(name, value);
    for wrong in [
        commit("producerGroup", "others"),
        commit("tranStateTableOffset", "1"),
        commit("commitLogOffset", "7"),
        commit("commitLogOffset", "-1"),
    ] {
        let refused = client.refusal(wrong).await;
        assert_eq!(refused.0, ResponseCode::SYSTEM_ERROR, "{}", refused.1);
    }
    assert_eq!(client.max("T", 1).await, 0);
    // It is still open.
    client.get(end(&half, COMMIT)).await;
    assert_eq!(client.max("T", 1).await, 1);
    running.end().await;
}

#[tokio::test]
async fn a_producer_of_the_group_is_asked_for_the_outcome_of_an_open_transaction() {
    let running = Running::start(
        Broker::builder()
            .topic("T", 2)
            .transaction_timeout(Duration::from_secs(0))
            .transaction_check_interval(Duration::from_secs(1)),
    )
    .await;
    let (client, mut other) = (running.client().await, running.client().await);
    let half = begin(&client).await;
    client.get(end(&half, UNKNOWN)).await;
    // Any producer of the group may be asked, also one that has not sent it.
    other.get(heartbeat("other", &[], &["producers"])).await;

    for _ in 0..2 {
        let asked = other.pushed().await;
        assert_eq!(asked.request_code(), RequestCode::CHECK_TRANSACTION_STATE);
        assert!(asked.is_oneway());
        let [message] = &Message::all(&asked)[..] else { panic!("one message: {asked:?}") };
        assert_eq!((message.topic.as_str(), message.queue_id), ("T", 1));
        assert_eq!(message.body, "whole");
        for (name, value) in HALF {
            assert_eq!(message.property(name), Some(value), "{name}");
        }
        let offset = half.commit_log_offset().to_string();
        for (name, value) in [
            ("tranStateTableOffset", "0"),
            ("commitLogOffset", offset.as_str()),
            ("msgId", "AB01"),
            ("transactionId", "AB01"),
            ("offsetMsgId", half.msg_id.as_str()),
        ] {
            assert_eq!(asked.ext_fields().get(name), Some(value), "{name}");
        }
    }
    let commit = end(&half, COMMIT).with_ext_field("fromTransactionCheck", "true");
    other.get(commit).await;
    assert_eq!(client.all("T", 1).await[0].body, "whole");
    running.end().await;
}
