//! Locks of queues.

use crate::support::peer::Peer;
use crate::support::running::Running;
use rocketmq_tower::protocol::{LockBatchRequestBody, LockBatchResponseBody, MessageQueue};
use rocketmq_tower::{RemotingCommand, RequestCode};
use rocketmq_tower_broker::Broker;

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
