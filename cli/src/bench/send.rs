//! Sends messages.

use super::Callers;
use super::histogram::Histogram;
use super::load::Load;
use crate::failure::Failure;
use crate::link::Link;
use crate::options::LoadOptions;
use rocketmq_tower::client::Producer;
use rocketmq_tower::message::Message;
use std::sync::Arc;
use std::time::Instant;

pub(super) fn start(link: &Link, options: &LoadOptions, size: usize, load: &Arc<Load>) -> Callers {
    let producer = link.producer("rocketmq-tower-bench");
    // Clones share the body.
    let message = Message::new(&options.topic, vec![b'x'; size]);
    let mut callers = Callers::new();
    for _ in 0..options.callers {
        callers.spawn(call(producer.clone(), message.clone(), Arc::clone(load)));
    }
    callers
}

async fn call(producer: Producer, message: Message, load: Arc<Load>) -> Result<Histogram, Failure> {
    let mut latency = Histogram::default();
    let size = message.body.len() as u64;
    while load.take(1) == 1 {
        let started = Instant::now();
        producer.send(message.clone()).await?;
        latency.record(started.elapsed());
        load.count(1, size);
    }
    Ok(latency)
}
