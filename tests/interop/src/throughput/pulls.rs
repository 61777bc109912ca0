//! Measures consumption.

use super::load::{Load, PerQueue, TIMEOUT, Topic, succeeded};
use super::server::Server;
use crate::apache::requests::pull;
use rocketmq_tower::message::StoredMessage;
use rocketmq_tower::{BoxError, Channel, RemotingCommand, ResponseCode};
use std::time::{Duration, Instant};
use tokio::task::JoinSet;
use tokio::time::timeout;

/// The maximum number of messages of a pull: the default of Java's consumer.
pub(super) const PER_PULL: usize = 32;

/// The maximum time for reading everything; longer than it takes.
const LIMIT: Duration = Duration::from_secs(300);

/// The result of pulling everything.
#[derive(Debug, Default)]
pub(super) struct Pulled {
    /// The latency of each pull, in microseconds.
    pub(super) latencies: Vec<u32>,
    pub(super) time: Duration,
}

/// Reads all messages of each queue of the topic, in order, and checks that none is missing. Each
/// queue has one puller, with one pull at a time.
pub(super) async fn pull_all(
    server: &Server,
    topic: &Topic,
    stored: &PerQueue,
) -> Result<Pulled, BoxError> {
    let load = Load { callers: stored.len(), connections: 4 };
    let channels = load.connect(server).await?;
    let mut pullers = JoinSet::new();
    let started = Instant::now();
    for ((queue, &messages), channel) in (0..).zip(stored).zip(channels) {
        pullers.spawn(pull_queue(channel, topic.name.clone(), queue, messages));
    }
    let mut all = Pulled::default();
    while let Some(pulled) = timeout(LIMIT, pullers.join_next()).await? {
        all.latencies.extend(pulled??);
    }
    all.time = started.elapsed();
    Ok(all)
}

async fn pull_queue(
    channel: Channel,
    topic: String,
    queue: i32,
    messages: u64,
) -> Result<Vec<u32>, BoxError> {
    let mut latencies = Vec::new();
    let mut offset = 0;
    while offset < messages as i64 {
        let began = Instant::now();
        let request = pull(&topic, queue, offset, false)?;
        let answer = channel.invoke(request, TIMEOUT).await?;
        // In Apache's broker, messages become visible some time after they are stored.
        if answer.response_code() == ResponseCode::PULL_NOT_FOUND {
            tokio::task::yield_now().await;
            continue;
        }
        succeeded(&answer)?;
        latencies.push(began.elapsed().as_micros().try_into().unwrap_or(u32::MAX));
        offset = check(&answer, offset)?;
    }
    // A refused send must not leave a message, and there must be no message that was not sent.
    if offset != messages as i64 {
        return Err(format!("queue {queue} has {offset} messages instead of {messages}").into());
    }
    Ok(latencies)
}

/// Checks that the response's messages have consecutive offsets beginning with `offset`. Returns the
/// next offset.
fn check(answer: &RemotingCommand, mut offset: i64) -> Result<i64, BoxError> {
    if answer.body().is_empty() {
        return Err("the response is a success but has no messages".into());
    }
    for message in StoredMessage::decode_all(answer.body()) {
        let found = message?.queue_offset;
        if found != offset {
            return Err(format!("the message at {offset} has the offset {found}").into());
        }
        offset += 1;
    }
    Ok(offset)
}
