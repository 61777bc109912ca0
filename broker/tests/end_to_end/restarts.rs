//! Shutdowns and restarts on the same folder and addresses.

use crate::support::folder::Folder;
use crate::support::peer::{Peer, bodies, offset};
use crate::support::requests::{Pull, bounds, request};
use crate::support::running::Running;
use crate::support::soon;
use rocketmq_tower::message::sys_flag::COMMIT;
use rocketmq_tower::{RequestCode, ResponseCode};
use rocketmq_tower_broker::{Broker, StartError};
use std::error::Error;
use tokio_test::{assert_pending, task};

#[tokio::test]
async fn everything_is_there_after_a_restart() {
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
    let response = client.pull(&Pull::new("T", 1)).await;
    assert_eq!(
        (bodies(&response), bounds(&response)),
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
    // The queues of a new topic are not those of another one.
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

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn folder_and_addresses_can_be_used_again_as_soon_as_the_shutdown_returns() {
    let folder = Folder::new();
    let mut builder = Broker::builder().data_dir(folder.path());
    for life in 0..5 {
        // Spawned, as the futures of the builder and the broker have to be `Send`.
        let starting = tokio::spawn(builder.clone().start());
        let broker = soon(starting).await.unwrap().expect("folder and addresses are free");
        let (names, addr) = (broker.name_server_addr(), broker.broker_addr());
        builder = builder.name_server_listen(names).listen(addr);
        let client = Peer::connect(&addr.to_string()).await;
        assert_eq!(client.send("T", 0, "message").await.queue_offset, life);
        let pull = Pull::new("T", 0).at(life + 1).waits(30_000);
        let mut pending = task::spawn(client.pull(&pull));
        assert_pending!(pending.poll());
        client.max("T", 0).await;
        soon(broker.shutdown()).await.unwrap();
        assert_eq!(pending.await.response_code(), ResponseCode::PULL_NOT_FOUND);
    }
}

#[tokio::test]
async fn a_start_that_fails_leaves_its_folder_and_addresses_free() {
    let folder = Folder::new();
    let builder = Broker::builder().data_dir(folder.path());
    let error = builder.clone().topic("no name", 1).start().await.unwrap_err();
    assert!(matches!(&error, StartError::CreateTopic { name, .. } if name == "no name"), "{error}");
    assert_eq!(error.to_string(), r#"the topic "no name" cannot be created"#);

    let running = Running::start(builder.clone()).await;
    let error = builder.clone().start().await.unwrap_err();
    assert!(matches!(&error, StartError::FolderInUse { path } if path == folder.path()), "{error}");
    let error = builder.listen(&running.broker).start().await.unwrap_err();
    assert!(matches!(&error, StartError::ListenBroker { addr, .. } if *addr == running.broker));
    assert!(error.source().is_some());
    running.end().await;
}

#[tokio::test]
async fn a_folder_without_its_log_is_refused_with_a_sentence_and_started_on_if_that_is_wanted() {
    let folder = Folder::new();
    let builder = Broker::builder().data_dir(folder.path());
    let running = Running::start(builder.clone()).await;
    running.client().await.send("T", 0, "lost").await;
    running.end().await;
    std::fs::remove_dir_all(folder.path().join("log")).unwrap();

    let error = builder.clone().start().await.unwrap_err();
    let text = rocketmq_tower::error::chain_text(&error).to_string();
    assert!(
        matches!(&error, StartError::OpenStore { path, .. } if path == folder.path()),
        "{text}"
    );
    for part in ["cannot be opened", "the files of the folder log are missing", "skip-damage"] {
        assert!(text.contains(part), "{text}");
    }
    let running = Running::start(builder.skip_damage(true)).await;
    let client = running.client().await;
    // The lost message keeps its place.
    assert_eq!(client.send("T", 0, "new").await.queue_offset, 1);
    assert_eq!(bodies(&client.pull(&Pull::new("T", 0).at(1)).await), ["new"]);
    running.end().await;
}
