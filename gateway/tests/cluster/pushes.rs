//! Requests of the broker to clients.

use crate::Cluster;
use crate::support::peer::Peer;
use crate::support::requests::request;
use rocketmq_tower::message::StoredMessage;
use rocketmq_tower::protocol::{ConsumerData, ConsumerList, HeartbeatData, ProducerData};
use rocketmq_tower::{RemotingCommand, RequestCode};
use rocketmq_tower_broker::Broker;
use std::time::Duration;

async fn heartbeat(peer: &Peer, data: &HeartbeatData) {
    peer.get(RemotingCommand::request(RequestCode::HEART_BEAT).with_json(data).unwrap()).await;
}

fn consumer(client: &str) -> HeartbeatData {
    let group = ConsumerData { group_name: "g".into(), ..Default::default() };
    HeartbeatData { client_id: client.into(), consumer_data_set: vec![group], ..Default::default() }
}

async fn members(peer: &Peer) -> Vec<String> {
    let list = request(RequestCode::GET_CONSUMER_LIST_BY_GROUP, &[("consumerGroup", "g")]);
    let response = peer.call(list).await;
    let list = response.json::<ConsumerList>();
    let mut members = list.map(|list| list.consumer_id_list).unwrap_or_default();
    members.sort();
    members
}

#[tokio::test]
async fn each_client_is_a_member_of_its_own_until_it_leaves() {
    let cluster = Cluster::start().await;
    let (mut one, two) = (cluster.client().await, cluster.client().await);
    heartbeat(&one, &consumer("one")).await;
    heartbeat(&two, &consumer("two")).await;
    assert_eq!(members(&one).await, ["one", "two"]);
    let notice = one.pushed().await;
    assert_eq!(notice.request_code(), RequestCode::NOTIFY_CONSUMER_IDS_CHANGED);
    assert!(notice.is_oneway());

    two.channel.close("leaves");
    crate::until(async || members(&one).await == ["one"]).await;
}

#[tokio::test]
async fn a_transaction_is_checked_with_its_producer() {
    let broker = Broker::builder()
        .transaction_timeout(Duration::ZERO)
        .transaction_check_interval(Duration::from_millis(50));
    let cluster = Cluster::start_with(broker, |gateway| gateway).await;
    let (mut producer, _other) = (cluster.client().await, cluster.client().await);
    let group = ProducerData { group_name: "producers".into() };
    let data = HeartbeatData {
        client_id: "p".into(),
        producer_data_set: vec![group],
        ..Default::default()
    };
    heartbeat(&producer, &data).await;
    let properties = [("TRAN_MSG", "true"), ("PGROUP", "producers"), ("UNIQ_KEY", "k")];
    producer.send_with("T", 0, &properties, "half").await;
    let check = producer.pushed().await;
    assert_eq!(check.request_code(), RequestCode::CHECK_TRANSACTION_STATE);
    let (message, _) = StoredMessage::decode(check.body()).unwrap();
    assert_eq!((message.store_host.to_string(), message.body), (cluster.port(), &b"half"[..]));
    let id = check.ext_fields().get("offsetMsgId").map(str::to_owned);
    assert_eq!(id, Some(message.id().to_string()));
}
