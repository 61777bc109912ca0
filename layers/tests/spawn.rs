//! `spawn`.
#![allow(clippy::expect_used, clippy::panic, reason = "test code")]

mod common;

use common::{SECOND, channel, sleeper, soon};
use rocketmq_tower_core::{BoxError, RemotingCommand, ResponseCode};
use rocketmq_tower_layers::SpawnLayer;
use rocketmq_tower_layers::spawn::Stopped;
use std::sync::Arc;
use std::thread;
use tokio::runtime::{Builder, Runtime};
use tokio::sync::Notify;
use tokio::time::{Instant, sleep};
use tokio_test::{assert_pending, assert_ready_ok, task};
use tower::{Layer, Service, ServiceExt, service_fn};
use tower_test::mock;

fn heavy() -> Runtime {
    Builder::new_multi_thread().worker_threads(1).thread_name("heavy").build().expect("a runtime")
}

/// Answers with the name of the thread that it runs on.
async fn name_thread(_request: RemotingCommand) -> Result<RemotingCommand, BoxError> {
    let name = thread::current().name().unwrap_or_default().to_owned();
    Ok(RemotingCommand::response(ResponseCode::SUCCESS).with_remark(name))
}

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
    let (mock, mut handle) = mock::pair::<RemotingCommand, RemotingCommand>();
    let mut service = mock::Spawn::new(SpawnLayer::new().layer(mock));
    handle.allow(0);
    assert_pending!(service.poll_ready());
    handle.allow(1);
    assert_ready_ok!(service.poll_ready());
    let call = service.call(RemotingCommand::request(1));
    let (_, respond) = handle.next_request().await.expect("called");
    respond.send_error("no");
    assert_eq!(call.await.expect_err("passed on").to_string(), "no");
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
    let mut service = SpawnLayer::new().layer(7);
    *service.get_mut() += 1;
    assert_eq!((*service.get_ref(), service.into_inner()), (8, 8));
}
