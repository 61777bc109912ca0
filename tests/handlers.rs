//! Handlers: their arguments, results and state.
#![allow(clippy::expect_used, clippy::panic, reason = "test code")]

mod common;

use common::Scripted;
use rocketmq_tower::channel::Responder;
use rocketmq_tower::handler::{
    Extension, FromRequest, FromRequestParts, Handler, IntoReply, handler_fn_with_state,
};
use rocketmq_tower::protocol::json::BodyError;
use rocketmq_tower::router::DuplicateRoute;
use rocketmq_tower::{
    Abort, Body, BoxError, Channel, Header, HeaderError, Json, RemotingCommand, RequestCode,
    ResponseCode, Router, Server, Service, ServiceBuilder, ServiceExt, State, handler_fn,
};
use rocketmq_tower_test_support::{SECOND, request};
use serde::{Deserialize, Serialize};
use std::convert::Infallible;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use tokio::sync::mpsc;
use tokio::time::{Instant, sleep};

const CODE: RequestCode = RequestCode::PULL_MESSAGE;

#[derive(Deserialize, Serialize)]
struct Pull {
    topic: String,
    offset: i64,
}

fn pull() -> RemotingCommand {
    request(CODE.as_i32(), 7).with_ext_field("topic", "T").with_ext_field("offset", "5")
}

/// Calls a handler without state through the router.
async fn route<H, T>(
    handler: H,
    request: RemotingCommand,
) -> Result<Option<RemotingCommand>, BoxError>
where
    H: Handler<T>,
    T: 'static,
{
    let router = Router::builder().route_fn(CODE, handler).build().expect("no duplicates");
    router.oneshot(request).await
}

fn text(reply: Result<Option<RemotingCommand>, BoxError>) -> String {
    let response = reply.expect("answered").expect("a response");
    assert_eq!(response.response_code(), ResponseCode::SUCCESS);
    String::from_utf8(response.body().to_vec()).expect("UTF-8")
}

#[derive(Clone)]
struct User(&'static str);

/// An extractor of this test.
struct Opaque(i32);

impl<S> FromRequestParts<S> for Opaque {
    type Rejection = Infallible;

    fn from_request_parts(request: &mut RemotingCommand, _state: &S) -> Result<Self, Infallible> {
        Ok(Self(request.opaque()))
    }
}

/// An extractor of this test that consumes the request, and refuses some.
struct NotEmpty(RemotingCommand);

impl<S> FromRequest<S> for NotEmpty {
    type Rejection = Abort;

    fn from_request(request: RemotingCommand, _state: &S) -> Result<Self, Abort> {
        match request.body().is_empty() {
            true => Err(Abort::new(ResponseCode::MESSAGE_ILLEGAL, "empty")),
            false => Ok(Self(request)),
        }
    }
}

#[tokio::test]
async fn arguments_are_taken_from_the_request() {
    async fn all(
        Header(header): Header<Pull>,
        Body(body): Body,
        code: RequestCode,
        State(()): State<()>,
        Extension(user): Extension<User>,
        Opaque(opaque): Opaque,
        rest: RemotingCommand,
    ) -> Body {
        assert!(rest.body().is_empty(), "the body was moved out");
        assert_eq!(rest.request_code(), code);
        let body = String::from_utf8_lossy(&body).into_owned();
        let Pull { topic, offset } = header;
        Body(format!("{topic} {offset} {body} {code} {} {opaque}", user.0).into())
    }
    let mut request = pull().with_body("body");
    request.extensions_mut().insert(User("me"));
    assert_eq!(text(route(all, request.clone()).await), "T 5 body PULL_MESSAGE me 7");
    let untouched = |rest: RemotingCommand| async move { Body(rest.body().clone()) };
    assert_eq!(text(route(untouched, request).await), "body");
    assert_eq!(text(route(async || Body("none".into()), pull()).await), "none");
}

#[tokio::test]
async fn a_request_that_lacks_an_argument_fails_and_the_handler_is_not_called() {
    let runs = Arc::new(AtomicUsize::new(0));
    let handler = {
        let runs = Arc::clone(&runs);
        move |_: Header<Pull>| {
            runs.fetch_add(1, Ordering::Relaxed);
            async { ResponseCode::SUCCESS }
        }
    };
    let missing = request(CODE.as_i32(), 1).with_ext_field("topic", "T");
    let error = route(handler.clone(), missing).await.expect_err("no offset");
    let missing = HeaderError::Missing { field: "offset".into() };
    assert_eq!(error.downcast_ref::<HeaderError>(), Some(&missing));
    let malformed = pull().with_ext_field("offset", "many");
    let error = route(handler.clone(), malformed).await.expect_err("no number");
    assert!(error.to_string().contains("\"offset\" is \"many\""), "{error}");
    assert_eq!(runs.load(Ordering::Relaxed), 0);
    route(handler, pull()).await.expect("fits");
    assert_eq!(runs.load(Ordering::Relaxed), 1);

    let error = route(|_: Extension<User>| async { ResponseCode::SUCCESS }, pull()).await;
    let error = error.expect_err("no extension").to_string();
    assert!(
        error.starts_with("the request has no extension of the type handlers::User"),
        "{error}"
    );
    let error = route(|_: Channel| async { ResponseCode::SUCCESS }, pull()).await;
    assert_eq!(error.expect_err("local").to_string(), "no connection has received the request");
    let error = route(|_: Responder| async { None::<RemotingCommand> }, pull()).await;
    error.expect_err("local");
    let handler = |NotEmpty(rest): NotEmpty| async move { Body(rest.body().clone()) };
    let error = route(handler, pull()).await.expect_err("empty");
    assert_eq!(error.downcast::<Abort>().expect("it").code, ResponseCode::MESSAGE_ILLEGAL);
    assert_eq!(text(route(handler, pull().with_body("full")).await), "full");
}

#[tokio::test]
async fn a_json_body_is_read_and_written() {
    let next = |Json(list): Json<Vec<i64>>| async move {
        Json(list.iter().map(|number| number + 1).collect::<Vec<_>>())
    };
    assert_eq!(text(route(next, pull().with_body("[1, \"2\"]")).await), "[2,3]");
    let error = route(next, pull().with_body("[1, {}]")).await.expect_err("no list of numbers");
    assert_eq!(error.downcast_ref::<BodyError>().map(BodyError::field), Some("[1]"));
}

#[tokio::test]
async fn results_become_responses() {
    async fn reply<R: IntoReply + Send + 'static>(result: fn() -> R) -> RemotingCommand {
        let response = route(move || async move { result() }, pull()).await;
        response.expect("answered").expect("a response")
    }
    let header = || Header(Pull { topic: "T".into(), offset: 6 });
    let success = RemotingCommand::response(ResponseCode::SUCCESS);
    let fields = success.clone().with_ext_field("topic", "T").with_ext_field("offset", "6");

    assert_eq!(reply(|| RemotingCommand::response(3).with_remark("r")).await.remark(), Some("r"));
    assert_eq!(reply(|| Some(RemotingCommand::response(3))).await, RemotingCommand::response(3));
    let busy = RemotingCommand::response(ResponseCode::SYSTEM_BUSY);
    assert_eq!(reply(|| ResponseCode::SYSTEM_BUSY).await, busy);
    assert_eq!(reply(|| Body("b".into())).await, success.clone().with_body("b"));
    assert_eq!(reply(header).await, fields);
    assert_eq!(
        reply(|| (Header(Pull { topic: "T".into(), offset: 6 }), Body("b".into()))).await,
        fields.with_body("b")
    );
    assert_eq!(reply(|| Ok::<_, Infallible>(ResponseCode::SUCCESS)).await, success);

    let none = route(async || None::<RemotingCommand>, pull()).await;
    assert_eq!(none.expect("answered"), None);
    let abort = || async { Err::<Body, _>(Abort::new(ResponseCode::NO_PERMISSION, "no")) };
    let error = route(abort, pull()).await.expect_err("aborted");
    assert_eq!(error.downcast::<Abort>().expect("it").code, ResponseCode::NO_PERMISSION);
    let nested = || async { Header(vec![("not", "flat")]) };
    route(nested, pull()).await.expect_err("a list is not a header");
}

#[tokio::test]
async fn handlers_have_the_state_that_they_were_added_with() {
    type Count = Arc<AtomicUsize>;
    async fn count(State(count): State<Count>) -> Body {
        Body(count.fetch_add(1, Ordering::Relaxed).to_string().into())
    }
    async fn name(State(name): State<&'static str>) -> Body {
        Body(name.into())
    }
    let shared = Count::default();
    let mut router = Router::builder()
        .route_fn(1, async || Body("no state".into()))
        .with_state(Arc::clone(&shared))
        .route_fn([2, 3], count)
        .route(4, handler_fn_with_state(Arc::clone(&shared), count))
        .with_state("name")
        .route_fn(5, name)
        .fallback_fn(name)
        .build()
        .expect("no duplicates");
    let expected = [(1, "no state"), (2, "0"), (3, "1"), (4, "2"), (5, "name"), (6, "name")];
    for (code, body) in expected {
        assert_eq!(text(router.call(request(code, 1)).await), body);
    }
    drop(router);
    assert_eq!(Arc::strong_count(&shared), 1, "nothing else keeps the state");
}

#[test]
fn duplicates_are_refused() {
    async fn ok() -> ResponseCode {
        ResponseCode::SUCCESS
    }
    let router = Router::builder().route_fn([1, 2], ok).route(2, handler_fn(ok));
    assert_eq!(router.build().expect_err("twice"), DuplicateRoute::Code(2.into()));
    let router = Router::builder().with_state(1).route_fn(1, ok).with_state(2).route_fn(1, ok);
    assert_eq!(router.build().expect_err("twice"), DuplicateRoute::Code(1.into()));
    let router = Router::builder().fallback(handler_fn(ok)).fallback_fn(ok);
    assert_eq!(router.build().expect_err("twice"), DuplicateRoute::Fallback);
}

/// A handler that takes its header and the request can still defer, as can one with a responder.
#[tokio::test]
async fn a_handler_defers_its_response() {
    type Parked = mpsc::UnboundedSender<(String, Responder)>;
    async fn by_request(
        State(parked): State<Parked>,
        Header(header): Header<Pull>,
        request: RemotingCommand,
    ) -> Result<Option<RemotingCommand>, BoxError> {
        parked.send((header.topic, request.defer()?))?;
        Ok(None)
    }
    async fn by_responder(
        State(parked): State<Parked>,
        channel: Channel,
        responder: Responder,
        Header(header): Header<Pull>,
    ) -> Option<RemotingCommand> {
        assert_eq!(channel, responder.channel());
        parked.send((header.topic, responder)).expect("the test receives");
        None
    }
    let (park, mut parked) = mpsc::unbounded_channel();
    let router = Router::builder().with_state(park).route_fn(CODE, by_request);
    let router = router.route_fn(1, by_responder).build().expect("no duplicates");
    let (listener, mut clients) = Scripted::new(1, false);
    tokio::spawn(Server::new(router).listen(listener).serve());
    let client = &mut clients[0];
    for code in [CODE.as_i32(), 1] {
        let mut request = pull();
        request.set_code(code);
        client.send(&request).await;
        let (topic, responder) = parked.recv().await.expect("deferred");
        responder.send(RemotingCommand::response(0).with_remark(topic)).expect("open");
        let response = client.next().await.expect("a response");
        assert_eq!((response.opaque(), response.remark()), (7, Some("T")));
    }
    // The responder is dropped when a later argument is refused; the refusal is the response.
    let refused = client.call(&request(1, 8)).await;
    assert_eq!(refused.response_code(), ResponseCode::SYSTEM_ERROR);
    assert_eq!(refused.remark(), Some("the header lacks the field \"topic\""));
}

#[tokio::test(start_paused = true)]
async fn a_handler_is_a_service_for_layers_and_servers() {
    async fn slow(Header(header): Header<Pull>) -> Header<Pull> {
        sleep(SECOND).await;
        Header(header)
    }
    let limited = ServiceBuilder::new().load_shed().concurrency_limit(1).service(handler_fn(slow));
    let hasty = ServiceBuilder::new().timeout(SECOND / 2).service(handler_fn(slow));
    let router = Router::builder().route(CODE, limited).route(1, hasty).build();
    let (listener, mut clients) = Scripted::new(1, false);
    tokio::spawn(Server::new(router.expect("no duplicates")).listen(listener).serve());
    let client = &mut clients[0];
    client.send(&pull()).await;
    assert_eq!(client.call(&pull()).await.response_code(), ResponseCode::SYSTEM_BUSY);
    assert_eq!(client.next().await.expect("a response").ext_fields().get("offset"), Some("5"));
    let started = Instant::now();
    let mut late = pull();
    late.set_code(1);
    assert_eq!(client.call(&late).await.response_code(), ResponseCode::SYSTEM_BUSY);
    assert_eq!(started.elapsed(), SECOND / 2);

    let (listener, mut clients) = Scripted::new(1, false);
    tokio::spawn(Server::new(handler_fn(slow)).listen(listener).serve());
    let malformed = pull().with_ext_field("offset", "x");
    let response = clients[0].call(&malformed).await;
    assert_eq!(response.response_code(), ResponseCode::SYSTEM_ERROR);
    assert!(response.remark().expect("a remark").contains("\"offset\""), "{response:?}");
}
