//! Reads messages.

use super::Callers;
use super::histogram::Histogram;
use super::load::Load;
use crate::failure::Failure;
use crate::link::Link;
use crate::options::LoadOptions;
use crate::reading::{Filter, Place, QueueReader, places};
use std::sync::Arc;
use std::time::Instant;

/// Messages of a pull.
const PAGE: u64 = 32;

/// Gives each caller some of the queues that have messages.
///
/// # Errors
/// If there is no message.
pub(super) async fn start(
    link: &Link,
    options: &LoadOptions,
    load: &Arc<Load>,
) -> Result<Callers, Failure> {
    let mut queues = Vec::new();
    for place in places(link, &options.topic, None).await? {
        let (min, max) = (place.min_offset(link).await?, place.max_offset(link).await?);
        if min < max {
            queues.push((place, min));
        }
    }
    if queues.is_empty() {
        return Err(Failure::answer(format!("{} has no messages", options.topic)));
    }
    let mut callers = Callers::new();
    for number in 0..options.callers as usize {
        // With more callers than queues, several read the same one.
        let step = options.callers as usize;
        let own = match queues.get(number) {
            Some(_) => queues.iter().skip(number).step_by(step).cloned().collect(),
            None => vec![queues[number % queues.len()].clone()],
        };
        callers.spawn(call(link.clone(), own, Arc::clone(load)));
    }
    Ok(callers)
}

/// Reads the queues one after another, from the beginning to the end, again and again.
async fn call(
    link: Link,
    queues: Vec<(Place, i64)>,
    load: Arc<Load>,
) -> Result<Histogram, Failure> {
    let mut latency = Histogram::default();
    for (place, min) in queues.into_iter().cycle() {
        let mut reader = QueueReader::new(place, min, Filter::all());
        loop {
            let wanted = load.take(PAGE);
            if wanted == 0 {
                return Ok(latency);
            }
            let started = Instant::now();
            let page = reader.next(&link, None, wanted).await?;
            latency.record(started.elapsed());
            let (mut messages, mut bytes) = (0, 0);
            for message in page.messages() {
                messages += 1;
                bytes += message?.body.len() as u64;
            }
            load.count(messages, bytes);
            load.give_back(wanted.saturating_sub(messages));
            if page.is_end {
                break;
            }
        }
    }
    Ok(latency)
}
