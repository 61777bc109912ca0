//! The configuration of the broker, and its upkeep.

use super::text;
use crate::support::peer::Peer;
use crate::support::requests::{Pull, request};
use crate::support::running::Running;
use rocketmq_tower::{RemotingCommand, RequestCode, ResponseCode};
use rocketmq_tower_broker::Broker;

#[tokio::test]
async fn only_what_can_be_changed_is_changed() {
    let running = Running::start(Broker::builder().topic("T", 1)).await;
    let (client, names) = (running.client().await, Peer::connect(&running.names).await);
    let get = || RemotingCommand::request(RequestCode::GET_BROKER_CONFIG);
    let update = |text: &str| {
        RemotingCommand::request(RequestCode::UPDATE_BROKER_CONFIG).with_body(text.to_owned())
    };
    let response = client.get(get()).await;
    assert!(response.ext_fields().get("version").unwrap().starts_with(r#"{"counter":0"#));
    let config = String::from_utf8(response.body().to_vec()).unwrap();
    assert!(config.contains("brokerName=broker-a\n") && config.contains("fileReservedTime=72\n"));

    let refused = client.refusal(update("fileReservedTime=1\nlistenPort=1\n")).await;
    assert_eq!(refused.0, ResponseCode::NO_PERMISSION);
    assert_eq!(refused.1, "listenPort cannot be changed while the broker runs");
    for wrong in ["fileReservedTime=0", "brokerPermission=1", "brokerPermission=x", "x"] {
        assert_eq!(client.refusal(update(wrong)).await.0, ResponseCode::INVALID_PARAMETER);
    }
    assert!(text(&client, get()).await.contains("fileReservedTime=72\n"), "none was changed");
    client.get(update("fileReservedTime=48\nbrokerName=broker-a\n")).await;
    assert!(text(&client, get()).await.contains("fileReservedTime=48\n"));

    client.get(update("brokerPermission=4")).await;
    let send = crate::support::peer::message("T", 0, &[], "m");
    let refused = client.refusal(send).await;
    assert_eq!(refused.0, ResponseCode::NO_PERMISSION);
    assert!(refused.1.contains("sending message is forbidden"), "{}", refused.1);
    let route = request(RequestCode::GET_ROUTEINFO_BY_TOPIC, &[("topic", "T")]);
    assert!(text(&names, route).await.contains(r#""perm":4"#));
    client.get(update("brokerPermission=2")).await;
    client.send("T", 0, "m").await;
    assert_eq!(client.pull(&Pull::new("T", 0)).await.response_code(), ResponseCode::NO_PERMISSION);

    let of_names = RemotingCommand::request(RequestCode::GET_NAMESRV_CONFIG);
    assert!(text(&names, of_names).await.contains("enableTopicList=true\n"));
    let update = |text: &str| {
        RemotingCommand::request(RequestCode::UPDATE_NAMESRV_CONFIG).with_body(text.to_owned())
    };
    names.get(update("enableTopicList=true")).await;
    assert_eq!(names.refusal(update("clusterTest=true")).await.0, ResponseCode::NO_PERMISSION);
    running.end().await;
}

#[tokio::test]
async fn upkeep_is_done_or_has_nothing_to_do() {
    let running = Running::start(Broker::builder().topic("T", 1)).await;
    let client = running.client().await;
    client.send("T", 0, "m").await;
    for code in [
        RequestCode::DELETE_EXPIRED_COMMITLOG,
        RequestCode::CLEAN_EXPIRED_CONSUMEQUEUE,
        RequestCode::CLEAN_UNUSED_TOPIC,
        RequestCode::RESET_MASTER_FLUSH_OFFSET,
    ] {
        client.get(RemotingCommand::request(code)).await;
    }
    assert_eq!(client.all("T", 0).await.len(), 1, "it is not old");
    running.end().await;
}
