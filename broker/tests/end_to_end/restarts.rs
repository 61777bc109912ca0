//! A broker that ends in good order and starts again has all that it had.

use crate::support::folder::Folder;
use crate::support::peer::{Peer, bodies, offset};
use crate::support::requests::{Bounds, Pull, request};
use crate::support::running::Running;
use rocketmq_tower::RequestCode;
use rocketmq_tower::message::sys_flag::COMMIT;
use rocketmq_tower_broker::Broker;

#[tokio::test]
async fn all_is_there_after_a_restart() {
    let folder = Folder::new();
    let running = Running::start(
        Broker::builder()
            .data_dir(folder.path())
            .topic("T", 2)
            .topic("Delayed", 1)
            .topic("Whole", 1),
    )
    .await;
    let client = running.client().await;
    let names = Peer::connect(&running.names).await;
    let mut sent = Vec::new();
    for body in ["one", "two"] {
        sent.push(client.send_with("T", 1, &[("KEYS", body)], body).await);
    }
    client.send_with("Delayed", 0, &[("TIMER_DELAY_MS", "300")], "delayed").await;
    let half = [("TRAN_MSG", "true"), ("PGROUP", "producers")];
    let half = client.send_with("Whole", 0, &half, "whole").await;
    let made = [("topic", "Made"), ("readQueueNums", "3"), ("writeQueueNums", "2"), ("perm", "4")];
    client.get(request(RequestCode::UPDATE_AND_CREATE_TOPIC, &made)).await;
    let of_queue = [("consumerGroup", "g"), ("topic", "T"), ("queueId", "1")];
    let commit = request(RequestCode::UPDATE_CONSUMER_OFFSET, &of_queue);
    client.get(commit.with_ext_field("commitOffset", "1")).await;
    let value = [("namespace", "n"), ("key", "k"), ("value", "v")];
    names.get(request(RequestCode::PUT_KV_CONFIG, &value)).await;
    let route = request(RequestCode::GET_ROUTEINFO_BY_TOPIC, &[("topic", "Made")]);
    let before = names.get(route.clone()).await;
    let address = running.broker.clone();
    running.end().await;

    let running = Running::start(Broker::builder().data_dir(folder.path())).await;
    let client = running.client().await;
    let names = Peer::connect(&running.names).await;
    let answer = client.pull(&Pull::new("T", 1)).await;
    assert_eq!(
        (bodies(&answer), Bounds::offsets(&answer)),
        (vec!["one".into(), "two".into()], (2, 0, 2))
    );
    let view = [("offset", &*sent[1].commit_log_offset().to_string())];
    let found = client.get(request(RequestCode::VIEW_MESSAGE_BY_ID, &view)).await;
    assert_eq!(bodies(&found), ["two"]);
    let query = [
        ("topic", "T"),
        ("key", "one"),
        ("maxNum", "9"),
        ("beginTimestamp", "0"),
        ("endTimestamp", "9999999999999"),
    ];
    assert_eq!(bodies(&client.get(request(RequestCode::QUERY_MESSAGE, &query)).await), ["one"]);
    assert_eq!(client.send("T", 1, "three").await.queue_offset, 2);
    // A new topic gets queues of its own.
    client.send("New", 0, "new").await;
    assert_eq!(bodies(&client.pull(&Pull::new("New", 0)).await), ["new"]);

    let delayed = client.pull(&Pull::new("Delayed", 0).waits(20_000)).await;
    assert_eq!(bodies(&delayed), ["delayed"]);
    let commit = [
        ("producerGroup", "producers"),
        ("tranStateTableOffset", &*half.queue_offset.to_string()),
        ("commitLogOffset", &*half.commit_log_offset().to_string()),
        ("commitOrRollback", &*COMMIT.to_string()),
    ];
    client.get(request(RequestCode::END_TRANSACTION, &commit)).await;
    assert_eq!(bodies(&client.pull(&Pull::new("Whole", 0)).await), ["whole"]);

    let query = client.get(request(RequestCode::QUERY_CONSUMER_OFFSET, &of_queue)).await;
    assert_eq!(offset(&query), 1);
    let value = names.get(request(RequestCode::GET_KV_CONFIG, &value[..2])).await;
    assert_eq!(value.ext_fields().get("value"), Some("v"));
    let route = String::from_utf8(names.get(route).await.body().to_vec()).unwrap();
    assert_eq!(route.replace(&running.broker, &address).as_bytes(), before.body());
    running.end().await;
}
