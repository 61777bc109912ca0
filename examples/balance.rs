//! Spreads calls over three servers with tower's balancer, while one of them dies and comes back.
//!
//! ```sh
//! cargo run --release --example balance
//! ```

use rocketmq_tower::client::{Client, InvokeError, RetryUnprocessed};
use rocketmq_tower::server::ServeError;
use rocketmq_tower::{
    Addr, BoxError, RemotingCommand, RequestCode, ResponseCode, Server, Service, ServiceBuilder,
    ServiceExt, error, service_fn,
};
use std::collections::BTreeMap;
use std::time::Duration;
use tokio::task::{JoinHandle, JoinSet};
use tokio::time::{Instant, sleep};
use tower::balance::p2c::Balance;
use tower::discover::ServiceList;
use tower::load::{CompleteOnResponse, PendingRequests};
use tower::util::BoxCloneService;

const CALLERS: usize = 16;

type Brokers = BoxCloneService<RemotingCommand, RemotingCommand, BoxError>;

/// Starts a server that answers with its name after 5 ms. Returns its address, and its task:
/// aborting the task kills the server.
async fn start(name: &'static str, addr: &str) -> Result<(String, Task), BoxError> {
    let server = Server::new(service_fn(move |_: RemotingCommand| async move {
        sleep(Duration::from_millis(5)).await;
        let answer = RemotingCommand::response(ResponseCode::SUCCESS);
        Ok::<_, BoxError>(answer.with_body(name))
    }));
    let server = server.bind(addr).await?;
    let addr = server.local_addr().to_string();
    Ok((addr, tokio::spawn(async { server.serve().await.map(drop) })))
}

type Task = JoinHandle<Result<(), ServeError>>;

/// Makes calls for 1.5 s. Returns the number of responses of each server, and the errors of the
/// calls that failed.
async fn load(brokers: &Brokers) -> (BTreeMap<String, usize>, Vec<BoxError>) {
    let mut callers = JoinSet::new();
    let end = Instant::now() + Duration::from_millis(1500);
    for _ in 0..CALLERS {
        let mut brokers = brokers.clone();
        callers.spawn(async move {
            let (mut served, mut failed) = (Vec::new(), Vec::new());
            while Instant::now() < end {
                let request = RemotingCommand::request(RequestCode::HEART_BEAT);
                let answer = async { brokers.ready().await?.call(request).await }.await;
                match answer {
                    Ok(mut answer) => served.push(answer.take_body()),
                    Err(error) => failed.push(error),
                }
            }
            (served, failed)
        });
    }
    let (mut counts, mut failures) = (BTreeMap::new(), Vec::new());
    for (served, failed) in callers.join_all().await {
        for name in served {
            *counts.entry(String::from_utf8_lossy(&name).into_owned()).or_default() += 1;
        }
        failures.extend(failed);
    }
    (counts, failures)
}

/// Whether the call was in flight to `addr` when the connection broke.
fn was_cut(failure: &BoxError, killed: &Addr) -> bool {
    let failure = error::find_source::<InvokeError>(&**failure);
    matches!(failure, Some(InvokeError::Closed { addr, .. }) if addr == killed)
}

#[tokio::main]
async fn main() -> Result<(), BoxError> {
    let (a, task_a) = start("a", "127.0.0.1:0").await?;
    let (b, _task_b) = start("b", "127.0.0.1:0").await?;
    let (c, _task_c) = start("c", "127.0.0.1:0").await?;

    let (first, last) = (Duration::from_millis(100), Duration::from_millis(400));
    let client = Client::builder().backoff(first, last).build();
    let endpoints = [&a, &b, &c].map(|addr| {
        PendingRequests::new(client.endpoint(addr.as_str()), CompleteOnResponse::default())
    });
    let brokers = ServiceBuilder::new()
        .retry(RetryUnprocessed::attempts(3)) // unprocessed requests go to another server
        .buffer(CALLERS) // all callers share one balancer
        .service(Balance::new(ServiceList::new(endpoints)));
    let brokers = BoxCloneService::new(brokers);

    let kill = async {
        sleep(Duration::from_millis(750)).await;
        task_a.abort();
    };
    let ((served, failed), ()) = tokio::join!(load(&brokers), kill);
    println!("a was killed half-way: {served:?}, {} failed", failed.len());
    let killed = Addr::from(a.as_str());
    if let Some(other) = failed.iter().find(|failure| !was_cut(failure, &killed)) {
        return Err(format!("a call failed that was not in flight to a: {other}").into());
    }
    if failed.len() > CALLERS {
        return Err("more calls failed than can have been in flight".into());
    }
    let (served, failed) = load(&brokers).await;
    println!("a is down: {served:?}, {} failed", failed.len());
    if served.contains_key("a") || !failed.is_empty() {
        return Err("no call should have failed or reached a".into());
    }
    let (_, _task_a) = start("a", &a).await?;
    let (served, failed) = load(&brokers).await;
    println!("a is back: {served:?}, {} failed", failed.len());
    if !served.contains_key("a") || !failed.is_empty() {
        return Err("a should have received calls again, and no call should have failed".into());
    }
    Ok(())
}
