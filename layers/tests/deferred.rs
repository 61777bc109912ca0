//! Deferred responses: layers see the response that the peer gets.
#![allow(clippy::expect_used, clippy::panic, reason = "test code")]

mod common;

use common::served;
use rocketmq_tower_core::channel::DeferError;
use rocketmq_tower_core::{Abort, BoxError, RemotingCommand, RequestCode, ResponseCode};
use rocketmq_tower_layers::CodeDistributionLayer;
use rocketmq_tower_test_support::{SECOND, soon};
use tokio::time::sleep;
use tower::service_fn;

const LATE: ResponseCode = ResponseCode::PULL_NOT_FOUND;
const EARLY: ResponseCode = ResponseCode::PULL_OFFSET_MOVED;
const ERROR: ResponseCode = ResponseCode::NO_PERMISSION;

fn answer(code: ResponseCode) -> RemotingCommand {
    RemotingCommand::response(code)
}

/// Follows the request's body, which names two steps: what happens to the deferred response, and
/// what the processor returns. It may wait in between.
async fn as_told(request: RemotingCommand) -> Result<Option<RemotingCommand>, BoxError> {
    let deferred = request.defer()?;
    assert_eq!(request.defer().err(), Some(DeferError::Already));
    assert_eq!(Some(&deferred.channel()), request.channel());
    let told = String::from_utf8(request.body().to_vec())?;
    let (first, then) = told.split_once(", ").expect("two things");
    match first {
        "answers" => deferred.send(answer(LATE))?,
        "drops it" => drop(deferred),
        "lets answer" => {
            _ = tokio::spawn(async {
                sleep(SECOND).await;
                deferred.send(answer(LATE))
            })
        }
        "lets drop it" => {
            _ = tokio::spawn(async {
                sleep(SECOND).await;
                drop(deferred);
            })
        }
        other => panic!("{other}"),
    }
    if then.starts_with("waits, ") {
        sleep(2 * SECOND).await;
    }
    match then.trim_start_matches("waits, ") {
        "nothing" => Ok(None),
        "an answer" => Ok(Some(answer(EARLY))),
        "an error" => Err(Abort::new(ERROR, "no").into()),
        other => panic!("{other}"),
    }
}

#[tokio::test(start_paused = true)]
async fn the_first_answer_counts_and_is_the_peers() {
    for (told, expected) in [
        ("answers, nothing", LATE),
        ("answers, waits, nothing", LATE),
        ("answers, an answer", LATE),
        ("answers, an error", LATE),
        ("drops it, nothing", ResponseCode::SYSTEM_ERROR),
        ("drops it, waits, nothing", ResponseCode::SYSTEM_ERROR),
        ("drops it, an answer", EARLY),
        ("lets answer, nothing", LATE),
        ("lets answer, an answer", EARLY),
        ("lets answer, waits, nothing", LATE),
        ("lets answer, waits, an answer", LATE),
        ("lets drop it, nothing", ResponseCode::SYSTEM_ERROR),
        ("lets drop it, waits, nothing", ResponseCode::SYSTEM_ERROR),
        ("lets drop it, waits, an answer", EARLY),
    ] {
        let layer = CodeDistributionLayer::new();
        let traffic = layer.traffic();
        let channel = served(layer, service_fn(as_told));
        let request = RemotingCommand::request(RequestCode::PULL_MESSAGE).with_body(told);
        let got = soon(channel.invoke(request, 9 * SECOND)).await.expect("an answer");
        assert_eq!(got.response_code(), expected, "{told}");
        sleep(9 * SECOND).await;
        let counted = traffic.responses().to_string();
        assert_eq!(counted, format!("{{{}:1}}", expected.as_i32()), "{told}");
    }
}

#[tokio::test(start_paused = true)]
async fn oneway_requests_have_nothing_to_count() {
    let layer = CodeDistributionLayer::new();
    let traffic = layer.traffic();
    let channel = served(
        layer,
        service_fn(|request: RemotingCommand| async move {
            request.defer()?.send(answer(LATE))?;
            Ok::<_, BoxError>(None)
        }),
    );
    channel.invoke_oneway(RemotingCommand::request(RequestCode::PULL_MESSAGE)).await.expect("sent");
    sleep(SECOND).await;
    assert_eq!(traffic.requests().get(RequestCode::PULL_MESSAGE), 1);
    assert!(traffic.responses().is_empty());
}
