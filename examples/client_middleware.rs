//! Puts tower's middleware around a client: a timeout, a buffer, and hedged calls. The example
//! `balance` shows retries and balancing.
//!
//! ```sh
//! cargo run --release --example client_middleware
//! ```

use rocketmq_tower::client::Client;
use rocketmq_tower::{
    BoxError, RemotingCommand, RequestCode, ResponseCode, Server, Service, ServiceBuilder,
    ServiceExt, service_fn,
};
use std::time::Duration;
use tokio::time::{Instant, sleep};
use tower::hedge::{Hedge, Policy};

/// Takes as many milliseconds as the body says. One request in fifty takes a second.
async fn work(request: RemotingCommand) -> Result<RemotingCommand, BoxError> {
    let millis: u64 = std::str::from_utf8(request.body())?.parse()?;
    let unlucky = request.opaque() % 50 == 49;
    sleep(Duration::from_millis(if unlucky { 1000 } else { millis })).await;
    Ok(RemotingCommand::response(ResponseCode::SUCCESS))
}

fn request(millis: &'static str) -> RemotingCommand {
    RemotingCommand::request(RequestCode::QUERY_MESSAGE).with_body(millis)
}

/// Allows hedging to send any request twice: here, that does no harm.
#[derive(Clone)]
struct Harmless;

impl Policy<RemotingCommand> for Harmless {
    fn clone_request(&self, request: &RemotingCommand) -> Option<RemotingCommand> {
        Some(request.clone())
    }

    fn can_retry(&self, _request: &RemotingCommand) -> bool {
        true
    }
}

#[tokio::main]
async fn main() -> Result<(), BoxError> {
    let server = Server::new(service_fn(work)).bind("127.0.0.1:0").await?;
    let addr = server.local_addr();
    tokio::spawn(server.serve());
    let client = Client::new();
    let broker = client.endpoint(addr.clone());

    // The call fails after 50 ms.
    let quick = ServiceBuilder::new().timeout(Duration::from_millis(50)).service(broker.clone());
    match quick.oneshot(request("500")).await {
        Err(error) => println!("timeout: {error}"),
        Ok(_) => return Err("the call should have timed out".into()),
    }

    // At most two calls at a time. All clones of the buffer share the one limited service.
    let queue = ServiceBuilder::new().buffer(16).concurrency_limit(2).service(broker.clone());
    let started = Instant::now();
    let calls: Vec<_> =
        (0..6).map(|_| tokio::spawn(queue.clone().oneshot(request("50")))).collect();
    for call in calls {
        call.await??;
    }
    println!("buffer: six calls of 50 ms, two at a time, took {:?}", started.elapsed());

    // A call that takes longer than 90% of recent calls (measured in windows of 100 ms) is sent a
    // second time. The first response wins.
    let mut hedged = Hedge::new(broker, Harmless, 10, 0.9, Duration::from_millis(100));
    let mut slowest = Duration::ZERO;
    for _ in 0..100 {
        let started = Instant::now();
        hedged.ready().await?.call(request("5")).await?;
        slowest = slowest.max(started.elapsed());
    }
    println!(
        "hedge: the slowest of 100 calls took {slowest:?}; two would have taken 1 s without hedging"
    );
    client.shutdown(Duration::from_secs(1)).await;
    Ok(())
}
