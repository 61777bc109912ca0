//! `authorize`.
#![allow(clippy::expect_used, clippy::unwrap_used, clippy::panic, reason = "test code")]

mod common;

use common::{
    assert_gives_its_permit_back, assert_passes_readiness_and_errors, connection_from, driver,
};
use rocketmq_tower_core::message::SendHeader;
use rocketmq_tower_core::protocol::{ConsumerData, HeartbeatData, ProducerData, SubscriptionData};
use rocketmq_tower_core::subject::Action;
use rocketmq_tower_core::{Abort, BoxError, RemotingCommand, RequestCode, ResponseCode};
use rocketmq_tower_layers::authorize::{Rule, Rules};
use rocketmq_tower_layers::identity::claimed_user;
use rocketmq_tower_layers::network::Network;
use rocketmq_tower_layers::{AuthorizeLayer, RecoverLayer};
use rocketmq_tower_test_support::Raw;
use tokio_test::assert_pending;
use tower::{Layer, Service, ServiceBuilder, service_fn};
use tower_test::mock::{self, Spawn};

type Code = RequestCode;

async fn success(_: RemotingCommand) -> Result<RemotingCommand, BoxError> {
    Ok(RemotingCommand::response(ResponseCode::SUCCESS))
}

fn claiming(rules: impl Into<Rules>) -> AuthorizeLayer {
    AuthorizeLayer::new(rules).user_of(claimed_user)
}

/// Returns the remark of the refusal, if the layer refuses.
async fn refusal(layer: &AuthorizeLayer, request: RemotingCommand) -> Option<String> {
    let error = layer.layer(service_fn(success)).call(request).await.err()?;
    let abort = error.downcast_ref::<Abort>().expect("an abort");
    assert_eq!(abort.code, ResponseCode::NO_PERMISSION);
    Some(abort.remark.clone().into_owned())
}

async fn passes(layer: &AuthorizeLayer, request: RemotingCommand) -> bool {
    refusal(layer, request).await.is_none()
}

fn request(code: Code, fields: &[(&str, &str)]) -> RemotingCommand {
    let start = RemotingCommand::request(code);
    fields.iter().fold(start, |request, (name, value)| request.with_ext_field(name, value))
}

fn of(user: &str, request: RemotingCommand) -> RemotingCommand {
    request.with_ext_field("AccessKey", user)
}

fn send(topic: &str) -> RemotingCommand {
    SendHeader::new("any producers", topic, 0).request()
}

fn pull(topic: &str, group: &str) -> RemotingCommand {
    request(Code::PULL_MESSAGE, &[("topic", topic), ("consumerGroup", group)])
}

fn heartbeat(group: &str, topics: &[&str]) -> RemotingCommand {
    let data = HeartbeatData {
        client_id: "me".into(),
        consumer_data_set: vec![ConsumerData {
            group_name: group.into(),
            subscription_data_set: topics.iter().map(|t| SubscriptionData::tags(*t, "*")).collect(),
            ..ConsumerData::default()
        }],
        producer_data_set: vec![ProducerData { group_name: "any producers".into() }],
        ..HeartbeatData::default()
    };
    RemotingCommand::request(Code::HEART_BEAT).with_json(&data).unwrap()
}

/// The shop may send orders, billing may consume them.
fn teams() -> AuthorizeLayer {
    claiming([
        Rule::deny("no archives").action(Action::Send).topic("orders_archive"),
        Rule::allow("shop sends").user("shop").action(Action::Send).topic("orders*"),
        Rule::allow("billing consumes")
            .user("billing")
            .action(Action::Receive)
            .topic("orders*")
            .group("billing"),
        Rule::allow("operators").user("root"),
    ])
}

#[tokio::test]
async fn the_first_rule_about_a_name_decides_and_none_refuses() {
    let teams = teams();
    assert!(passes(&teams, of("shop", send("orders"))).await);
    assert!(passes(&teams, of("shop", send("orders_eu"))).await);
    for (request, expected) in [
        (
            of("shop", send("orders_archive")),
            "rule \"no archives\" denies user shop: send, topic orders_archive",
        ),
        (
            of("root", send("orders_archive")),
            "rule \"no archives\" denies user root: send, topic orders_archive",
        ),
        (of("shop", send("secret")), "no rule allows user shop: send, topic secret"),
        (of("billing", send("orders")), "no rule allows user billing: send, topic orders"),
        (send("orders"), "no rule allows an unknown sender: send, topic orders"),
        (of("shop", pull("orders", "billing")), "no rule allows user shop: receive, topic orders"),
        (
            of("billing", pull("orders", "other")),
            "no rule allows user billing: receive, group other",
        ),
        (
            of("billing", pull("secret", "billing")),
            "no rule allows user billing: receive, topic secret",
        ),
    ] {
        assert_eq!(refusal(&teams, request).await.as_deref(), Some(expected));
    }
    assert!(passes(&teams, of("billing", pull("orders", "billing"))).await);
    assert!(passes(&teams, of("root", pull("secret", "other"))).await);
}

#[tokio::test]
async fn a_refused_request_does_not_reach_the_inner_service() {
    let (mock, mut inner) = mock::pair::<RemotingCommand, RemotingCommand>();
    let mut service = Spawn::new(teams().layer(mock));
    inner.allow(2);
    tokio_test::assert_ready_ok!(service.poll_ready());
    service.call(send("orders")).await.expect_err("refused");
    assert_pending!(tokio_test::task::spawn(inner.next_request()).poll());

    tokio_test::assert_ready_ok!(service.poll_ready());
    let call = service.call(of("shop", send("orders")));
    let (request, respond) = inner.next_request().await.expect("called");
    assert_eq!(request.request_code(), Code::SEND_MESSAGE_V2);
    respond.send_response(RemotingCommand::response(ResponseCode::SUCCESS));
    call.await.expect("allowed");
}

#[tokio::test]
async fn a_heartbeat_needs_its_groups_and_the_topics_that_they_subscribe_to() {
    let teams = teams();
    let retry = ["orders", "%RETRY%billing"];
    assert!(passes(&teams, of("billing", heartbeat("billing", &retry))).await);
    for (request, expected) in [
        (heartbeat("other", &["orders"]), "no rule allows user billing: receive, group other"),
        (
            heartbeat("billing", &["orders", "secret"]),
            "no rule allows user billing: receive, topic secret",
        ),
        (
            heartbeat("billing", &["%RETRY%other"]),
            "no rule allows user billing: receive, group other",
        ),
    ] {
        assert_eq!(refusal(&teams, of("billing", request)).await.as_deref(), Some(expected));
    }
    let producer =
        r#"{"clientID":"me","producerDataSet":[{"groupName":"p"}],"consumerDataSet":[]}"#;
    let producer = RemotingCommand::request(Code::HEART_BEAT).with_body(producer);
    assert!(passes(&teams, of("shop", producer)).await, "producers need no permission");

    let leave =
        |group| request(Code::UNREGISTER_CLIENT, &[("clientID", "me"), ("consumerGroup", group)]);
    assert!(passes(&teams, of("billing", leave("billing"))).await);
    assert!(!passes(&teams, of("billing", leave("other"))).await);
}

#[tokio::test]
async fn a_body_that_cannot_be_read_is_refused() {
    let broken = RemotingCommand::request(Code::HEART_BEAT).with_body("{");
    let remark = refusal(&teams(), of("root", broken)).await.expect("refused");
    assert!(remark.starts_with("cannot read the names in the body of HEART_BEAT: "), "{remark}");
}

#[tokio::test]
async fn readers_in_disagreement_about_a_body_do_not_help() {
    let twice = r#"{"clientId":"c","consumerGroup":"other","consumerGroup":"billing","mqSet":[]}"#;
    let lock = RemotingCommand::request(Code::LOCK_BATCH_MQ).with_body(twice);
    assert!(!passes(&teams(), of("billing", lock)).await);
}

#[tokio::test]
async fn retry_and_dead_letter_topics_follow_their_group() {
    let teams = teams();
    assert!(passes(&teams, of("billing", pull("%RETRY%billing", "billing"))).await);
    assert!(passes(&teams, of("billing", pull("%DLQ%billing", "billing"))).await);
    assert!(
        passes(&teams, of("billing", send("%RETRY%billing"))).await,
        "what it could not consume"
    );
    assert!(!passes(&teams, of("billing", pull("%RETRY%other", "billing"))).await);
    assert!(!passes(&teams, of("shop", send("%RETRY%billing"))).await);

    let ack = |topic| {
        request(
            Code::ACK_MESSAGE,
            &[("topic", topic), ("consumerGroup", "billing"), ("queueId", "0")],
        )
    };
    for popped in ["%RETRY%billing_orders", "%RETRY%billing+orders"] {
        assert!(passes(&teams, of("billing", ack(popped))).await, "{popped}");
    }
    assert!(!passes(&teams, of("billing", ack("%RETRY%billings"))).await);
    assert!(
        !passes(&teams, of("billing", pull("%RETRY%billing_eu", "billing"))).await,
        "another group's"
    );
}

#[tokio::test]
async fn who_may_use_a_name_may_ask_about_it() {
    let teams = teams();
    let route = |topic| request(Code::GET_ROUTEINFO_BY_TOPIC, &[("topic", topic)]);
    for user in ["shop", "billing"] {
        assert!(passes(&teams, of(user, route("orders"))).await);
        assert!(!passes(&teams, of(user, route("secret"))).await);
    }
    let offset = |group| {
        request(Code::QUERY_CONSUMER_OFFSET, &[("topic", "orders"), ("consumerGroup", group)])
    };
    assert!(passes(&teams, of("billing", offset("billing"))).await);
    assert!(!passes(&teams, of("billing", offset("other"))).await);
    assert!(!passes(&teams, of("shop", offset("billing"))).await, "it may send only");

    let nobody = claiming([Rule::deny("no sends").action(Action::Send), Rule::allow("all")]);
    assert!(
        passes(&nobody, route("orders")).await,
        "a rule that denies says nothing about questions"
    );
}

#[tokio::test]
async fn administration_needs_its_own_permission() {
    let layer = claiming([
        Rule::allow("topics").user("ann").action(Action::AdminTopic).topic("orders*"),
        Rule::allow("groups").user("bob").action(Action::AdminGroup).group("billing"),
        Rule::allow("topics of bob").user("bob").action(Action::Describe).topic("orders"),
    ]);
    let create = request(Code::UPDATE_AND_CREATE_TOPIC, &[("topic", "orders")]);
    assert!(passes(&layer, of("ann", create.clone())).await);
    assert!(!passes(&layer, of("bob", create)).await);
    assert!(!passes(&layer, of("ann", send("orders"))).await);

    let reset = |topic, group| {
        request(Code::INVOKE_BROKER_TO_RESET_OFFSET, &[("topic", topic), ("group", group)])
    };
    assert!(passes(&layer, of("bob", reset("orders", "billing"))).await);
    assert!(!passes(&layer, of("bob", reset("orders", "other"))).await);
    assert!(!passes(&layer, of("bob", reset("secret", "billing"))).await);
    let copy = request(
        Code::CLONE_GROUP_OFFSET,
        &[("topic", "orders"), ("srcGroup", "other"), ("destGroup", "billing")],
    );
    assert!(!passes(&layer, of("bob", copy)).await, "both groups count");
}

#[tokio::test]
async fn requests_without_names_need_a_rule_without_names() {
    let teams = teams();
    for code in [
        Code::GET_ALL_TOPIC_LIST_FROM_NAMESERVER,
        Code::GET_BROKER_CLUSTER_INFO,
        Code::UPDATE_BROKER_CONFIG,
        Code::REGISTER_BROKER,
        Code::from(77),
    ] {
        let request = request(code, &[("topic", "orders")]);
        assert!(passes(&teams, of("root", request.clone())).await, "{code}");
        assert!(!passes(&teams, of("shop", request)).await, "{code}");
    }
    let end = request(Code::END_TRANSACTION, &[("producerGroup", "p")]);
    assert!(passes(&teams, of("shop", end.clone())).await, "old clients do not name the topic");
    assert!(!passes(&teams, of("billing", end)).await);
    let view = request(Code::VIEW_MESSAGE_BY_ID, &[("offset", "1")]);
    assert!(!passes(&teams, of("billing", view)).await, "it may be of any topic");
}

#[tokio::test]
async fn any_user_is_not_anybody() {
    let layer = claiming([Rule::allow("users").user("*")]);
    assert!(passes(&layer, of("who", send("orders"))).await);
    assert!(!passes(&layer, send("orders")).await);
}

#[tokio::test]
async fn addresses_count() {
    let ours: Network = "10.0.0.0/8".parse().unwrap();
    let layer = AuthorizeLayer::new([Rule::allow("ours").network(ours).topic("orders")]);
    for (address, expected) in [
        ("10.1.2.3:9", None),
        ("192.0.2.1:9", Some("no rule allows address 192.0.2.1: send, topic orders")),
    ] {
        let (io, connection) = connection_from(address);
        let stack = ServiceBuilder::new().layer(RecoverLayer::new()).layer(layer.clone());
        tokio::spawn(driver(stack.service(service_fn(success))).call(connection));
        assert_eq!(Raw::new(io).call(&send("orders")).await.remark(), expected);
    }
    assert!(!passes(&layer, send("orders")).await, "no address is in no network");
}

#[tokio::test]
async fn rules_change_for_services_that_exist() {
    let layer = claiming([]);
    let handle = layer.handle();
    let mut service = layer.clone().layer(service_fn(success));
    service.call(send("orders")).await.expect_err("no rule");
    handle.replace([Rule::allow("all")]);
    service.call(send("orders")).await.expect("a rule");
    assert_eq!(handle.rules().iter().map(Rule::name).collect::<Vec<_>>(), ["all"]);
    handle.replace(Rules::default());
    service.call(send("orders")).await.expect_err("no rule again");
    drop((layer, handle));
    service.call(send("orders")).await.expect_err("the last rules stay");
}

#[cfg(feature = "acl")]
#[tokio::test]
async fn the_user_is_the_one_that_acl_has_verified() {
    use rocketmq_tower_layers::AclVerifyLayer;
    use rocketmq_tower_layers::acl::{Credentials, sign};
    use std::collections::HashMap;

    let keys = HashMap::from([("shop", "secret1")]);
    let rules = [Rule::allow("shop").user("shop")];
    let mut service = ServiceBuilder::new()
        .layer(AclVerifyLayer::new(keys).allow_anonymous())
        .layer(AuthorizeLayer::new(rules.clone()))
        .service(service_fn(success));
    let mut signed = send("orders");
    sign(&mut signed, &Credentials::new("shop", "secret1")).unwrap();
    service.call(signed).await.expect("signed");
    service.call(send("orders")).await.expect_err("anonymous");

    let claimed = of("shop", send("orders"));
    AuthorizeLayer::new(rules)
        .layer(service_fn(success))
        .call(claimed)
        .await
        .expect_err("not verified");
}

#[tokio::test]
async fn readiness_and_errors_pass_and_a_refusal_releases_its_permit() {
    assert_passes_readiness_and_errors(AuthorizeLayer::new([Rule::allow("all")])).await;
    assert_gives_its_permit_back(&claiming([]), send("orders"), false);
    let panicking = AuthorizeLayer::new([]).user_of(|_| panic!("no user"));
    assert_gives_its_permit_back(&panicking, send("orders"), true);
}
