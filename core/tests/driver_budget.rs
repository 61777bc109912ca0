//! The budget that tokio gives a task for one poll: a service must not take a spent budget for "not
//! ready", and requests are not polled in vain.
#![allow(clippy::expect_used, clippy::panic, reason = "test code")]

mod common;

use common::{Running, start};
use pin_project_lite::pin_project;
use rocketmq_tower_core::{BoxError, RemotingCommand, ResponseCode};
use rocketmq_tower_test_support::request;
use std::future::{Future, poll_fn};
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Poll, ready};
use tokio::sync::Semaphore;
use tokio::task::coop::poll_proceed;
use tower_service::Service;

const BURST: i32 = 1000;

/// Is always ready, and spends `cost` units of the budget to say so. Counts how often it looked
/// unready to the service around it, as `LoadShed` would.
#[derive(Clone)]
struct Costly {
    cost: usize,
    false_alarms: Arc<AtomicUsize>,
    alarmed: bool,
}

fn poll_cost(cost: usize, cx: &mut Context<'_>) -> Poll<()> {
    for _ in 0..cost {
        ready!(poll_proceed(cx)).made_progress();
    }
    Poll::Ready(())
}

impl Service<RemotingCommand> for Costly {
    type Response = RemotingCommand;
    type Error = BoxError;
    type Future = std::future::Ready<Result<RemotingCommand, BoxError>>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        self.alarmed = poll_cost(self.cost, cx).is_pending();
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, _request: RemotingCommand) -> Self::Future {
        if self.alarmed {
            self.false_alarms.fetch_add(1, Ordering::Relaxed);
        }
        std::future::ready(Ok(RemotingCommand::response(ResponseCode::SUCCESS)))
    }
}

async fn burst(peer: &mut rocketmq_tower_test_support::Raw<tokio::io::DuplexStream>) {
    for opaque in 0..BURST {
        peer.send(&request(1, opaque)).await;
    }
    for _ in 0..BURST {
        assert_eq!(peer.receive().await.response_code(), ResponseCode::SUCCESS);
    }
}

#[tokio::test]
async fn a_spent_budget_never_looks_like_a_service_that_is_not_ready() {
    for cost in [1, 2, 5] {
        let service = Costly { cost, false_alarms: Arc::default(), alarmed: false };
        let false_alarms = Arc::clone(&service.false_alarms);
        let Running { mut peer, .. } = start(service);
        burst(&mut peer).await;
        assert_eq!(false_alarms.load(Ordering::Relaxed), 0, "at a cost of {cost}");
    }
}

/// A service that spends the whole budget on each readiness is believed the second time.
#[tokio::test]
async fn a_service_that_spends_every_budget_is_called() {
    let service = Costly { cost: 500, false_alarms: Arc::default(), alarmed: false };
    let Running { mut peer, .. } = start(service);
    assert_eq!(peer.call(&request(1, 1)).await.opaque(), 1);
    assert_eq!(peer.call(&request(1, 2)).await.opaque(), 2);
}

pin_project! {
    /// Counts polls.
    struct Counted<F> {
        #[pin]
        inner: F,
        polls: Arc<AtomicUsize>,
    }
}

impl<F: Future> Future for Counted<F> {
    type Output = F::Output;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<F::Output> {
        let this = self.project();
        this.polls.fetch_add(1, Ordering::Relaxed);
        this.inner.poll(cx)
    }
}

/// 1000 requests wait for permits of a semaphore, and are woken together.
#[tokio::test]
async fn requests_in_flight_are_polled_at_most_twice() {
    let (gate, polls) = (Arc::new(Semaphore::new(0)), Arc::new(AtomicUsize::new(0)));
    let (entered, counted) = (Arc::clone(&gate), Arc::clone(&polls));
    let Running { mut peer, .. } = start(tower::service_fn(move |_: RemotingCommand| {
        let gate = Arc::clone(&entered);
        let inner = async move {
            let _permit = gate.acquire().await?;
            poll_fn(|cx| poll_cost(1, cx)).await;
            Ok::<_, BoxError>(RemotingCommand::response(ResponseCode::SUCCESS))
        };
        Counted { inner, polls: Arc::clone(&counted) }
    }));
    for opaque in 0..BURST {
        peer.send(&request(1, opaque)).await;
    }
    while polls.load(Ordering::Relaxed) < BURST as usize {
        tokio::task::yield_now().await;
    }
    gate.add_permits(BURST as usize);
    for _ in 0..BURST {
        assert_eq!(peer.receive().await.response_code(), ResponseCode::SUCCESS);
    }
    let polls = polls.load(Ordering::Relaxed);
    // One more where the budget ends inside a request.
    assert!(polls <= 2 * BURST as usize + 50, "{polls} polls for {BURST} requests");
}
