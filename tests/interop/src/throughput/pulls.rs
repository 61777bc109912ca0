//! Consumption.

use super::load::{Load, PerQueue, TIMEOUT, Topic, succeeded};
use super::server::Server;
use crate::apache::requests::pull;
use rocketmq_tower::message::StoredMessage;
use rocketmq_tower::{BoxError, Channel, RemotingCommand, ResponseCode};
use std::time::{Duration, Instant};
use tokio::task::JoinSet;
use tokio::time::timeout;

/// The most messages that are asked for at once: what Java's consumer asks for.
pub(super) const PER_PULL: usize = 32;

/// Longer than reading everything takes.
const LIMIT: Duration = Duration::from_secs(300);

/// What was pulled.
#[derive(Debug, Default)]
pub(super) struct Pulled {
    /// How long each pull took.
    pub(super) latencies: Vec<u32>,
    pub(super) time: Duration,
}

/// Reads the messages that each queue of the topic has got, from the first to the last, and checks
/// that none is missing. Each queue has a puller with one pull at a time.
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
        // Apache's broker shows messages some time after they were stored.
        if answer.response_code() == ResponseCode::PULL_NOT_FOUND {
            tokio::task::yield_now().await;
            continue;
        }
        succeeded(&answer)?;
        latencies.push(began.elapsed().as_micros().try_into().unwrap_or(u32::MAX));
        offset = check(&answer, offset)?;
    }
    // A send that was refused, or is not known of, must not have left a message.
    if offset != messages as i64 {
        return Err(format!("queue {queue} has {offset} messages instead of {messages}").into());
    }
    Ok(latencies)
}

/// Checks that the answer's messages follow each other from `offset` on; returns the next offset.
fn check(answer: &RemotingCommand, mut offset: i64) -> Result<i64, BoxError> {
    if answer.body().is_empty() {
        return Err("messages are told of, but there are none".into());
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
