//! Requests and answers that pass.

use crate::Cluster;
use crate::support::peer::{Peer, bodies};
use crate::support::requests::{Pull, request};
use crate::support::soon;
use rocketmq_tower::client::{Client, Producer};
use rocketmq_tower::message::{Message, StoredMessage};
use rocketmq_tower::{RemotingCommand, RequestCode, ResponseCode, SerializeType};
use rocketmq_tower_broker::Broker;

#[tokio::test]
async fn a_producer_and_a_pull_use_the_gateway_alone() {
    let cluster = Cluster::start().await;
    let client = Client::new();
    let producer = Producer::new(client.name_servers(cluster.gateway.name_server_addrs()));
    let sent = producer.send(Message::new("T", "hello")).await.unwrap();
    let peer = cluster.client().await;
    let pulled = peer.pull(&Pull::new("T", sent.queue.queue_id)).await;
    assert_eq!(bodies(&pulled), ["hello"]);
    assert_eq!(cluster.broker.broker_addr().to_string(), cluster.gateway.brokers()[0].inside);
}

#[tokio::test]
async fn the_ids_of_messages_lead_to_the_gateway() {
    let cluster = Cluster::start().await;
    let peer = cluster.client().await;
    let sent = peer.send("T", 0, "a").await;
    let port = cluster.port();
    assert_eq!(sent.ids()[0].host.to_string(), port);

    let offset = sent.commit_log_offset().to_string();
    let view = request(RequestCode::VIEW_MESSAGE_BY_ID, &[("offset", &offset)]);
    for response in [peer.get(view).await, peer.pull(&Pull::new("T", 0)).await] {
        let (message, _) = StoredMessage::decode(response.body()).unwrap();
        assert_eq!((message.store_host.to_string(), message.body), (port.clone(), &b"a"[..]));
    }
    let direct = cluster.direct().await.pull(&Pull::new("T", 0)).await;
    let (message, _) = StoredMessage::decode(direct.body()).unwrap();
    assert_eq!(message.store_host, cluster.broker.broker_addr());
}

#[tokio::test]
async fn the_ids_of_messages_may_have_another_kind_of_address() {
    let cluster = Cluster::start_with(Broker::builder(), |gateway| gateway.advertise("::1")).await;
    let advertised = cluster.port();
    let peer = Peer::connect(&advertised.replace("[::1]", "127.0.0.1")).await;
    let sent = peer.send("T", 0, "a").await;
    peer.send("T", 0, "b").await;
    assert_eq!(sent.ids()[0].host.to_string(), advertised);
    let pulled = peer.pull(&Pull::new("T", 0)).await;
    let messages: Vec<_> =
        StoredMessage::decode_all(pulled.body()).collect::<Result<_, _>>().unwrap();
    let messages: Vec<_> =
        messages.iter().map(|message| (message.store_host.to_string(), message.body)).collect();
    assert_eq!(messages, [(advertised.clone(), &b"a"[..]), (advertised, &b"b"[..])]);
}

#[tokio::test]
async fn both_encodings_and_unknown_codes_pass() {
    let cluster = Cluster::start().await;
    let (peer, direct) = (cluster.client().await, cluster.direct().await);
    for encoding in [SerializeType::Json, SerializeType::RocketMq] {
        let unknown = RemotingCommand::request(7777).with_serialize_type(encoding);
        let (through, straight) = (peer.call(unknown.clone()).await, direct.call(unknown).await);
        assert_eq!(through.response_code(), ResponseCode::REQUEST_CODE_NOT_SUPPORTED);
        assert_eq!(through.remark(), straight.remark());
        assert_eq!(through.serialize_type(), encoding);
        assert_eq!(
            (through.language(), through.version()),
            (straight.language(), straight.version())
        );
    }
}

#[tokio::test]
async fn a_pull_waits_at_the_broker() {
    let cluster = Cluster::start().await;
    let (consumer, producer) = (cluster.client().await, cluster.client().await);
    producer.send("T", 0, "a").await;
    let pull = Pull::new("T", 0).at(1).waits(20_000);
    let waiting = consumer.pull(&pull);
    let (pulled, _) = tokio::join!(soon(waiting), producer.send("T", 0, "b"));
    assert_eq!(bodies(&pulled), ["b"]);
}

#[tokio::test]
async fn a_large_message_passes() {
    let cluster = Cluster::start().await;
    let peer = cluster.client().await;
    let body = "x".repeat(4_000_000);
    peer.send("T", 0, &body).await;
    assert_eq!(bodies(&peer.pull(&Pull::new("T", 0)).await), [body]);
}

#[tokio::test]
async fn oneway_requests_arrive_though_the_client_leaves_at_once() {
    let cluster = Cluster::start().await;
    let direct = cluster.direct().await;
    direct.send("T", 0, "a").await;
    for offset in 1..=20 {
        let client = cluster.client().await;
        let text = offset.to_string();
        let fields =
            [("consumerGroup", "g"), ("topic", "T"), ("queueId", "0"), ("commitOffset", &*text)];
        let commit = request(RequestCode::UPDATE_CONSUMER_OFFSET, &fields);
        client.channel.write_oneway(commit).await.unwrap();
        client.channel.close("leaves");
        let query = [("consumerGroup", "g"), ("topic", "T"), ("queueId", "0")];
        crate::until(async || {
            let query = request(RequestCode::QUERY_CONSUMER_OFFSET, &query);
            direct.call(query).await.ext_fields().get("offset") == Some(&*text)
        })
        .await;
    }
}
