//! `namespace`.
#![allow(clippy::expect_used, clippy::unwrap_used, clippy::panic, reason = "test code")]

mod common;

use common::{assert_gives_its_permit_back, assert_passes_readiness_and_errors, served};
use rocketmq_tower_core::{Abort, BoxError, RemotingCommand, RequestCode as Code, ResponseCode};
use rocketmq_tower_layers::NamespaceLayer;
use rocketmq_tower_layers::namespace::{Access, Tenant};
use rocketmq_tower_test_support::{SECOND, soon};
use tokio::time::sleep;
use tower::{Layer, Service, service_fn};

const LIST: &str = r#"{"topicList":["A%T","B%T","TBW102","%RETRY%A%g"]}"#;

fn layer() -> NamespaceLayer {
    NamespaceLayer::of(Tenant::new("A").unwrap())
}

fn list() -> RemotingCommand {
    RemotingCommand::request(Code::GET_ALL_TOPIC_LIST_FROM_NAMESERVER)
}

fn max_offset(topic: &str) -> RemotingCommand {
    RemotingCommand::request(Code::GET_MAX_OFFSET).with_ext_field("topic", topic)
}

/// Answers with a list and the topic of the request, as its body says.
async fn as_told(request: RemotingCommand) -> Result<Option<RemotingCommand>, BoxError> {
    let topic = request.ext_fields().get("topic").unwrap_or_default().to_owned();
    let answer = RemotingCommand::response(ResponseCode::SUCCESS)
        .with_body(LIST)
        .with_remark(format!("of {topic}"));
    match request.ext_fields().get("how") {
        Some("at once") => {
            request.defer()?.send(answer)?;
            sleep(SECOND).await;
            Ok(None)
        }
        Some("later") => {
            let responder = request.defer()?;
            tokio::spawn(async {
                sleep(SECOND).await;
                responder.send(answer)
            });
            Ok(None)
        }
        Some("fails") => {
            Err(Abort::new(ResponseCode::TOPIC_NOT_EXIST, format!("no {topic}")).into())
        }
        Some("tells of others") => Ok(Some(answer.with_remark("B%T is full"))),
        _ => Ok(Some(answer)),
    }
}

#[tokio::test(start_paused = true)]
async fn answers_are_the_tenants_however_they_are_given() {
    let channel = served(layer(), service_fn(as_told));
    for how in ["returned", "at once", "later"] {
        let answer = soon(channel.invoke(list().with_ext_field("how", how), 5 * SECOND)).await;
        assert_eq!(answer.unwrap().body(), r#"{"topicList":["T","%RETRY%g"]}"#, "{how}");
    }
}

#[tokio::test]
async fn texts_have_plain_names() {
    let mut service = layer().layer(service_fn(as_told));
    let answer = service.call(max_offset("T")).await.unwrap().unwrap();
    assert_eq!(answer.remark(), Some("of T"));
    assert!(answer.body().is_empty(), "an answer that has no body gets none");
    let error = service.call(max_offset("T").with_ext_field("how", "fails")).await.unwrap_err();
    let abort = error.downcast_ref::<Abort>().unwrap();
    assert_eq!((abort.code, &*abort.remark), (ResponseCode::TOPIC_NOT_EXIST, "no T"));
    let others = max_offset("T").with_ext_field("how", "tells of others");
    let answer = service.call(others).await.unwrap().unwrap();
    assert_eq!(answer.remark(), Some("the reason has names that are not the tenant's"));
}

#[tokio::test]
async fn without_a_tenant_everything_passes_or_nothing() {
    let mut all = NamespaceLayer::new(|_| Access::Everything).layer(service_fn(as_told));
    let answer = all.call(list()).await.unwrap().unwrap();
    assert_eq!((answer.body(), answer.remark()), (&LIST.into(), Some("of ")));
    let mut none = NamespaceLayer::new(|_| Access::Nothing).layer(service_fn(as_told));
    let error = none.call(list()).await.unwrap_err();
    assert_eq!(error.downcast_ref::<Abort>().unwrap().code, ResponseCode::NO_PERMISSION);
}

#[tokio::test]
async fn an_answer_that_cannot_be_read_is_an_error() {
    let garbage =
        |_| async { Ok::<_, BoxError>(RemotingCommand::response(0).with_body("{A%T B%T")) };
    let mut service = layer().layer(service_fn(garbage));
    let answer = service.call(list()).await.unwrap();
    assert_eq!(answer.response_code(), ResponseCode::SYSTEM_ERROR);
    assert!(answer.body().is_empty());
}

#[tokio::test]
async fn messages_of_consumers_are_not_shown_without_a_way_to_check_them() {
    let request = RemotingCommand::request(Code::CONSUME_MESSAGE_DIRECTLY);
    let mut service = layer().layer(service_fn(as_told));
    let error = service.call(request).await.unwrap_err();
    assert_eq!(error.downcast_ref::<Abort>().unwrap().code, ResponseCode::NO_PERMISSION);
}

#[tokio::test]
async fn readiness_and_errors_pass() {
    assert_passes_readiness_and_errors(NamespaceLayer::new(|_| Access::Everything)).await;
}

#[tokio::test]
async fn a_refused_request_gives_its_permit_back() {
    assert_gives_its_permit_back(&layer(), max_offset("B%T"), false);
    let panics = NamespaceLayer::new(|_| panic!("no tenant"));
    assert_gives_its_permit_back(&panics, max_offset("T"), true);
}
