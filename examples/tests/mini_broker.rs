//! The example `mini_broker`, with clients.
#![allow(clippy::expect_used, clippy::panic, reason = "test code")]

#[path = "../mini_broker.rs"]
#[allow(dead_code, reason = "its `main` is not called")]
mod mini_broker;

use rocketmq_tower::client::Connector;
use rocketmq_tower::message::{SendHeader, StoredMessage};
use rocketmq_tower::protocol::{
    ConsumerData, HeartbeatData, NotifyConsumerIdsChangedRequestHeader, PullMessageRequestHeader,
    PullMessageResponseHeader, SendMessageResponseHeader,
};
use rocketmq_tower::{
    BoxError, Header, RemotingCommand, RequestCode, ResponseCode, Server, handler_fn,
};
use std::time::Duration;
use tokio::sync::mpsc;

const PATIENCE: Duration = Duration::from_secs(10);

fn pull(queue_offset: i64, suspend_timeout_millis: i64) -> RemotingCommand {
    let header = PullMessageRequestHeader {
        consumer_group: "consumers",
        topic: "TopicTest",
        queue_offset,
        suspend_timeout_millis,
        max_msg_nums: 32,
        ..Default::default()
    };
    RemotingCommand::request(RequestCode::PULL_MESSAGE).with_header(&header).expect("flat")
}

fn heart_beat(client_id: &str) -> RemotingCommand {
    let group = ConsumerData { group_name: "consumers".into(), ..Default::default() };
    let data = HeartbeatData {
        client_id: client_id.into(),
        consumer_data_set: vec![group],
        ..Default::default()
    };
    RemotingCommand::request(RequestCode::HEART_BEAT).with_json(&data).expect("JSON")
}

#[tokio::test]
async fn sends_held_pulls_and_pushes() -> Result<(), BoxError> {
    let server = Server::new(mini_broker::router()?).bind("127.0.0.1:0").await?.spawn();
    let addr = server.local_addr().to_string();
    let (pushed, mut pushes) = mpsc::channel(8);
    let push = move |Header(header): Header<NotifyConsumerIdsChangedRequestHeader>| {
        let pushed = pushed.clone();
        async move {
            pushed.send(header.consumer_group).await?;
            Ok::<_, BoxError>(None::<RemotingCommand>)
        }
    };
    let consumer = Connector::new().service(handler_fn(push)).connect(&addr).await?;
    let producer = Connector::new().connect(&addr).await?;

    let held = consumer.invoke(pull(0, 9000), PATIENCE);
    let send = async {
        // The second request on a connection is answered after the first one was taken.
        consumer.invoke(heart_beat("consumer"), PATIENCE).await?;
        let send = SendHeader::new("producers", "TopicTest", 0).request().with_body("hello");
        producer.invoke(send, PATIENCE).await
    };
    let (pulled, sent) = tokio::join!(held, send);
    let sent: SendMessageResponseHeader = sent?.header()?;
    assert_eq!((sent.queue_id, sent.queue_offset), (0, 0));
    let pulled = pulled?;
    assert_eq!(pulled.header::<PullMessageResponseHeader>()?.next_begin_offset, 1);
    assert_eq!(StoredMessage::decode(pulled.body())?.0.body, b"hello");

    let empty = consumer.invoke(pull(1, 0), PATIENCE).await?;
    assert_eq!(empty.response_code(), ResponseCode::PULL_NOT_FOUND);

    let joined = producer.invoke(heart_beat("another"), PATIENCE).await?;
    assert_eq!(joined.response_code(), ResponseCode::SUCCESS);
    assert_eq!(pushes.recv().await.as_deref(), Some("consumers"));
    drop((consumer, producer));
    server.shutdown().await?;
    Ok(())
}
