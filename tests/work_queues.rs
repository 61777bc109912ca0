//! Routes with their own executors, like Java's processors.
#![allow(clippy::expect_used, clippy::panic, reason = "test code")]

mod common;

use common::Scripted;
use rocketmq_tower::layers::{SpawnLayer, WorkQueueLayer};
use rocketmq_tower::{BoxError, Layer, RemotingCommand, ResponseCode, Router, Server, service_fn};
use rocketmq_tower_test_support::{Raw, SECOND, echo, request};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use tokio::io::DuplexStream;
use tokio::time::{Instant, sleep};

/// Takes ten seconds.
async fn slow(request: RemotingCommand) -> Result<RemotingCommand, BoxError> {
    sleep(10 * SECOND).await;
    echo(request).await
}

/// Two connections to a server with this router.
fn serve(router: Router) -> [Raw<DuplexStream>; 2] {
    let (listener, peers) = Scripted::new(2, false);
    tokio::spawn(Server::new(router).listen(listener).serve());
    peers.try_into().expect("two")
}

#[tokio::test(start_paused = true)]
async fn a_routes_executor_is_shared_by_all_connections() {
    let executor = WorkQueueLayer::new(1).queue(2).max_wait(12 * SECOND);
    let stats = executor.stats();
    let router = Router::builder()
        .route([1, 2], executor.layer(service_fn(slow)))
        .route(3, service_fn(echo))
        .build()
        .expect("routes");
    let [mut one, mut two] = serve(router);
    let started = Instant::now();
    one.send(&request(1, 1)).await;
    sleep(SECOND).await;
    two.send(&request(2, 2)).await;
    sleep(SECOND).await;
    one.send(&request(3, 3)).await;
    sleep(SECOND).await;
    // Code 3 does not use the executor.
    assert_eq!(one.next().await.expect("at once").opaque(), 3);
    one.send(&request(1, 4)).await;
    sleep(SECOND).await;
    assert_eq!((stats.running(), stats.waiting()), (1, 2));
    let full = two.call(&request(2, 5)).await;
    assert_eq!((full.response_code(), full.opaque()), (ResponseCode::SYSTEM_BUSY, 5));
    assert_eq!(full.remark(), Some("[OVERLOAD]system busy, start flow control for a while"));

    assert_eq!(one.next().await.expect("the first").opaque(), 1);
    assert_eq!(started.elapsed(), 10 * SECOND);
    let late = one.next().await.expect("its time in the queue is over");
    assert_eq!((late.response_code(), late.opaque()), (ResponseCode::SYSTEM_BUSY, 4));
    assert_eq!(started.elapsed(), 15 * SECOND);
    let remark = "[TIMEOUT_CLEAN_QUEUE]broker busy, start flow control for a while, \
                  period in queue: 12000ms, size of queue: ";
    assert!(late.remark().expect("a remark").starts_with(remark), "{late:?}");
    assert_eq!(two.next().await.expect("the second").opaque(), 2);
    assert_eq!((started.elapsed(), stats.running()), (20 * SECOND, 0));
}

#[tokio::test(start_paused = true)]
async fn a_route_may_reject_requests() {
    let busy = Arc::new(AtomicBool::new(true));
    let flag = Arc::clone(&busy);
    let executor = WorkQueueLayer::new(1).reject_when(move || flag.load(Ordering::Relaxed));
    let router =
        Router::builder().route(1, executor.layer(service_fn(echo))).build().expect("a route");
    let [mut client, _] = serve(router);
    let rejected = client.call(&request(1, 1)).await;
    let remark = "[REJECTREQUEST]system busy, start flow control for a while";
    assert_eq!(
        (rejected.response_code(), rejected.remark()),
        (ResponseCode::SYSTEM_BUSY, Some(remark))
    );
    busy.store(false, Ordering::Relaxed);
    assert_eq!(client.call(&request(1, 2)).await.response_code(), ResponseCode::SUCCESS);
}

/// Panics in the executor are answered as well.
#[tokio::test(start_paused = true)]
async fn a_route_may_run_its_requests_as_tasks() {
    let task = service_fn(|request: RemotingCommand| async move {
        assert_ne!(request.opaque(), 2, "two is too much");
        let task = tokio::task::id().to_string();
        Ok::<_, BoxError>(RemotingCommand::response(ResponseCode::SUCCESS).with_body(task))
    });
    let router = Router::builder()
        .route(1, SpawnLayer::new().layer(task))
        .route(2, task)
        .build()
        .expect("routes");
    let [mut client, _] = serve(router);
    let failed = client.call(&request(1, 2)).await;
    assert_eq!(failed.response_code(), ResponseCode::SYSTEM_ERROR);
    assert!(failed.remark().expect("a remark").contains("two is too much"), "{failed:?}");
    let connections = client.call(&request(2, 3)).await;
    assert_eq!(client.call(&request(2, 4)).await.body(), connections.body());
    let first = client.call(&request(1, 5)).await;
    assert_ne!(first.body(), connections.body());
    assert_ne!(client.call(&request(1, 6)).await.body(), first.body());
}
