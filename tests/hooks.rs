//! A server's hooks, and the responses when they or the processor fail.
#![allow(clippy::expect_used, clippy::panic, reason = "test code")]

mod common;

use common::Scripted;
use rocketmq_tower::layers::rpc_hook::{RequestHead, RpcHook};
use rocketmq_tower::layers::{EventsLayer, WorkQueueLayer};
use rocketmq_tower::{
    Abort, Addr, BoxError, Layer, RemotingCommand, ResponseCode, Router, Server, service_fn,
};
use rocketmq_tower_test_support::{Raw, SECOND, echo, request, soon};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use tokio::io::DuplexStream;

const ABORTED_BY_HOOK: i32 = 1;
const FAILED_IN_HOOK: i32 = 2;
const ABORTED: i32 = 3;
const FAILED: i32 = 4;
const PANICKED: i32 = 5;
const FINE: i32 = 6;
const UNKNOWN: i32 = 77;

/// Counts its calls, and fails where the test wants it to.
#[derive(Clone, Default)]
struct Counter {
    before: Arc<AtomicUsize>,
    after: Arc<AtomicUsize>,
}

impl Counter {
    fn counts(&self) -> (usize, usize) {
        (self.before.load(Ordering::Relaxed), self.after.load(Ordering::Relaxed))
    }
}

impl RpcHook for Counter {
    fn before(&self, _peer: &Addr, request: &mut RemotingCommand) -> Result<(), BoxError> {
        self.before.fetch_add(1, Ordering::Relaxed);
        match request.code() {
            ABORTED_BY_HOOK => Err(Abort::new(ResponseCode::NO_PERMISSION, "not you").into()),
            FAILED_IN_HOOK => Err("the hook is broken".into()),
            _ => Ok(()),
        }
    }

    fn after(
        &self,
        _peer: &Addr,
        _request: &RequestHead,
        _response: Option<&mut RemotingCommand>,
    ) -> Result<(), BoxError> {
        self.after.fetch_add(1, Ordering::Relaxed);
        Ok(())
    }
}

async fn process(request: RemotingCommand) -> Result<RemotingCommand, BoxError> {
    match request.code() {
        ABORTED => Err(Abort::new(ResponseCode::SERVICE_NOT_AVAILABLE, "come later").into()),
        FAILED => Err("it is broken".into()),
        PANICKED => panic!("a bug"),
        _ => echo(request).await,
    }
}

fn router() -> Router {
    let codes = [ABORTED_BY_HOOK, FAILED_IN_HOOK, ABORTED, FAILED, PANICKED, FINE];
    Router::builder().route(codes, service_fn(process)).build().expect("no duplicates")
}

fn one() -> (Scripted, Raw<DuplexStream>) {
    let (listener, mut peers) = Scripted::new(1, false);
    (listener, peers.remove(0))
}

/// Each case sends a oneway request and a normal one: only the normal one is answered, and the
/// connection stays open.
#[tokio::test(start_paused = true)]
async fn failures_are_answered_unless_the_request_is_oneway() {
    let (events, mut told) = EventsLayer::stream(8);
    let (listener, mut peer) = one();
    let server = Server::new(router()).hook(Counter::default()).events(events);
    tokio::spawn(server.listen(listener).serve());
    for (code, answer, remark) in [
        (ABORTED_BY_HOOK, ResponseCode::NO_PERMISSION, Some("not you")),
        (FAILED_IN_HOOK, ResponseCode::SYSTEM_ERROR, Some("the hook is broken")),
        (ABORTED, ResponseCode::SERVICE_NOT_AVAILABLE, Some("come later")),
        (FAILED, ResponseCode::SYSTEM_ERROR, Some("it is broken")),
        (PANICKED, ResponseCode::SYSTEM_ERROR, Some("the processor panicked: a bug")),
        (UNKNOWN, ResponseCode::REQUEST_CODE_NOT_SUPPORTED, Some(" request type 77 not supported")),
        (FINE, ResponseCode::SUCCESS, None),
    ] {
        peer.send(&request(code, 100).oneway()).await;
        let answered = peer.call(&request(code, code)).await;
        assert_eq!((answered.opaque(), answered.response_code()), (code, answer));
        assert_eq!(answered.remark(), remark);
    }
    drop(peer);
    for name in ["CONNECTED", "DISCONNECTED"] {
        assert_eq!(soon(told.recv()).await.expect("an event").name(), name);
    }
}

/// Before-hooks run before the router looks up the processor.
#[tokio::test(start_paused = true)]
async fn before_hooks_run_for_codes_without_a_processor() {
    let hook = Counter::default();
    let (listener, mut peer) = one();
    tokio::spawn(Server::new(router()).hook(hook.clone()).listen(listener).serve());
    peer.call(&request(UNKNOWN, 1)).await;
    assert_eq!(hook.counts(), (1, 0));
    peer.call(&request(FINE, 2)).await;
    assert_eq!(hook.counts(), (2, 1));
}

/// The result depends on whether the executor is inside or outside the hooks.
#[tokio::test(start_paused = true)]
async fn hooks_see_no_request_that_an_executor_outside_refuses() {
    let rejecting = WorkQueueLayer::new(1).reject_when(|| true);
    let busy = rejecting.layer(service_fn(process));
    let inside = Router::builder().route(FINE, busy).build().expect("no duplicates");
    for (is_outside, counts) in [(false, (1, 0)), (true, (0, 0))] {
        let hook = Counter::default();
        let (listener, mut peer) = one();
        let server = if is_outside {
            let server = Server::new(router()).hook(hook.clone());
            server.layer(rejecting.clone()).listen(listener)
        } else {
            Server::new(inside.clone()).hook(hook.clone()).listen(listener)
        };
        tokio::spawn(server.serve());
        let answer = peer.call(&request(FINE, 1)).await;
        let rejected = "[REJECTREQUEST]system busy, start flow control for a while";
        assert_eq!(answer.remark(), Some(rejected));
        assert_eq!(hook.counts(), counts);
    }
}

#[tokio::test(start_paused = true)]
async fn hooks_know_nothing_of_calls_to_clients() {
    let hook = Counter::default();
    let calling = service_fn(|request: RemotingCommand| async move {
        let channel = request.channel().expect("from a connection").clone();
        channel.invoke(RemotingCommand::request(40), SECOND).await
    });
    let (listener, mut peer) = one();
    tokio::spawn(Server::new(calling).hook(hook.clone()).listen(listener).serve());
    let called = peer.call(&request(FINE, 1)).await;
    assert_eq!((called.code(), hook.counts()), (40, (1, 0)));
    let mut answer = RemotingCommand::response(ResponseCode::SUCCESS);
    answer.set_opaque(called.opaque());
    assert_eq!(peer.call(&answer).await.opaque(), 1);
    assert_eq!(hook.counts(), (1, 1), "of the request alone");
}
