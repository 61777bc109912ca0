//! `rpc_hook`: a request that a hook ends keeps nothing that was reserved for it.
#![allow(clippy::expect_used, clippy::panic, reason = "test code")]

mod common;

use common::{SECOND, channel, sleeper};
use rocketmq_tower_core::{Abort, Addr, BoxError, RemotingCommand, ResponseCode};
use rocketmq_tower_layers::RpcHookLayer;
use rocketmq_tower_layers::rpc_hook::{RpcHook, RpcHooks};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use tokio::sync::Semaphore;
use tokio_test::{assert_pending, assert_ready_err, assert_ready_ok, task};
use tower::limit::ConcurrencyLimit;
use tower::{Layer, Service, ServiceExt};
use tower_test::mock::{self, Handle, Mock, Spawn};

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

type Limited = ConcurrencyLimit<Mock<RemotingCommand, RemotingCommand>>;

/// One connection's service of a server whose limit is shared.
fn connection(
    limit: &Arc<Semaphore>,
) -> (Spawn<RpcHooks<Limited>>, Handle<RemotingCommand, RemotingCommand>) {
    let (mock, handle) = mock::pair();
    let limited = ConcurrencyLimit::with_semaphore(mock, Arc::clone(limit));
    (Spawn::new(RpcHookLayer::new().hook(Gate).layer(limited)), handle)
}

#[tokio::test]
async fn a_permit_of_a_shared_limit_goes_to_the_next_connection() {
    for code in [ABORTED, FAILED, PANICKED] {
        let limit = Arc::new(Semaphore::new(1));
        let ((mut one, _one), (mut two, _two)) = (connection(&limit), connection(&limit));
        assert_ready_ok!(one.poll_ready());
        assert_pending!(two.poll_ready());
        let called = catch_unwind(AssertUnwindSafe(|| one.call(RemotingCommand::request(code))));
        match called {
            Ok(call) => drop(assert_ready_err!(task::spawn(call).poll())),
            Err(_) => assert_eq!(code, PANICKED),
        }
        assert!(two.is_woken(), "while the first connection is open, and does nothing");
        assert_ready_ok!(two.poll_ready());
    }
}

#[tokio::test]
async fn a_request_that_goes_on_keeps_its_permit() {
    let limit = Arc::new(Semaphore::new(1));
    let ((mut one, mut handle), (mut two, _two)) = (connection(&limit), connection(&limit));
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
    let mut hooked = RpcHookLayer::new().hook(Gate).layer(channel.clone());
    hooked
        .ready()
        .await
        .expect("open")
        .call(RemotingCommand::request(ABORTED))
        .await
        .expect_err("no");
    channel.invoke(RemotingCommand::request(10), 20 * SECOND).await.expect("answered");
}
