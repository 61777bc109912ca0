//! `acl`: the verifying layer.
#![cfg(feature = "acl")]
#![allow(clippy::expect_used, clippy::panic, reason = "test code")]

mod common;

use common::channel;
use rocketmq_tower_core::{Addr, BoxError, RemotingCommand, ResponseCode, SerializeType};
use rocketmq_tower_layers::acl::{AccessKey, CredentialStore, Credentials, SignHook, sign};
use rocketmq_tower_layers::{AclVerifyLayer, RecoverLayer, RpcHookLayer};
use rocketmq_tower_test_support::{SECOND, assert_accessors};
use std::collections::HashMap;
use std::sync::Arc;
use tower::{Layer, Service, ServiceBuilder, ServiceExt};

const USER: &str = "alice";
const SECRET: &str = "12345678";

fn layer() -> AclVerifyLayer<HashMap<String, String>> {
    AclVerifyLayer::new(HashMap::from([(USER.into(), SECRET.into()), ("empty".into(), "".into())]))
}

fn signed(access_key: &str, secret_key: &str) -> RemotingCommand {
    let mut request = RemotingCommand::request(10).with_ext_field("topic", "T").with_body("hello");
    sign(&mut request, &Credentials::new(access_key, secret_key)).expect("a key");
    request
}

/// Answers with the access key that the request was verified for.
async fn who(request: RemotingCommand) -> Result<RemotingCommand, BoxError> {
    let user = request.extensions().get().map_or("nobody", AccessKey::as_str).to_owned();
    Ok(RemotingCommand::response(ResponseCode::SUCCESS).with_remark(user))
}

/// The response's code and remark.
async fn ask<C: CredentialStore>(
    layer: AclVerifyLayer<C>,
    request: RemotingCommand,
) -> (ResponseCode, String) {
    let stack = ServiceBuilder::new().layer(RecoverLayer::new()).layer(layer).service_fn(who);
    let Ok(answer) = stack.oneshot(request).await;
    (answer.response_code(), answer.remark().unwrap_or_default().to_owned())
}

fn passed(user: &str) -> (ResponseCode, String) {
    (ResponseCode::SUCCESS, user.to_owned())
}

fn refused(remark: &str) -> (ResponseCode, String) {
    (ResponseCode::NO_PERMISSION, remark.to_owned())
}

#[tokio::test]
async fn a_request_that_is_verified_goes_on_with_its_access_key() {
    assert_eq!(ask(layer(), signed(USER, SECRET)).await, passed(USER));
}

#[tokio::test]
async fn all_others_are_refused_in_javas_words() {
    let bare = RemotingCommand::request(10);
    let unsigned = bare.clone().with_ext_field("topic", "T");
    let empty_name = unsigned.clone().with_ext_field("AccessKey", "");
    let no_signature = unsigned.clone().with_ext_field("AccessKey", USER);
    let empty_key = unsigned.clone().with_ext_field("AccessKey", "empty");
    let malformed = signed(USER, SECRET).with_ext_field("Signature", "?");
    for (request, remark) in [
        (bare, "username cannot be null."),
        (unsigned, "username cannot be null."),
        (empty_name, "username cannot be null."),
        (signed("bob", SECRET), "User:bob is not found."),
        (no_signature, "check signature failed."),
        (malformed, "check signature failed."),
        (signed(USER, "87654321"), "check signature failed."),
        (signed(USER, SECRET).with_body("bye"), "check signature failed."),
        (empty_key, "Authentication failed. Please verify the credentials and try again."),
    ] {
        assert_eq!(ask(layer(), request).await, refused(remark));
    }
}

#[tokio::test]
async fn anonymous_requests_pass_if_they_may() {
    let layer = layer().allow_anonymous();
    let bare = RemotingCommand::request(10);
    assert_eq!(ask(layer.clone(), bare.clone()).await, passed("nobody"));
    let empty_name = bare.with_ext_field("AccessKey", "").with_ext_field("Signature", "x");
    assert_eq!(ask(layer.clone(), empty_name).await, passed("nobody"), "the C++ client's");
    assert_eq!(ask(layer.clone(), signed(USER, SECRET)).await, passed(USER));
    let wrong = signed(USER, "wrong");
    assert_eq!(ask(layer, wrong).await, refused("check signature failed."));
}

#[tokio::test]
async fn exempt_codes_pass_without_a_look() {
    let layer = layer().exempt([10]).exempt([34]);
    assert_eq!(ask(layer.clone(), RemotingCommand::request(10)).await, passed("nobody"));
    assert_eq!(ask(layer.clone(), signed(USER, "wrong")).await, passed("nobody"));
    assert_eq!(ask(layer.clone(), RemotingCommand::request(34)).await, passed("nobody"));
    assert_eq!(ask(layer, RemotingCommand::request(11)).await, refused("username cannot be null."));
}

#[tokio::test]
async fn stores_are_tables_closures_and_what_is_shared() {
    let closure = |user: &str| (user == USER).then(|| SECRET.to_owned());
    assert_eq!(ask(AclVerifyLayer::new(closure), signed(USER, SECRET)).await, passed(USER));
    let table = HashMap::from([(USER, SECRET)]);
    let shared: Arc<dyn CredentialStore> = Arc::new(table);
    let layer = AclVerifyLayer::new(shared);
    assert_eq!(ask(layer.clone(), signed(USER, SECRET)).await, passed(USER));
    assert!(!format!("{layer:?}").contains(SECRET));
}

#[tokio::test(start_paused = true)]
async fn a_client_signs_and_a_server_verifies() {
    let server = ServiceBuilder::new().layer(RecoverLayer::new()).layer(layer()).service_fn(who);
    let channel = channel(1, move |request| {
        let answer = server.clone().oneshot(request);
        async { Ok::<_, BoxError>(answer.await?) }
    });
    let sign = SignHook::new(Credentials::new(USER, SECRET).with_security_token("token"));
    let hooks = RpcHookLayer::new().hook(sign).peer(Addr::default());
    let mut client = hooks.layer(channel.clone());
    for serialize_type in [SerializeType::Json, SerializeType::RocketMq] {
        let request = RemotingCommand::request(10).with_serialize_type(serialize_type);
        let request = request.with_ext_field("empty", "").with_ext_field("\u{1f600}", "ä");
        let unsigned = channel.invoke(request.clone(), SECOND).await.expect("answered");
        assert_eq!(unsigned.response_code(), ResponseCode::NO_PERMISSION);
        let call = client.ready().await.expect("open").call(request.with_body("hello"));
        assert_eq!(call.await.expect("answered").remark(), Some(USER), "{serialize_type:?}");
    }
}

#[test]
fn accessors() {
    assert_accessors!(layer());
}
