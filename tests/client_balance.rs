//! Calls that tower's balancer spreads over servers, while one of them is killed and restarted.
#![allow(clippy::expect_used, clippy::panic, reason = "test code")]

mod common;

use common::net::Net;
use rocketmq_tower::client::{Client, Endpoint, InvokeError, RetryUnprocessed};
use rocketmq_tower::{
    Addr, BoxError, RemotingCommand, ResponseCode, Service, ServiceBuilder, ServiceExt, error,
    service_fn,
};
use rocketmq_tower_test_support::{SECOND, soon};
use std::collections::HashMap;
use std::fmt::Debug;
use std::hash::{BuildHasherDefault, DefaultHasher};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};
use tower::balance::p2c::Balance;
use tower::discover::ServiceList;
use tower::load::{CompleteOnResponse, Load, PeakEwma, PendingRequests};
use tower::util::BoxCloneService;
use tower::util::rng::HasherRng;

const SERVERS: [&str; 3] = ["a", "b", "c"];
const MILLISECOND: Duration = Duration::from_millis(1);

/// Starts all servers, which respond with their names after 10 ms, or after 100 ms if `b` is slow.
/// Returns the number of running calls per server.
fn start(net: &Net, b_is_slow: bool) -> HashMap<&'static str, Arc<AtomicUsize>> {
    let mut running = HashMap::new();
    for name in SERVERS {
        let count = Arc::<AtomicUsize>::default();
        running.insert(name, Arc::clone(&count));
        let takes = if b_is_slow && name == "b" { 100 } else { 10 } * MILLISECOND;
        net.start(
            name,
            service_fn(move |_: RemotingCommand| {
                let count = Arc::clone(&count);
                async move {
                    count.fetch_add(1, Ordering::Relaxed);
                    sleep(takes).await;
                    count.fetch_sub(1, Ordering::Relaxed);
                    let answer = RemotingCommand::response(ResponseCode::SUCCESS);
                    Ok::<_, BoxError>(answer.with_body(name))
                }
            }),
        );
    }
    running
}

type Balanced = BoxCloneService<RemotingCommand, RemotingCommand, BoxError>;

/// A balancer over the servers; its random choice has a fixed seed.
fn balance<S>(client: &Client, load: impl Fn(Endpoint) -> S) -> Balanced
where
    S: Load<Metric: Debug> + Service<RemotingCommand, Response = RemotingCommand>,
    S: Send + 'static,
    S::Error: Into<BoxError>,
    S::Future: Send,
{
    let endpoints: Vec<_> = SERVERS.iter().map(|addr| load(client.endpoint(*addr))).collect();
    let rng = HasherRng::with_hasher(BuildHasherDefault::<DefaultHasher>::default());
    let balance = Balance::from_rng(ServiceList::new(endpoints), rng);
    let stack = ServiceBuilder::new().retry(RetryUnprocessed::attempts(3)).buffer(64);
    BoxCloneService::new(stack.service(balance))
}

/// Makes `calls` calls from 12 callers. Returns the number of successful calls per server, and the
/// errors of the others.
async fn load(service: &Balanced, calls: usize) -> (HashMap<String, usize>, Vec<BoxError>) {
    let mut callers = JoinSet::new();
    for _ in 0..12 {
        let mut service = service.clone();
        callers.spawn(async move {
            let mut outcomes = Vec::new();
            for _ in 0..calls / 12 {
                let service = service.ready().await.expect("the buffer runs");
                outcomes.push(service.call(RemotingCommand::request(1)).await);
            }
            outcomes
        });
    }
    let (mut served, mut failed) = (HashMap::new(), Vec::new());
    for outcome in soon(callers.join_all()).await.into_iter().flatten() {
        match outcome {
            Ok(answer) => {
                let name = String::from_utf8_lossy(answer.body()).into_owned();
                *served.entry(name).or_default() += 1;
            }
            Err(error) => failed.push(error),
        }
    }
    (served, failed)
}

fn pending(endpoint: Endpoint) -> PendingRequests<Endpoint> {
    PendingRequests::new(endpoint, CompleteOnResponse::default())
}

#[tokio::test(start_paused = true)]
async fn a_server_that_is_killed_costs_what_it_was_doing() {
    let net = Net::new();
    let running = start(&net, false);
    let service = balance(&net.client(), pending);
    let (served, failed) = load(&service, 240).await;
    assert!(SERVERS.iter().all(|name| served[*name] > 40) && failed.is_empty(), "{served:?}");

    // This kills the server in the middle of a round of calls.
    let kill = async {
        sleep(55 * MILLISECOND).await;
        let lost = running["a"].load(Ordering::Relaxed);
        net.kill("a").await;
        lost
    };
    let ((served, failed), lost) = tokio::join!(load(&service, 240), kill);
    assert!(lost > 0 && failed.len() == lost, "{lost} were running: {failed:?}");
    for failure in &failed {
        let failure = error::find_source::<InvokeError>(&**failure).expect("the client's");
        let is_cut =
            matches!(failure, InvokeError::Closed { addr, .. } if *addr == Addr::from("a"));
        assert!(is_cut, "{failure:?}");
    }
    assert_eq!(served.values().sum::<usize>() + lost, 240, "{served:?}");

    // While the server is down, no call fails, and the client tries it from time to time.
    let (served, failed) = load(&service, 240).await;
    assert!(!served.contains_key("a") && failed.is_empty(), "{served:?} {failed:?}");

    net.restart("a");
    sleep(5 * SECOND).await;
    let (served, failed) = load(&service, 240).await;
    assert!(served["a"] > 40 && failed.is_empty(), "{served:?} {failed:?}");
    assert_eq!((net.connections("a"), net.connections("b"), net.connections("c")), (2, 1, 1));
}

#[tokio::test(start_paused = true)]
async fn peak_ewma_prefers_the_quick_ones() {
    let net = Net::new();
    start(&net, true);
    let (rtt, decay) = (10 * MILLISECOND, 10 * SECOND);
    let service = balance(&net.client(), |endpoint| {
        PeakEwma::new(endpoint, rtt, decay.as_nanos() as f64, CompleteOnResponse::default())
    });
    let (served, failed) = load(&service, 240).await;
    let slow = served.get("b").copied().unwrap_or_default();
    assert!(slow < 20 && failed.is_empty(), "{served:?} {failed:?}");
}

/// Without any server calls wait; the first server that starts gets them.
#[tokio::test(start_paused = true)]
async fn the_first_server_that_comes_is_taken() {
    let net = Net::new();
    let service = balance(&net.client(), pending);
    let call = service.oneshot(RemotingCommand::request(1));
    tokio::pin!(call);
    timeout(10 * SECOND, &mut call).await.expect_err("nobody is there");
    start(&net, false);
    net.kill("a").await;
    net.kill("c").await;
    let answer = soon(call).await.expect("answered");
    assert_eq!(&answer.body()[..], b"b");
}
