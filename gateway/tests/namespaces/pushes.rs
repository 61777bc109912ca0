//! Requests of the broker to the clients of tenants.

use crate::Tenants;
use crate::support::peer::{Message, Peer};
use crate::support::requests::request;
use rocketmq_tower::protocol::{ConsumerData, HeartbeatData, ProducerData};
use rocketmq_tower::{RemotingCommand, RequestCode as Code, ResponseCode};
use rocketmq_tower_broker::Broker;
use std::time::Duration;

async fn join(peer: &Peer, client: &str) {
    let data = HeartbeatData {
        client_id: client.into(),
        producer_data_set: vec![ProducerData { group_name: "p".into() }],
        consumer_data_set: vec![ConsumerData { group_name: "g".into(), ..Default::default() }],
        ..Default::default()
    };
    peer.get(RemotingCommand::request(Code::HEART_BEAT).with_json(&data).unwrap()).await;
}

/// Returns the next request with this code.
async fn pushed(peer: &mut Peer, code: Code) -> RemotingCommand {
    loop {
        let push = peer.pushed().await;
        if push.request_code() == code {
            return push;
        }
    }
}

#[tokio::test]
async fn members_are_told_of_their_own_group() {
    let tenants = Tenants::start().await;
    let (mut red, blue) = tenants.clients().await;
    let second = tenants.clients().await.0;
    join(&red, "one").await;
    join(&blue, "other").await;
    join(&second, "two").await;
    let notice = pushed(&mut red, Code::NOTIFY_CONSUMER_IDS_CHANGED).await;
    assert_eq!(notice.ext_fields().get("consumerGroup"), Some("g"));
}

#[tokio::test]
async fn a_transaction_is_checked_with_plain_names() {
    let broker = Broker::builder()
        .transaction_timeout(Duration::ZERO)
        .transaction_check_interval(Duration::from_millis(20));
    let tenants = Tenants::start_with(broker).await;
    let (mut red, blue) = tenants.clients().await;
    join(&red, "one").await;
    join(&blue, "other").await;
    let properties = [("TRAN_MSG", "true"), ("PGROUP", "p"), ("UNIQ_KEY", "k")];
    red.send_with("T", 0, &properties, "half").await;
    let check = pushed(&mut red, Code::CHECK_TRANSACTION_STATE).await;
    let half = &Message::all(&check)[0];
    assert_eq!((&*half.topic, half.property("PGROUP")), ("T", Some("p")));
    let get = |name| check.ext_fields().get(name).unwrap();
    let end = [
        ("producerGroup", "p"),
        ("commitLogOffset", get("commitLogOffset")),
        ("tranStateTableOffset", get("tranStateTableOffset")),
        ("commitOrRollback", "8"),
    ];
    let (code, why) = blue.refusal(request(Code::END_TRANSACTION, &end)).await;
    assert!(!code.is_success() && !why.contains('%'), "{why}");
    red.get(request(Code::END_TRANSACTION, &end)).await;
    assert_eq!(red.all("T", 0).await[0].body, "half");
    let group = [("TRAN_MSG", "true")];
    let send = crate::support::peer::message("T", 0, &group, "half");
    assert_eq!(red.refusal(send).await.0, ResponseCode::NO_PERMISSION);
}

#[tokio::test]
async fn a_reply_reaches_clients_of_its_tenant() {
    let tenants = Tenants::start().await;
    let (mut red, mut blue) = tenants.clients().await;
    join(&red, "same").await;
    join(&blue, "same").await;
    let reply = |text: &'static str| {
        let properties =
            [("CORRELATION_ID", text), ("REPLY_TO_CLIENT", "same"), ("MSG_TYPE", "reply")];
        let mut send =
            crate::support::peer::message("DefaultCluster_REPLY_TOPIC", 0, &properties, text);
        send.set_code(Code::SEND_REPLY_MESSAGE_V2);
        send
    };
    red.call(reply("of red")).await;
    blue.call(reply("of blue")).await;
    for (peer, text) in [(&mut red, "of red"), (&mut blue, "of blue")] {
        let push = pushed(peer, Code::PUSH_REPLY_MESSAGE_TO_CLIENT).await;
        assert_eq!(push.body(), text);
        let properties = push.ext_fields().get("properties").unwrap();
        assert!(!properties.contains('%') && !format!("{push:?}").contains("%"), "{push:?}");
    }
}

#[tokio::test]
async fn consumers_are_asked_about_their_tenants_messages() {
    let tenants = Tenants::start().await;
    let (mut red, blue) = tenants.clients().await;
    join(&red, "one").await;
    let asks = tenants.clients().await.0;
    for (sent, is_told) in
        [(red.send("T", 0, "mine").await, true), (blue.send("T", 0, "other").await, false)]
    {
        let fields =
            [("consumerGroup", "g"), ("clientId", "one"), ("topic", "T"), ("msgId", &*sent.msg_id)];
        let answer = asks.call(request(Code::CONSUME_MESSAGE_DIRECTLY, &fields)).await;
        assert_eq!(answer.response_code().is_success(), is_told, "{answer:?}");
    }
    let push = pushed(&mut red, Code::CONSUME_MESSAGE_DIRECTLY).await;
    assert_eq!(Message::all(&push)[0].topic, "T");
    assert_eq!(push.ext_fields().get("clientId"), Some("one"));
}
