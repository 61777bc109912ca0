//! Clients of two tenants that use the same names.

use crate::support::peer::bodies;
use crate::support::requests::{Pull, request};
use crate::{Tenants, by_user, gateway, to_broker, to_names};
use rocketmq_tower::client::{Client, Producer};
use rocketmq_tower::message::Message;
use rocketmq_tower::protocol::{
    ConsumerData, ConsumerList, HeartbeatData, SubscriptionData, TopicConfigSerializeWrapper,
    TopicList, TopicRouteData,
};
use rocketmq_tower::{RemotingCommand, RequestCode as Code, ResponseCode};
use rocketmq_tower_broker::Broker;
use rocketmq_tower_gateway::RunningGateway;

async fn produce(gateway: &RunningGateway, body: &'static str) {
    let client = Client::new();
    let producer = Producer::new(client.name_servers(gateway.name_server_addrs()));
    producer.send(Message::new("T", body)).await.unwrap();
}

#[tokio::test]
async fn the_same_topic_holds_each_ones_messages() {
    // One queue, so that the messages are in order.
    let tenants = Tenants::start_with(Broker::builder().topic("red%T", 1).topic("blue%T", 1)).await;
    produce(&tenants.red, "of red").await;
    produce(&tenants.blue, "of blue").await;
    produce(&tenants.blue, "of blue, too").await;
    let (red, blue) = tenants.clients().await;
    assert_eq!(texts(&red).await, ["T: of red"]);
    assert_eq!(texts(&blue).await, ["T: of blue", "T: of blue, too"]);
    assert_eq!((red.max("T", 0).await, blue.max("T", 0).await), (1, 2));
    let direct = tenants.direct().await.pull(&Pull::new("red%T", 0)).await;
    assert_eq!(bodies(&direct), ["of red"]);
}

async fn texts(peer: &crate::support::peer::Peer) -> Vec<String> {
    let all = peer.all("T", 0).await;
    all.into_iter().map(|message| format!("{}: {}", message.topic, message.body)).collect()
}

#[tokio::test]
async fn the_same_group_has_each_ones_offsets_and_members() {
    let tenants = Tenants::start().await;
    let (red, blue) = tenants.clients().await;
    for (peer, body) in [(&red, "r"), (&blue, "b")] {
        peer.send("T", 0, body).await;
        let data = HeartbeatData {
            client_id: format!("client-{body}"),
            consumer_data_set: vec![ConsumerData {
                group_name: "g".into(),
                subscription_data_set: vec![
                    SubscriptionData::tags("T", "*"),
                    SubscriptionData::tags("%RETRY%g", "*"),
                ],
                ..Default::default()
            }],
            ..Default::default()
        };
        peer.get(RemotingCommand::request(Code::HEART_BEAT).with_json(&data).unwrap()).await;
        let members =
            peer.get(request(Code::GET_CONSUMER_LIST_BY_GROUP, &[("consumerGroup", "g")]));
        let members: ConsumerList = members.await.json().unwrap();
        assert_eq!(members.consumer_id_list, [format!("client-{body}")]);
        let list = request(Code::GET_CONSUMER_CONNECTION_LIST, &[("consumerGroup", "g")]);
        let text = text(&peer.get(list).await);
        assert!(text.contains("\"T\":{") && text.contains("%RETRY%g"), "{text}");
    }
    let queue = [("consumerGroup", "g"), ("topic", "T"), ("queueId", "0")];
    let commit = request(Code::UPDATE_CONSUMER_OFFSET, &queue).with_ext_field("commitOffset", "1");
    red.get(commit).await;
    let query = request(Code::QUERY_CONSUMER_OFFSET, &queue);
    assert_eq!(red.get(query.clone()).await.ext_fields().get("offset"), Some("1"));
    assert_ne!(blue.call(query).await.ext_fields().get("offset"), Some("1"));
}

fn text(response: &RemotingCommand) -> String {
    let text = String::from_utf8(response.body().to_vec()).unwrap();
    assert!(!text.contains("red%") && !text.contains("blue"), "{text}");
    text
}

#[tokio::test]
async fn lists_have_the_tenants_own() {
    let tenants = Tenants::start_with(Broker::builder().topic("plain", 1)).await;
    let (red, blue) = tenants.clients().await;
    for (peer, name) in [(&red, "red-only"), (&blue, "blue-only")] {
        peer.send("T", 0, "a").await;
        let fields = [
            ("topic", name),
            ("defaultTopic", "TBW102"),
            ("readQueueNums", "3"),
            ("writeQueueNums", "3"),
            ("perm", "6"),
            ("topicFilterType", "SINGLE_TAG"),
        ];
        peer.get(request(Code::UPDATE_AND_CREATE_TOPIC, &fields)).await;
    }
    let names = to_names(&tenants.red).await;
    let list = names.get(RemotingCommand::request(Code::GET_ALL_TOPIC_LIST_FROM_NAMESERVER)).await;
    let mut list = list.json::<TopicList>().unwrap().topic_list;
    list.sort();
    assert_eq!(list, ["T", "red-only"]);
    let all = red.get(RemotingCommand::request(Code::GET_ALL_TOPIC_CONFIG)).await;
    let all: TopicConfigSerializeWrapper = all.json().unwrap();
    let all: Vec<_> = all.topic_config_table.iter().map(|(n, c)| (&**n, &*c.topic_name)).collect();
    assert_eq!(all, [("T", "T"), ("red-only", "red-only")]);

    let route = |topic| request(Code::GET_ROUTEINFO_BY_TOPIC, &[("topic", topic)]);
    let found: TopicRouteData = names.get(route("red-only")).await.json().unwrap();
    assert_eq!(found.queue_datas[0].read_queue_nums, 3);
    names.get(route("TBW102")).await;
    for other in ["blue-only", "plain"] {
        let (code, why) = names.refusal(route(other)).await;
        assert_eq!(code, ResponseCode::TOPIC_NOT_EXIST, "{why}");
        assert!(why.contains(other) && !why.contains("red%"), "{why}");
    }
    for other in ["blue%T", "red%T", "%RETRY%blue%g"] {
        let (code, why) = names.refusal(route(other)).await;
        assert_eq!(code, ResponseCode::NO_PERMISSION, "{why}");
    }
}

#[tokio::test]
async fn the_cluster_and_unknown_codes_are_not_for_tenants() {
    let tenants = Tenants::start().await;
    let (red, _blue) = tenants.clients().await;
    let codes = [
        Code::GET_BROKER_RUNTIME_INFO,
        Code::GET_BROKER_CONFIG,
        Code::UPDATE_BROKER_CONFIG,
        Code::CLEAN_UNUSED_TOPIC,
        Code::GET_ALL_CONSUMER_OFFSET,
        Code::RESET_CONSUMER_CLIENT_OFFSET,
        Code::AUTH_LIST_USER,
        7777.into(),
    ];
    for code in codes {
        let (refused, why) = red.refusal(RemotingCommand::request(code)).await;
        assert_eq!(refused, ResponseCode::NO_PERMISSION, "{code}: {why}");
        assert!(why.contains(&code.to_string()), "{why}");
    }
    let other = request(Code::GET_KV_CONFIG, &[("namespace", "other"), ("key", "k")]);
    assert_eq!(red.refusal(other).await.0, ResponseCode::NO_PERMISSION);
    let names = to_names(&tenants.red).await;
    names.get(RemotingCommand::request(Code::GET_BROKER_CLUSTER_INFO)).await;
}

#[tokio::test]
async fn a_connection_belongs_to_one_tenant() {
    let broker = Broker::builder().vip_port(false).start().await.unwrap();
    let gateway = gateway(&broker, by_user()).await;
    let (peer, root) = (to_broker(&gateway).await, to_broker(&gateway).await);
    let of = |user, topic| {
        request(Code::GET_MAX_OFFSET, &[("topic", topic), ("queueId", "0"), ("AccessKey", user)])
    };
    let (code, why) = peer.refusal(of("red", "T")).await;
    assert!(code != ResponseCode::NO_PERMISSION && !why.contains("red"), "{code} {why}");
    for user in ["blue", "root", "not a tenant"] {
        assert_eq!(peer.refusal(of(user, "T")).await.0, ResponseCode::NO_PERMISSION, "{user}");
    }
    let other = to_broker(&gateway).await;
    assert_eq!(other.refusal(of("", "T")).await.0, ResponseCode::NO_PERMISSION);
    let all = RemotingCommand::request(7777).with_ext_field("AccessKey", "root");
    assert_eq!(root.refusal(all).await.0, ResponseCode::REQUEST_CODE_NOT_SUPPORTED);
}
