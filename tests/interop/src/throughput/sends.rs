//! Measures sends.

use super::load::{Load, PerQueue, TIMEOUT, Topic, succeeded};
use super::server::Server;
use bytes::Bytes;
use rocketmq_tower::message::{Properties, PropertiesBuf, SendHeader, property};
use rocketmq_tower::{BoxError, Channel, ResponseCode};
use std::time::{Duration, Instant};
use tokio::task::JoinSet;

const BODY: usize = 1024;

/// The result of the sends.
#[derive(Debug, Default)]
pub(super) struct Sent {
    /// The number of messages stored in each queue.
    pub(super) stored: PerQueue,
    /// The number of sends refused with `SYSTEM_BUSY`.
    pub(super) refused: u64,
    /// The latency of each send, in microseconds; `u32` to save memory.
    pub(super) latencies: Vec<u32>,
    pub(super) time: Duration,
}

/// Sends to all queues in turn for `time`.
pub(super) async fn send(
    server: &Server,
    topic: &Topic,
    load: Load,
    time: Duration,
) -> Result<Sent, BoxError> {
    let mut callers = JoinSet::new();
    let body = body();
    let channels = load.connect(server).await?;
    let started = Instant::now();
    for (number, channel) in channels.into_iter().enumerate() {
        let (topic, body) = (topic.name.clone(), body.clone());
        let caller = Caller { number, channel, topic, body };
        callers.spawn(caller.run(started + time));
    }
    let mut all = Sent::default();
    while let Some(sent) = callers.join_next().await {
        let sent = sent??;
        all.stored.iter_mut().zip(sent.stored).for_each(|(all, more)| *all += more);
        all.refused += sent.refused;
        all.latencies.extend(sent.latencies);
    }
    all.time = started.elapsed();
    Ok(all)
}

/// Returns bytes that cannot be compressed.
fn body() -> Bytes {
    let mut state: u32 = 0x9e37_79b9;
    let byte = || {
        state ^= state << 13;
        state ^= state >> 17;
        state ^= state << 5;
        state as u8
    };
    std::iter::repeat_with(byte).take(BODY).collect()
}

/// A caller, which has one send in flight at a time.
struct Caller {
    number: usize,
    channel: Channel,
    topic: String,
    body: Bytes,
}

impl Caller {
    async fn run(self, end: Instant) -> Result<Sent, BoxError> {
        let mut sent = Sent::default();
        for message in 0_u64.. {
            let began = Instant::now();
            if began >= end {
                break;
            }
            let queue = (self.number + message as usize) % sent.stored.len();
            let properties = self.properties(message);
            let properties = Properties::new(properties.as_properties().as_str());
            let mut header = SendHeader::new("producers", &self.topic, queue as i32);
            header.properties = properties;
            let request = header.request().with_body(self.body.clone());
            let answer = self.channel.invoke(request, TIMEOUT).await?;
            if answer.response_code() == ResponseCode::SYSTEM_BUSY {
                sent.refused += 1;
                continue;
            }
            succeeded(&answer)?;
            sent.stored[queue] += 1;
            sent.latencies.push(began.elapsed().as_micros().try_into().unwrap_or(u32::MAX));
        }
        Ok(sent)
    }

    /// Returns the properties that Java's producer sets on every message, and a tag.
    fn properties(&self, message: u64) -> PropertiesBuf {
        let mut properties = PropertiesBuf::new();
        properties.set(property::UNIQ_KEY, &format!("{:016X}{message:016X}", self.number));
        properties.set(property::WAIT, "true");
        properties.set(property::TAGS, "TagA");
        properties
    }
}
