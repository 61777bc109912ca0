//! Settings of groups: kept, listed, obeyed.

use super::body;
use crate::heartbeats::{consumer, heartbeat};
use crate::support::folder::Folder;
use crate::support::peer::Peer;
use crate::support::requests::{Pull, request};
use crate::support::running::Running;
use rocketmq_tower::protocol::{
    MessageModel, SubscriptionGroupConfig, SubscriptionGroupWrapper, json,
};
use rocketmq_tower::{RemotingCommand, RequestCode, ResponseCode};
use rocketmq_tower_broker::Broker;

fn create(settings: &str) -> RemotingCommand {
    let code = RequestCode::UPDATE_AND_CREATE_SUBSCRIPTIONGROUP;
    RemotingCommand::request(code).with_body(settings.to_owned())
}

fn one(group: &str) -> RemotingCommand {
    request(RequestCode::GET_SUBSCRIPTIONGROUP_CONFIG, &[("group", group)])
}

async fn all(client: &Peer) -> SubscriptionGroupWrapper {
    body(client, RemotingCommand::request(RequestCode::GET_ALL_SUBSCRIPTIONGROUP_CONFIG)).await
}

#[tokio::test]
async fn groups_are_kept_from_their_first_use_on_and_deleted_with_their_offsets() {
    let folder = Folder::new();
    let on = || Broker::builder().data_dir(folder.path()).topic("T", 1);
    let running = Running::start(on()).await;
    let client = running.client().await;
    assert!(all(&client).await.subscription_group_table.contains_key("TOOLS_CONSUMER"));
    client.get(heartbeat("client", &[consumer("beats", &[])], &[])).await;
    client.pull(&Pull::new("T", 0)).await;
    client.get(create(r#"{"groupName":"made","retryMaxTimes":3,"brokerId":0}"#)).await;
    let fields =
        [("consumerGroup", "made"), ("topic", "T"), ("queueId", "0"), ("commitOffset", "0")];
    client.get(request(RequestCode::UPDATE_CONSUMER_OFFSET, &fields)).await;
    running.end().await;

    let running = Running::start(on()).await;
    let client = running.client().await;
    let known = all(&client).await.subscription_group_table;
    assert_eq!(
        known["beats"],
        SubscriptionGroupConfig { group_name: "beats".into(), ..Default::default() }
    );
    assert!(known.contains_key("consumers"));
    let made: SubscriptionGroupConfig = body(&client, one("made")).await;
    assert_eq!((made.retry_max_times, &made), (3, &known["made"]));
    let delete = |clean| {
        let fields = [("groupName", "made"), ("cleanOffset", clean)];
        request(RequestCode::DELETE_SUBSCRIPTIONGROUP, &fields)
    };
    let query = || {
        let fields = [&fields[..3], &[("setZeroIfNotFound", "false")]].concat();
        request(RequestCode::QUERY_CONSUMER_OFFSET, &fields)
    };
    client.get(delete("false")).await;
    client.get(query()).await;
    assert!(!all(&client).await.subscription_group_table.contains_key("made"));
    client.get(delete("true")).await;
    running.end().await;

    let running = Running::start(on()).await;
    let client = running.client().await;
    assert_eq!(client.refusal(query()).await.0, ResponseCode::QUERY_NOT_FOUND);
    assert!(!all(&client).await.subscription_group_table.contains_key("made"));
    running.end().await;
}

#[tokio::test]
async fn groups_are_created_by_lists_and_read_page_by_page() {
    let running = Running::start(Broker::builder()).await;
    let client = running.client().await;
    let list = |names: &[&str]| {
        let groups: Vec<_> =
            names.iter().map(|name| format!(r#"{{"groupName":"{name}"}}"#)).collect();
        let code = RequestCode::UPDATE_AND_CREATE_SUBSCRIPTIONGROUP_LIST;
        let body = format!(r#"{{"groupConfigList":[{}]}}"#, groups.join(","));
        RemotingCommand::request(code).with_body(body)
    };
    client.get(list(&["g", "h"])).await;
    let refused = client.refusal(list(&["i", "a b"])).await;
    assert_eq!(refused.0, ResponseCode::INVALID_PARAMETER);
    let known = all(&client).await.subscription_group_table;
    assert!(known.contains_key("h") && !known.contains_key("i"));
    let fields = [("groupSeq", "0"), ("maxGroupNum", "3"), ("dataVersion", "")];
    let code = RequestCode::GET_ALL_SUBSCRIPTIONGROUP_CONFIG;
    let response = client.get(request(code, &fields)).await;
    let page: SubscriptionGroupWrapper = json::from_slice(response.body()).unwrap();
    assert!(page.subscription_group_table.keys().eq(known.keys().take(3)));
    let total = known.len().to_string();
    assert_eq!(response.ext_fields().get("totalGroupNum"), Some(total.as_str()));

    // As in Java, reading the settings of a group creates it.
    let new: SubscriptionGroupConfig = body(&client, one("new")).await;
    assert_eq!((new.group_name.as_str(), new.retry_max_times), ("new", 16));
    assert_eq!(client.refusal(one("a b")).await.0, ResponseCode::SUBSCRIPTION_GROUP_NOT_EXIST);
    let refused = client.refusal(create(r#"{"groupName":"g","attributes":{"+x":"1"}}"#)).await;
    assert!(refused.1.contains("unsupported key: x"), "{}", refused.1);
    running.end().await;
}

#[tokio::test]
async fn a_group_that_must_not_consume_or_broadcast_cannot_pull() {
    let running = Running::start(Broker::builder().topic("T", 1)).await;
    let client = running.client().await;
    let mut group = consumer("g", &[("T", "*", 1)]);
    group.message_model = MessageModel::Broadcasting;
    client.get(heartbeat("client", &[group.clone()], &[])).await;
    let pull = Pull::new("T", 0).subscribed("g", 1);
    for (settings, text) in [
        (r#""consumeEnable":false"#, "subscription group no permission, g"),
        (r#""consumeBroadcastEnable":false"#, "can not consume by broadcast way"),
    ] {
        assert_eq!(client.pull(&pull).await.response_code(), ResponseCode::PULL_NOT_FOUND);
        client.get(create(&format!(r#"{{"groupName":"g",{settings}}}"#))).await;
        let refused = client.refusal(pull.request()).await;
        assert_eq!(refused.0, ResponseCode::NO_PERMISSION);
        assert!(refused.1.contains(text), "{}", refused.1);
        client.get(create(r#"{"groupName":"g"}"#)).await;
    }
    client.get(create(r#"{"groupName":"g","consumeBroadcastEnable":false}"#)).await;
    group.message_model = MessageModel::Clustering;
    client.get(heartbeat("client", &[group], &[])).await;
    assert_eq!(client.pull(&pull).await.response_code(), ResponseCode::PULL_NOT_FOUND);
    running.end().await;
}

#[tokio::test]
async fn the_settings_of_a_group_say_how_its_messages_are_retried() {
    let running = Running::start(Broker::builder().topic("T", 1)).await;
    let client = running.client().await;
    let sent = client.send("T", 0, "m").await.commit_log_offset().to_string();
    let back = || {
        let fields = [("group", "g"), ("offset", sent.as_str()), ("delayLevel", "1")];
        request(RequestCode::CONSUMER_SEND_MSG_BACK, &fields)
    };
    let names = Peer::connect(&running.names).await;
    let route = |topic| request(RequestCode::GET_ROUTEINFO_BY_TOPIC, &[("topic", topic)]);

    client.get(create(r#"{"groupName":"g","retryQueueNums":0}"#)).await;
    client.get(back()).await;
    assert_eq!(names.refusal(route("%DLQ%g")).await.0, ResponseCode::TOPIC_NOT_EXIST);

    client.get(create(r#"{"groupName":"g","retryMaxTimes":0,"retryQueueNums":3}"#)).await;
    client.get(back()).await;
    assert_eq!(client.all("%DLQ%g", 0).await.len(), 1, "no try is left");
    let retries = String::from_utf8(names.get(route("%RETRY%g")).await.body().to_vec()).unwrap();
    assert!(retries.contains(r#""writeQueueNums":3"#), "{retries}");
    running.end().await;
}

#[tokio::test]
async fn members_of_a_group_without_notifications_are_not_notified() {
    let running = Running::start(Broker::builder()).await;
    let mut client = running.client().await;
    client.get(create(r#"{"groupName":"quiet","notifyConsumerIdsChangedEnable":false}"#)).await;
    for group in ["quiet", "loud"] {
        client.get(heartbeat("client", &[consumer(group, &[])], &[])).await;
    }
    // Groups are notified one after the other.
    let pushed = client.pushed().await;
    assert_eq!(pushed.ext_fields().get("consumerGroup"), Some("loud"));
    running.end().await;
}
