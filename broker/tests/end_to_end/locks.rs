//! Locks of queues.

use crate::support::peer::Peer;
use crate::support::running::Running;
use rocketmq_tower::{RemotingCommand, RequestCode};
use rocketmq_tower_broker::Broker;
use serde_json::{Value, json};

async fn call(peer: &Peer, code: RequestCode, group: &str, client: &str, queues: &[i32]) -> Value {
    let queues = queues.iter().map(|queue| queue_name(*queue)).collect::<Vec<_>>();
    let body = json!({"consumerGroup": group, "clientId": client, "mqSet": queues});
    let response = peer.get(RemotingCommand::request(code).with_body(body.to_string())).await;
    serde_json::from_slice(response.body()).unwrap_or_default()
}

fn queue_name(queue: i32) -> Value {
    json!({"topic": "T", "brokerName": "broker-a", "queueId": queue})
}

fn names(queues: &[i32]) -> Value {
    json!({"lockOKMQSet": queues.iter().map(|queue| queue_name(*queue)).collect::<Vec<_>>()})
}

#[tokio::test]
async fn a_queue_is_locked_by_one_consumer_until_it_is_unlocked() {
    let running = Running::start(Broker::builder()).await;
    let peer = running.client().await;
    let lock = async |group, client, queues: &[i32]| {
        call(&peer, RequestCode::LOCK_BATCH_MQ, group, client, queues).await
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
