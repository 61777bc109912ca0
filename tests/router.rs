//! The router, alone and behind a server.
#![allow(clippy::expect_used, clippy::panic, reason = "test code")]

mod common;

use common::Scripted;
use rocketmq_tower::router::{Codes, DuplicateRoute, Router};
use rocketmq_tower::{
    BoxError, RemotingCommand, RequestCode, ResponseCode, Server, Service, ServiceBuilder,
    ServiceExt, UnsupportedCode, service_fn,
};
use rocketmq_tower_test_support::{SECOND, request};
use std::convert::Infallible;
use tokio::time::{Instant, sleep};

type Answer = Result<RemotingCommand, BoxError>;

/// A processor that responds with this remark.
fn named(
    name: &'static str,
) -> impl Service<RemotingCommand, Response = RemotingCommand, Error = Infallible, Future: Send>
+ Clone
+ Send
+ Sync
+ 'static {
    service_fn(move |_| async move {
        Ok::<_, Infallible>(RemotingCommand::response(ResponseCode::SUCCESS).with_remark(name))
    })
}

async fn remark(router: &mut Router, code: impl Into<RequestCode>) -> Option<String> {
    let answer = router.ready().await.expect("always").call(RemotingCommand::request(code)).await;
    answer.expect("answered").expect("an answer").remark().map(str::to_owned)
}

#[tokio::test]
async fn codes_go_to_their_services() {
    let mut router = Router::builder()
        .route(RequestCode::SEND_MESSAGE_V2, named("send"))
        .route([RequestCode::PULL_MESSAGE, RequestCode::LITE_PULL_MESSAGE], named("pull"))
        .route(-5, named("odd"))
        .build()
        .expect("no duplicates");
    for (code, name) in [(310, "send"), (11, "pull"), (361, "pull"), (-5, "odd")] {
        assert_eq!(remark(&mut router, code).await.as_deref(), Some(name));
    }
    let error = router.call(request(77, 1)).await.expect_err("no route");
    assert_eq!(
        error.downcast::<UnsupportedCode>().expect("it").to_string(),
        " request type 77 not supported"
    );
}

#[tokio::test]
async fn the_rest_goes_to_the_fallback() {
    let router = Router::builder().route(1, named("one")).fallback(named("rest"));
    let mut router = router.build().expect("no duplicates");
    assert_eq!(remark(&mut router, 1).await.as_deref(), Some("one"));
    assert_eq!(remark(&mut router, 2).await.as_deref(), Some("rest"));
}

#[test]
fn duplicates_are_refused() {
    let router = Router::builder().route([1, 2], named("a")).route(2, named("b"));
    let error = router.route(1, named("c")).build().expect_err("twice");
    assert_eq!(error, DuplicateRoute::Code(2.into()));
    assert_eq!(error.to_string(), "there are two routes for the request code 2");
    let router = Router::builder().fallback(named("a")).fallback(named("b"));
    assert_eq!(router.build().expect_err("twice"), DuplicateRoute::Fallback);
}

#[tokio::test]
async fn codes_come_in_many_forms() {
    let beat = RequestCode::HEART_BEAT;
    for codes in
        [[beat].into(), beat.into(), [34].into(), vec![beat].into(), Codes::from_iter([beat])]
    {
        assert_eq!(codes, Codes::from(34));
    }
    assert_eq!(Codes::from(&[beat][..]), Codes::from(34));
    let sends = (0..500).map(RequestCode::from);
    let sends: Codes =
        sends.filter(|code| code.name().is_some_and(|name| name.starts_with("SEND_"))).collect();
    let router = Router::builder().route(sends, named("send")).route(vec![beat], named("beat"));
    let mut router = router.build().expect("no duplicates");
    for (code, name) in [(10, "send"), (310, "send"), (320, "send"), (34, "beat")] {
        assert_eq!(remark(&mut router, code).await.as_deref(), Some(name));
    }
}

/// A route that is not ready holds up its own requests only; its limit holds for all connections.
#[tokio::test(start_paused = true)]
async fn routes_have_layers_and_a_readiness_of_their_own() {
    let slow = service_fn(|_| async {
        sleep(SECOND).await;
        Answer::Ok(RemotingCommand::response(ResponseCode::SUCCESS))
    });
    let router = Router::builder()
        .route(1, ServiceBuilder::new().concurrency_limit(1).service(slow))
        .route(2, named("quick"))
        .route(3, ServiceBuilder::new().load_shed().concurrency_limit(1).service(slow))
        .build()
        .expect("no duplicates");
    let (listener, mut clients) = Scripted::new(2, false);
    tokio::spawn(Server::new(router).listen(listener).serve());
    let started = Instant::now();
    for client in &mut clients {
        client.send(&request(1, 1)).await;
        assert_eq!(client.call(&request(2, 2)).await.opaque(), 2);
    }
    assert_eq!(started.elapsed().as_secs(), 0);
    for client in &mut clients {
        assert_eq!(client.next().await.expect("an answer").opaque(), 1);
    }
    assert_eq!(started.elapsed().as_secs(), 2, "one after the other");

    let client = &mut clients[0];
    client.send(&request(3, 3)).await;
    let busy = client.call(&request(3, 4)).await;
    assert_eq!((busy.opaque(), busy.response_code()), (4, ResponseCode::SYSTEM_BUSY));
    assert_eq!(client.next().await.expect("an answer").opaque(), 3);
    let unknown = client.call(&request(77, 5)).await;
    assert_eq!(unknown.response_code(), ResponseCode::REQUEST_CODE_NOT_SUPPORTED);
    assert_eq!(unknown.remark(), Some(" request type 77 not supported"));
}
