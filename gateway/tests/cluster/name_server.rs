//! The name-server port.

use crate::Cluster;
use crate::support::peer::Peer;
use crate::support::requests::request;
use rocketmq_tower::protocol::{ClusterInfo, TopicRouteData};
use rocketmq_tower::{BoxError, RemotingCommand, RequestCode, ResponseCode, Server, service_fn};
use rocketmq_tower_broker::Broker;
use rocketmq_tower_gateway::Upstream;

#[tokio::test]
async fn routes_and_the_cluster_have_the_addresses_of_the_gateway() {
    let cluster = Cluster::start_with(Broker::builder().topic("T", 4), |gateway| gateway).await;
    let names = cluster.names().await;
    let route = names.get(request(RequestCode::GET_ROUTEINFO_BY_TOPIC, &[("topic", "T")])).await;
    let route: TopicRouteData = route.json().unwrap();
    assert_eq!(route.broker_datas[0].broker_addrs[&0], cluster.port());
    assert_eq!(route.queue_datas[0].read_queue_nums, 4);

    let info = names.get(RemotingCommand::request(RequestCode::GET_BROKER_CLUSTER_INFO)).await;
    let info: ClusterInfo = info.json().unwrap();
    assert_eq!(info.broker_addr_table["broker-a"].broker_addrs[&0], cluster.port());

    let request = RemotingCommand::request(RequestCode::GET_SYSTEM_TOPIC_LIST_FROM_NS);
    let topics = names.get(request).await;
    let text = String::from_utf8_lossy(topics.body()).into_owned();
    assert!(!text.contains(&cluster.broker.broker_addr().to_string()), "{text}");
}

/// Answers as a name server of a master and its slave, with the text that fastjson writes.
async fn with_slave(request: RemotingCommand) -> Result<RemotingCommand, BoxError> {
    let text = match request.request_code() {
        RequestCode::GET_BROKER_CLUSTER_INFO => {
            r#"{"brokerAddrTable":{"a":{"brokerAddrs":{0:"10.0.0.1:1",1:"10.0.0.2:1"},"brokerName":"a","cluster":"c"}},"clusterAddrTable":{"c":["a"]}}"#
        }
        _ => {
            r#"{"brokerDatas":[{"brokerAddrs":{1:"10.0.0.2:1",0:"10.0.0.1:1"},"brokerName":"a"}],"filterServerTable":{},"queueDatas":[]}"#
        }
    };
    Ok(RemotingCommand::response(ResponseCode::SUCCESS).with_body(text))
}

#[tokio::test]
async fn slaves_are_left_out_when_that_is_wanted() {
    let server = Server::new(service_fn(with_slave)).bind("127.0.0.1:0").await.unwrap().spawn();
    for (slaves, ids) in [(true, vec![0, 1]), (false, vec![0])] {
        let upstream = Upstream::new([server.local_addr().to_string()]).slaves(slaves);
        let gateway = crate::gateway().upstream(upstream).start().await.unwrap();
        let names = Peer::connect(&gateway.name_server_addrs()[0].to_string()).await;
        let route = request(RequestCode::GET_ROUTEINFO_BY_TOPIC, &[("topic", "T")]);
        let route: TopicRouteData = names.get(route).await.json().unwrap();
        let info = names.get(RemotingCommand::request(RequestCode::GET_BROKER_CLUSTER_INFO)).await;
        let info: ClusterInfo = info.json().unwrap();
        let told = [&route.broker_datas[0].broker_addrs, &info.broker_addr_table["a"].broker_addrs];
        for told in told {
            assert_eq!(told.keys().copied().collect::<Vec<_>>(), ids);
            assert!(told.values().all(|addr| addr.starts_with("127.0.0.1:")), "{told:?}");
        }
        let ports: Vec<_> = gateway.brokers().iter().map(|broker| broker.id).collect();
        assert_eq!(ports, ids);
    }
}

#[tokio::test]
async fn an_advertised_name_is_told() {
    let host = "localhost";
    let cluster = Cluster::start_with(Broker::builder(), |gateway| gateway.advertise(host)).await;
    assert!(cluster.port().starts_with("localhost:"), "{}", cluster.port());
    let sent = cluster.client().await.send("T", 0, "a").await;
    assert_eq!(sent.ids()[0].host.ip().to_string(), "127.0.0.1");
}

#[tokio::test]
async fn brokers_do_not_register_through_the_gateway() {
    let cluster = Cluster::start().await;
    let names = cluster.names().await;
    for code in [RequestCode::REGISTER_BROKER, RequestCode::UNREGISTER_BROKER] {
        let fields = [
            ("brokerName", "broker-a"),
            ("brokerAddr", "127.0.0.1:1"),
            ("clusterName", "c"),
            ("brokerId", "0"),
            ("haServerAddr", "127.0.0.1:2"),
        ];
        let (refused, why) = names.refusal(request(code, &fields)).await;
        assert_eq!(refused, ResponseCode::NO_PERMISSION);
        assert!(why.contains("do not register through the gateway"), "{why}");
    }
}

#[tokio::test]
async fn answers_with_errors_and_unknown_codes_pass() {
    let cluster = Cluster::start().await;
    let names = cluster.names().await;
    let route = request(RequestCode::GET_ROUTEINFO_BY_TOPIC, &[("topic", "none")]);
    assert_eq!(names.call(route).await.response_code(), ResponseCode::TOPIC_NOT_EXIST);
    let (code, why) = names.refusal(RemotingCommand::request(7777)).await;
    assert_eq!(code, ResponseCode::REQUEST_CODE_NOT_SUPPORTED);
    assert_eq!(why, " request type 7777 not supported");
    let missing = request(RequestCode::GET_KV_CONFIG, &[("namespace", "n"), ("key", "k")]);
    assert_eq!(names.call(missing.clone()).await.response_code(), ResponseCode::QUERY_NOT_FOUND);
    let put = [("namespace", "n"), ("key", "k"), ("value", "v")];
    names.get(request(RequestCode::PUT_KV_CONFIG, &put)).await;
    assert_eq!(names.get(missing).await.ext_fields().get("value"), Some("v"));
}
