//! Pulls with an immediate response.

use crate::support::peer::{Peer, bodies};
use crate::support::requests::{Pull, bounds, request};
use crate::support::running::Running;
use rocketmq_tower::{RequestCode, ResponseCode};
use rocketmq_tower_broker::Broker;

async fn send(client: &Peer, texts: &[&str]) {
    for text in texts {
        // The first letter is the tag.
        client.send_with("T", 0, &[("TAGS", &text[..1])], text).await;
    }
}

#[tokio::test]
async fn a_pull_finds_the_messages_from_its_offset_on() {
    let running = Running::start(Broker::builder().topic("T", 1)).await;
    let client = running.client().await;
    send(&client, &["a0", "b1", "a2"]).await;
    for (offset, expected) in [(0, &["a0", "b1", "a2"][..]), (1, &["b1", "a2"]), (2, &["a2"])] {
        let response = client.pull(&Pull::new("T", 0).at(offset)).await;
        assert_eq!(response.response_code(), ResponseCode::SUCCESS);
        assert_eq!((bodies(&response), bounds(&response)), (to_vec(expected), (3, 0, 3)));
    }
    running.end().await;
}

fn to_vec(texts: &[&str]) -> Vec<String> {
    texts.iter().map(|&text| text.to_owned()).collect()
}

#[tokio::test]
async fn a_pull_gets_at_most_the_number_of_messages_that_it_asks_for_but_at_least_one() {
    let running = Running::start(Broker::builder().topic("T", 1)).await;
    let client = running.client().await;
    send(&client, &["a0", "b1", "a2", "a3"]).await;
    for (asked, expected, next) in
        [(0, &["a0"][..], 1), (-1, &["a0"], 1), (1, &["a0"], 1), (2, &["a0", "b1"], 2)]
    {
        let response = client.pull(&Pull::new("T", 0).at_most(asked)).await;
        assert_eq!((bodies(&response), bounds(&response)), (to_vec(expected), (next, 0, 4)));
    }
    // A message that exceeds the maximum size arrives alone.
    let size = client.pull(&Pull::new("T", 0).at_most(1)).await.body().len() as i32;
    for (bytes, expected) in [(1, 1), (2 * size, 2), (2 * size - 1, 1), (-1, 4)] {
        let mut pull = Pull::new("T", 0);
        pull.0.max_msg_bytes = Some(bytes);
        let response = client.pull(&pull).await;
        assert_eq!(bodies(&response).len(), expected, "{bytes} bytes, {size} each");
        assert_eq!(bounds(&response).0, expected as i64);
    }
    running.end().await;
}

#[tokio::test]
async fn messages_with_other_tags_are_skipped() {
    let running = Running::start(Broker::builder().topic("T", 1)).await;
    let client = running.client().await;
    send(&client, &["a0", "b1", "c2", "b3", "a4"]).await;
    let pull = Pull::new("T", 0);
    let response = client.pull(&pull.clone().of_tags("b || c")).await;
    assert_eq!((bodies(&response), bounds(&response)), (to_vec(&["b1", "c2", "b3"]), (5, 0, 5)));
    let response = client.pull(&pull.clone().of_tags("b").at(2)).await;
    assert_eq!((bodies(&response), bounds(&response)), (to_vec(&["b3"]), (5, 0, 5)));

    let nothing = client.pull(&pull.of_tags("z").at(1).waits(20_000)).await;
    assert_eq!(nothing.response_code(), ResponseCode::PULL_RETRY_IMMEDIATELY);
    assert_eq!(bounds(&nothing), (5, 0, 5));
    assert!(nothing.body().is_empty());
    running.end().await;
}

#[tokio::test]
async fn a_pull_that_must_not_wait_gets_a_response_at_once() {
    let running = Running::start(Broker::builder().topic("T", 1)).await;
    let client = running.client().await;
    send(&client, &["a0"]).await;
    let pull = Pull::new("T", 0).at(1);
    let mut patient = pull.clone();
    patient.0.suspend_timeout_millis = 20_000;
    for pull in [pull.clone(), patient, pull.waits(0)] {
        let response = client.pull(&pull).await;
        assert_eq!(response.response_code(), ResponseCode::PULL_NOT_FOUND);
        assert_eq!(bounds(&response), (1, 0, 1));
    }
    running.end().await;
}

#[tokio::test]
async fn a_pull_commits_an_offset_if_its_flag_is_set() {
    let running = Running::start(Broker::builder().topic("T", 1)).await;
    let client = running.client().await;
    let committed = request(
        RequestCode::QUERY_CONSUMER_OFFSET,
        &[("consumerGroup", "consumers"), ("topic", "T"), ("queueId", "0")],
    );
    let committed = committed.with_ext_field("setZeroIfNotFound", "false");
    let mut without_flag = Pull::new("T", 0);
    without_flag.0.commit_offset = 7;
    client.pull(&without_flag).await;
    assert_eq!(client.refusal(committed.clone()).await.0, ResponseCode::QUERY_NOT_FOUND);
    // When it arrives, not when it gets its response.
    let pending = Pull::new("T", 0).commits(7).waits(20_000);
    let committed = async {
        client.max("T", 0).await;
        let response = client.get(committed).await;
        client.send("T", 0, "for the pull").await;
        crate::support::peer::offset(&response)
    };
    let (response, committed) = tokio::join!(client.pull(&pending), committed);
    assert_eq!((bodies(&response).len(), committed), (1, 7));
    running.end().await;
}
