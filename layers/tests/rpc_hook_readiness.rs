//! `rpc_hook`: a request that a hook ends releases what was reserved for it.
#![allow(clippy::expect_used, clippy::panic, reason = "test code")]

mod common;

use common::{assert_gives_its_permit_back, channel, limited};
use rocketmq_tower_core::{Abort, Addr, BoxError, RemotingCommand, ResponseCode};
use rocketmq_tower_layers::RpcHookLayer;
use rocketmq_tower_layers::rpc_hook::RpcHook;
use rocketmq_tower_test_support::{SECOND, sleeper};
use std::sync::Arc;
use tokio::sync::Semaphore;
use tokio_test::{assert_pending, assert_ready_ok};
use tower::{Layer, Service, ServiceExt};

const ABORTED: i32 = 1;
const FAILED: i32 = 2;
const PANICKED: i32 = 3;

/// Ends requests with these codes.
struct Gate;

impl RpcHook for Gate {
    fn before(&self, _peer: &Addr, request: &mut RemotingCommand) -> Result<(), BoxError> {
        match request.code() {
            ABORTED => Err(Abort::new(ResponseCode::NO_PERMISSION, "not you").into()),
            FAILED => Err("broken".into()),
            PANICKED => panic!("a bug in a hook"),
            _ => Ok(()),
        }
    }
}

fn layer() -> RpcHookLayer {
    RpcHookLayer::new().hook(Gate)
}

#[tokio::test]
async fn a_permit_of_a_shared_limit_goes_to_the_next_connection() {
    for (code, panics) in [(ABORTED, false), (FAILED, false), (PANICKED, true)] {
        assert_gives_its_permit_back(&layer(), RemotingCommand::request(code), panics);
    }
}

#[tokio::test]
async fn a_request_that_goes_on_keeps_its_permit() {
    let limit = Arc::new(Semaphore::new(1));
    let ((mut one, mut handle), (mut two, _two)) =
        (limited(&layer(), &limit), limited(&layer(), &limit));
    assert_ready_ok!(one.poll_ready());
    let call = one.call(RemotingCommand::request(10));
    let (_, respond) = handle.next_request().await.expect("called");
    assert_pending!(two.poll_ready());
    respond.send_response(RemotingCommand::response(ResponseCode::SUCCESS));
    call.await.expect("answered");
    assert_ready_ok!(two.poll_ready());
}

#[tokio::test(start_paused = true)]
async fn a_call_gives_back_its_slot_of_a_channel() {
    let channel = channel(1, sleeper);
    let mut hooked = layer().layer(channel.clone());
    hooked
        .ready()
        .await
        .expect("open")
        .call(RemotingCommand::request(ABORTED))
        .await
        .expect_err("no");
    channel.invoke(RemotingCommand::request(10), 20 * SECOND).await.expect("answered");
}
