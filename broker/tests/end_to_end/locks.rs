//! Locks of queues.

use crate::heartbeats::{consumer, heartbeat};
use crate::support::peer::Peer;
use crate::support::running::Running;
use crate::support::soon;
use rocketmq_tower::protocol::{LockBatchRequestBody, LockBatchResponseBody, MessageQueue};
use rocketmq_tower::{RemotingCommand, RequestCode, ResponseCode};
use rocketmq_tower_broker::Broker;

async fn locked(peer: &Peer, client: &str, queues: &[i32]) -> Vec<MessageQueue> {
    let locked = call(peer, RequestCode::LOCK_BATCH_MQ, "g", client, queues).await;
    locked.json::<LockBatchResponseBody>().unwrap().lock_ok_mq_set
}

async fn call(
    peer: &Peer,
    code: RequestCode,
    group: &str,
    client: &str,
    queues: &[i32],
) -> RemotingCommand {
    let mut request = lock(group, client, queues);
    request.set_code(code);
    peer.get(request).await
}

/// Returns a request for locks of queues of `T`.
pub(crate) fn lock(group: &str, client: &str, queues: &[i32]) -> RemotingCommand {
    let body = LockBatchRequestBody {
        client_id: client.to_owned(),
        consumer_group: group.to_owned(),
        mq_set: names(queues),
        ..Default::default()
    };
    RemotingCommand::request(RequestCode::LOCK_BATCH_MQ).with_json(&body).unwrap()
}

fn names(queues: &[i32]) -> Vec<MessageQueue> {
    let name = |&queue_id| MessageQueue {
        broker_name: "broker-a".to_owned(),
        queue_id,
        topic: "T".to_owned(),
    };
    queues.iter().map(name).collect()
}

#[tokio::test]
async fn a_queue_is_locked_by_one_consumer_until_it_is_unlocked() {
    let running = Running::start(Broker::builder()).await;
    let peer = running.client().await;
    let lock = async |group, client, queues: &[i32]| {
        let locked = call(&peer, RequestCode::LOCK_BATCH_MQ, group, client, queues).await;
        locked.json::<LockBatchResponseBody>().unwrap().lock_ok_mq_set
    };
    let unlock = async |client, queues: &[i32]| {
        call(&peer, RequestCode::UNLOCK_BATCH_MQ, "g", client, queues).await
    };
    assert_eq!(lock("g", "one", &[0, 1]).await, names(&[0, 1]));
    assert_eq!(lock("g", "two", &[1, 2]).await, names(&[2]), "1 is taken");
    assert_eq!(lock("g", "one", &[0, 1]).await, names(&[0, 1]), "renewed");
    assert_eq!(lock("h", "two", &[0, 1]).await, names(&[0, 1]), "another group");

    unlock("two", &[0, 1]).await;
    assert_eq!(lock("g", "two", &[0, 1]).await, names(&[]), "they were not its own");
    unlock("one", &[1]).await;
    assert_eq!(lock("g", "two", &[0, 1]).await, names(&[1]));
    running.end().await;
}

/// Two containers with one client id get the same queues. If both consumed them, there would be no order.
#[tokio::test]
async fn of_two_members_with_one_client_id_one_gets_a_lock() {
    let running = Running::start(Broker::builder()).await;
    let (one, two) = (running.client().await, running.client().await);
    for peer in [&one, &two] {
        peer.get(heartbeat("same", &[consumer("g", &[])], &[])).await;
    }
    assert_eq!(locked(&one, "same", &[0]).await, names(&[0]));
    assert_eq!(locked(&two, "same", &[0, 1]).await, names(&[1]));
    call(&two, RequestCode::UNLOCK_BATCH_MQ, "g", "same", &[0]).await;
    assert_eq!(locked(&two, "same", &[0]).await, names(&[]), "it was not its own");

    // A client stays the owner when it has a new connection: the old one has ended.
    two.channel.close("the test wants it");
    soon(async { while locked(&one, "same", &[0, 1]).await != names(&[0, 1]) {} }).await;
    let stranger = running.client().await;
    assert_eq!(locked(&stranger, "same", &[0]).await, names(&[0]), "as in Java's broker");
    running.end().await;
}

#[tokio::test]
async fn queues_without_room_are_not_locked() {
    let running = Running::start(Broker::builder().max_client_state(0, 0)).await;
    let peer = running.client().await;
    let all: Vec<_> = (0..200).collect();
    let some = locked(&peer, "one", &all).await;
    assert!((10..100).contains(&some.len()), "{}", some.len());
    assert_eq!(locked(&peer, "one", &all).await, some, "those are renewed");
    let body = LockBatchRequestBody {
        client_id: "one".into(),
        consumer_group: "h".into(),
        mq_set: names(&[0]),
        ..Default::default()
    };
    let request = RemotingCommand::request(RequestCode::LOCK_BATCH_MQ).with_json(&body).unwrap();
    let refused = peer.refusal(request.clone()).await;
    assert_eq!(refused.0, ResponseCode::SYSTEM_BUSY, "{}", refused.1);
    call(&peer, RequestCode::UNLOCK_BATCH_MQ, "g", "one", &[0]).await;
    peer.get(request).await;
    let long = RemotingCommand::request(RequestCode::LOCK_BATCH_MQ).with_body(vec![b' '; 1 << 21]);
    assert_eq!(peer.refusal(long).await.0, ResponseCode::MESSAGE_ILLEGAL);
    running.end().await;
}

#[tokio::test]
async fn a_queue_that_cannot_be_read_does_not_fail_the_others() {
    let running = Running::start(Broker::builder()).await;
    let peer = running.client().await;
    let body =
        |queues: &str| format!(r#"{{"clientId":"c","consumerGroup":"g","mqSet":[{queues}]}}"#);
    let one = r#"{"topic":"T","brokerName":"broker-a","queueId":1}"#;
    let wrong = r#"{"topic":"T","brokerName":"broker-a","queueId":"one"}"#;
    let call = |code, queues: &str| RemotingCommand::request(code).with_body(body(queues));
    let both = format!("{wrong},{one}");
    let locked = peer.get(call(RequestCode::LOCK_BATCH_MQ, &both)).await;
    assert_eq!(locked.json::<LockBatchResponseBody>().unwrap().lock_ok_mq_set, names(&[1]));
    for (code, queues) in
        [(RequestCode::LOCK_BATCH_MQ, wrong), (RequestCode::UNLOCK_BATCH_MQ, &both)]
    {
        let (code, text) = peer.refusal(call(code, queues)).await;
        assert_eq!(code, ResponseCode::MESSAGE_ILLEGAL, "{text}");
    }
    let free = peer.get(lock("g", "other", &[1])).await;
    assert_eq!(free.json::<LockBatchResponseBody>().unwrap().lock_ok_mq_set, names(&[1]));
    running.end().await;
}
