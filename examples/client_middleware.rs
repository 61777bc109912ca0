//! tower's middleware around a client: a timeout, a buffer, hedged calls. (See `balance` for
//! retries and balancing.)
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

/// Takes as long as the body says, in milliseconds; one request of fifty takes a second.
async fn work(request: RemotingCommand) -> Result<RemotingCommand, BoxError> {
    let millis: u64 = std::str::from_utf8(request.body())?.parse()?;
    let unlucky = request.opaque() % 50 == 49;
    sleep(Duration::from_millis(if unlucky { 1000 } else { millis })).await;
    Ok(RemotingCommand::response(ResponseCode::SUCCESS))
}

fn request(millis: &'static str) -> RemotingCommand {
    RemotingCommand::request(RequestCode::QUERY_MESSAGE).with_body(millis)
}

/// Any call may be made twice: these do no harm.
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

    // Given up after 50 ms.
    let quick = ServiceBuilder::new().timeout(Duration::from_millis(50)).service(broker.clone());
    match quick.oneshot(request("500")).await {
        Err(error) => println!("timeout: {error}"),
        Ok(_) => return Err("half a second is too long".into()),
    }

    // Two at a time; who has the buffer has the service, and may clone it.
    let queue = ServiceBuilder::new().buffer(16).concurrency_limit(2).service(broker.clone());
    let started = Instant::now();
    let calls: Vec<_> =
        (0..6).map(|_| tokio::spawn(queue.clone().oneshot(request("50")))).collect();
    for call in calls {
        call.await??;
    }
    println!("buffer: six calls of 50 ms, two at a time, took {:?}", started.elapsed());

    // What takes longer than nine of ten calls took in the last tenth of a second is asked for once
    // more; the first answer counts.
    let mut hedged = Hedge::new(broker, Harmless, 10, 0.9, Duration::from_millis(100));
    let mut slowest = Duration::ZERO;
    for _ in 0..100 {
        let started = Instant::now();
        hedged.ready().await?.call(request("5")).await?;
        slowest = slowest.max(started.elapsed());
    }
    println!("hedge: the slowest of 100 calls took {slowest:?}, two of them 1 s by themselves");
    client.shutdown(Duration::from_secs(1)).await;
    Ok(())
}
