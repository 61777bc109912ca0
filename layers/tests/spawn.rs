//! `spawn`.
#![allow(clippy::expect_used, clippy::panic, reason = "test code")]

mod common;

use common::{channel, heavy, name_thread};
use rocketmq_tower_core::{BoxError, RemotingCommand, ResponseCode};
use rocketmq_tower_layers::SpawnLayer;
use rocketmq_tower_layers::spawn::Stopped;
use rocketmq_tower_test_support::{SECOND, assert_accessors, sleeper, soon};
use std::sync::Arc;
use tokio::sync::Notify;
use tokio::time::{Instant, sleep};
use tokio_test::{assert_pending, task};
use tower::{Layer, Service, ServiceExt, service_fn};

#[tokio::test(start_paused = true)]
async fn a_request_runs_while_nobody_polls_it() {
    let start = Instant::now();
    let mut service = SpawnLayer::new().layer(service_fn(sleeper));
    let calls = [1, 1].map(|code| service.call(RemotingCommand::request(code)));
    sleep(SECOND).await;
    for call in calls {
        call.await.expect("answered");
    }
    assert_eq!(start.elapsed(), SECOND);
}

#[tokio::test]
async fn it_is_as_ready_as_the_service_and_passes_its_errors() {
    common::assert_passes_readiness_and_errors(SpawnLayer::new()).await;
}

#[tokio::test(start_paused = true)]
async fn a_panic_goes_on_and_is_answered_like_any_other() {
    let panicking = service_fn(|_request: RemotingCommand| async {
        tokio::task::yield_now().await;
        if true {
            panic!("a bug");
        }
        Ok::<RemotingCommand, BoxError>(RemotingCommand::response(ResponseCode::SUCCESS))
    });
    let spawning = SpawnLayer::new().layer(panicking);
    let panic = tokio::spawn(spawning.clone().oneshot(RemotingCommand::request(1))).await;
    assert!(panic.expect_err("it goes on").is_panic());
    let channel = channel(1, move |request| spawning.clone().oneshot(request));
    let answer = channel.invoke(RemotingCommand::request(1), SECOND).await.expect("answered");
    assert_eq!(answer.response_code(), ResponseCode::SYSTEM_ERROR);
}

#[tokio::test(start_paused = true)]
async fn a_request_that_was_given_up_is_aborted() {
    struct Tell(Arc<Notify>);
    impl Drop for Tell {
        fn drop(&mut self) {
            self.0.notify_one();
        }
    }
    let gone = Arc::new(Notify::new());
    let tell = Arc::clone(&gone);
    let mut service = SpawnLayer::new().layer(service_fn(move |request| {
        let tell = Tell(Arc::clone(&tell));
        async move {
            let answer = sleeper(request).await;
            drop(tell);
            answer
        }
    }));
    let start = Instant::now();
    let mut call = task::spawn(service.call(RemotingCommand::request(1000)));
    assert_pending!(call.poll());
    sleep(SECOND).await;
    drop(call);
    soon(gone.notified()).await;
    assert_eq!(start.elapsed(), SECOND);
}

#[tokio::test]
async fn another_runtime_runs_the_requests() {
    let runtime = heavy();
    let layer = SpawnLayer::new().on(runtime.handle().clone());
    let mut service = layer.layer(service_fn(name_thread));
    let answer = service.call(RemotingCommand::request(1)).await.expect("answered");
    assert_eq!(answer.remark(), Some("heavy"));
    runtime.shutdown_background();
    let error = service.call(RemotingCommand::request(1)).await.expect_err("no runtime");
    assert!(error.is::<Stopped>(), "{error}");
}

#[test]
fn accessors() {
    assert_accessors!(SpawnLayer::new());
}
