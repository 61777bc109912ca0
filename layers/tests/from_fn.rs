//! `from_fn` at both levels, and around clients.
#![allow(clippy::expect_used, clippy::panic, reason = "test code")]

mod common;

use common::{connection, driver, limited, served};
use rocketmq_tower::{ConnectionService, Processor};
use rocketmq_tower_core::error::find_source;
use rocketmq_tower_core::{
    Abort, BoxError, CallError, Channel, Connection, Disconnect, RemotingCommand, Reply,
    ResponseCode,
};
use rocketmq_tower_layers::from_fn::{Next, from_fn, from_fn_boxed, from_fn_with_state};
use rocketmq_tower_test_support::{SECOND, assert_accessors, echo, sleeper, soon};
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use tokio::sync::Semaphore;
use tokio::time::{Instant, timeout};
use tokio_test::{assert_pending, assert_ready_err, assert_ready_ok, task};
use tower::{Layer, Service, ServiceBuilder, ServiceExt, service_fn};
use tower_test::mock::{self, Spawn};

/// Adds a field to each request, and one to each response.
async fn mark(
    request: RemotingCommand,
    next: Next<impl Processor>,
) -> Result<impl Reply, BoxError> {
    let mut reply = next.run(request.with_ext_field("in", "1")).await?;
    if let Some(answer) = reply.command_mut() {
        answer.set_remark("marked");
    }
    Ok(reply)
}

/// Refuses requests with an odd code.
async fn even(request: RemotingCommand, next: Next<impl Processor>) -> Result<impl Reply, Abort> {
    if request.code() % 2 == 1 {
        return Err(Abort::new(ResponseCode::NO_PERMISSION, "odd"));
    }
    next.run(request).await.map_err(|_| Abort::new(ResponseCode::SYSTEM_BUSY, "failed"))
}

async fn pass<S>(request: RemotingCommand, next: Next<S>) -> Result<S::Response, BoxError>
where
    S: Service<RemotingCommand, Error: Into<BoxError>>,
{
    next.run(request).await
}

async fn refuse<S>(_request: RemotingCommand, _next: Next<S>) -> Result<RemotingCommand, Abort> {
    Err(Abort::new(ResponseCode::NO_PERMISSION, "no"))
}

#[tokio::test(start_paused = true)]
async fn requests_and_responses_can_be_changed() {
    let inner = service_fn(|request: RemotingCommand| async move {
        assert_eq!(request.ext_fields().get("in"), Some("1"));
        echo(request).await
    });
    let channel = served(from_fn(mark), inner);
    let request = RemotingCommand::request(1).with_body("ping");
    let answer = soon(channel.invoke(request, SECOND)).await.expect("an answer");
    assert_eq!((answer.remark(), &answer.body()[..]), (Some("marked"), &b"ping"[..]));
}

#[tokio::test]
async fn errors_of_the_function_are_boxed_as_they_are() {
    let mut service = from_fn(even).layer(service_fn(echo));
    let odd = service.ready().await.expect("ready").call(RemotingCommand::request(1));
    let error = odd.await.map(Reply::into_command).expect_err("refused");
    assert!(find_source::<Abort>(&*error).is_some());
    let even = service.ready().await.expect("ready").call(RemotingCommand::request(2));
    assert!(even.await.map(Reply::into_command).expect("passes").is_some());
}

#[tokio::test]
async fn readiness_and_errors_of_the_service_inside_pass() {
    let (mock, mut handle) = mock::pair::<RemotingCommand, RemotingCommand>();
    let mut service = Spawn::new(from_fn(pass).layer(mock));
    handle.allow(0);
    assert_pending!(service.poll_ready());
    handle.allow(1);
    assert_ready_ok!(service.poll_ready());
    let mut call = task::spawn(service.call(RemotingCommand::request(1)));
    assert_pending!(call.poll());
    let (_, respond) = soon(handle.next_request()).await.expect("called");
    respond.send_error("no");
    assert_eq!(assert_ready_err!(call.poll()).to_string(), "no");
    handle.send_error("never");
    assert_eq!(assert_ready_err!(service.poll_ready()).to_string(), "never");
}

#[tokio::test]
async fn a_request_that_is_refused_keeps_nothing_that_was_reserved_for_it() {
    let limit = Arc::new(Semaphore::new(1));
    let (layer, other) = (from_fn(refuse), from_fn(refuse));
    let ((mut one, _one), (mut two, _two)) = (limited(&layer, &limit), limited(&other, &limit));
    assert_ready_ok!(one.poll_ready());
    assert_pending!(two.poll_ready());
    let mut call = task::spawn(one.call(RemotingCommand::request(1)));
    assert_ready_err!(call.poll());
    assert!(two.is_woken(), "while the first connection is open, and does nothing");
    assert_ready_ok!(two.poll_ready());
}

#[tokio::test]
async fn the_permit_is_held_until_the_response() {
    let limit = Arc::new(Semaphore::new(1));
    let (mut service, mut handle) = limited(&from_fn(pass), &limit);
    assert_ready_ok!(service.poll_ready());
    let mut call = task::spawn(service.call(RemotingCommand::request(1)));
    assert_pending!(call.poll());
    assert_eq!(limit.available_permits(), 0);
    assert_pending!(service.poll_ready(), "the next request needs a permit of its own");
    let (_, respond) = handle.next_request().await.expect("called");
    respond.send_response(RemotingCommand::response(0));
    assert_ready_ok!(call.poll());
    assert!(service.is_woken());
    assert_ready_ok!(service.poll_ready());
}

#[tokio::test]
async fn a_call_that_is_dropped_before_it_is_polled_releases_its_permit() {
    let limit = Arc::new(Semaphore::new(1));
    let (mut service, _handle) = limited(&from_fn(pass), &limit);
    assert_ready_ok!(service.poll_ready());
    drop(service.call(RemotingCommand::request(1)));
    assert_eq!(limit.available_permits(), 1);
}

#[tokio::test(start_paused = true)]
async fn each_call_gets_the_state() {
    async fn count(
        count: Arc<AtomicUsize>,
        request: RemotingCommand,
        next: Next<impl Processor>,
    ) -> Result<impl Reply, BoxError> {
        count.fetch_add(1, Ordering::Relaxed);
        next.run(request).await
    }
    let counted = Arc::new(AtomicUsize::new(0));
    let layer = from_fn_with_state(Arc::clone(&counted), count);
    let channel = served(layer, service_fn(echo));
    for _ in 0..3 {
        soon(channel.invoke(RemotingCommand::request(1), SECOND)).await.expect("an answer");
    }
    assert_eq!(counted.load(Ordering::Relaxed), 3);
}

#[tokio::test(start_paused = true)]
async fn boxed_for_closures_and_functions_without_parameters() {
    async fn plain(
        request: RemotingCommand,
        next: Next,
    ) -> Result<Option<RemotingCommand>, BoxError> {
        next.run(request.with_ext_field("plain", "1")).await
    }
    let layers = ServiceBuilder::new()
        .layer(from_fn_boxed(plain))
        .layer(from_fn_boxed(|request, next| next.run(request.with_ext_field("closure", "1"))))
        .into_inner();
    let inner = service_fn(|request: RemotingCommand| async move {
        assert_eq!(request.ext_fields().get("plain"), Some("1"));
        assert_eq!(request.ext_fields().get("closure"), Some("1"));
        echo(request).await
    });
    let channel = served(layers, inner);
    soon(channel.invoke(RemotingCommand::request(1), SECOND)).await.expect("an answer");
}

#[tokio::test(start_paused = true)]
async fn around_a_channel_its_errors_can_be_found() {
    async fn twice(
        request: RemotingCommand,
        next: Next<Channel>,
    ) -> Result<RemotingCommand, BoxError> {
        let mut channel = next.into_inner();
        channel.call(request.clone()).await?;
        Ok(channel.ready().await?.call(request).await?)
    }
    let count = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&count);
    let channel = served(
        from_fn(pass),
        service_fn(move |request| {
            counted.fetch_add(1, Ordering::Relaxed);
            echo(request)
        }),
    );
    let mut client = from_fn(twice).layer(channel.clone());
    client.ready().await.expect("ready").call(RemotingCommand::request(1)).await.expect("called");
    assert_eq!(count.load(Ordering::Relaxed), 2);
    channel.close("enough");
    let mut client = from_fn(pass).layer(channel);
    let error = match client.ready().await {
        Ok(client) => client.call(RemotingCommand::request(1)).await.expect_err("closed"),
        Err(error) => error,
    };
    assert!(error.is::<CallError>());
}

/// Drains a connection that is older than ten seconds.
async fn max_age<Io>(
    connection: Connection<Io>,
    next: Next<impl ConnectionService<Io>>,
) -> Result<Disconnect, BoxError> {
    let channel = connection.channel();
    let mut life = pin!(next.run(connection));
    if let Ok(end) = timeout(10 * SECOND, &mut life).await {
        return end;
    }
    channel.drain();
    life.await
}

#[tokio::test(start_paused = true)]
async fn around_connections() {
    let mut service = from_fn(max_age).layer(driver(service_fn(sleeper)));
    let (_peer, conn) = connection();
    let (channel, started) = (conn.channel(), Instant::now());
    let life = tokio::spawn(service.ready().await.expect("ready").call(conn));
    let end = soon(life).await.expect("no panic").expect("no failure");
    assert!(matches!(end.reason, rocketmq_tower_core::CloseReason::Drained), "{end:?}");
    assert!(channel.is_closed() && started.elapsed() >= 10 * SECOND);
}

#[tokio::test]
async fn a_connection_can_be_refused() {
    async fn none<Io, S>(_: Connection<Io>, _next: Next<S>) -> Result<Disconnect, BoxError> {
        Err("no connections today".into())
    }
    let (_peer, conn) = connection();
    let channel = conn.channel();
    let mut service = from_fn(none).layer(driver(service_fn(echo)));
    service.ready().await.expect("ready").call(conn).await.expect_err("refused");
    assert!(channel.is_closed());
}

#[test]
fn accessors_and_debug_output() {
    assert_accessors!(from_fn(echo));
    let layer = from_fn_with_state(7, pass::<Channel>);
    let text = format!("{layer:?} {:?}", layer.layer(8));
    assert!(text.contains("pass") && text.contains("inner: 8"), "{text}");
}
