//! Measures the time from the start of a broker in memory to its first acknowledged message.
//!
//! ```sh
//! cargo run --release -p rocketmq-tower-broker --example first_send
//! ```
//!
//! Each round starts a broker in this process, connects a client, and sends a message to a topic that
//! does not exist yet. An argument sets the number of rounds, 100 by default.

use rocketmq_tower::message::SendHeader;
use rocketmq_tower::{BoxError, Client};
use rocketmq_tower_broker::Broker;
use std::time::{Duration, Instant};

const TIMEOUT: Duration = Duration::from_secs(3);

#[tokio::main]
async fn main() -> Result<(), BoxError> {
    let rounds = std::env::args().nth(1).map_or(Ok(100), |rounds| rounds.parse::<usize>())?;
    let mut times = Vec::new();
    for _ in 0..rounds.max(1) {
        times.push(first_send().await?);
    }
    times.sort_unstable();
    let (median, last) = (times[times.len() / 2], times[times.len() - 1]);
    println!("first acknowledged message after {median:?} (median), {last:?} (maximum)");
    Ok(())
}

/// Returns the time until the response to the first send.
async fn first_send() -> Result<Duration, BoxError> {
    let begin = Instant::now();
    let broker = Broker::builder().in_memory().start().await?;
    let client = Client::new();
    let send = SendHeader::new("producers", "FirstSend", 0).request().with_body("hello");
    let response = client.invoke(broker.broker_addr(), send, TIMEOUT).await?;
    let time = begin.elapsed();
    if !response.response_code().is_success() {
        return Err(format!("the send is refused with {}", response.response_code()).into());
    }
    client.shutdown(TIMEOUT).await;
    broker.shutdown().await?;
    Ok(time)
}
