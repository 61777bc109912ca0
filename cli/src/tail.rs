//! `tail`: follows a topic.

use crate::failure::Failure;
use crate::link::Link;
use crate::options::TailOptions;
use crate::output::Out;
use crate::reading::{self, Filter, Page, QueueReader, places};
use rocketmq_tower::ResponseCode;
use std::time::Duration;
use tokio::sync::{mpsc, oneshot};
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep, sleep_until};

/// The time that a broker waits for messages before it answers without one.
const WAIT: Duration = Duration::from_secs(15);

/// The pause after a broker could not be reached, which doubles up to the last one.
const FIRST_PAUSE: Duration = Duration::from_millis(250);
const LAST_PAUSE: Duration = Duration::from_secs(10);

/// A page of a queue. Its reader goes on when it is given back: at most one page of each queue is kept.
struct Turn {
    page: Page,
    reader: QueueReader,
    back: oneshot::Sender<QueueReader>,
}

pub(crate) async fn run(link: &Link, options: TailOptions, out: &mut Out) -> Result<(), Failure> {
    let filter = Filter::new(&options.filter);
    let (turns, mut next) = mpsc::channel(1);
    let mut queues = JoinSet::new();
    let mut readers = Vec::new();
    for place in places(link, &options.topic, options.queue.as_ref()).await? {
        let start = place.offset(link, options.from).await?;
        readers.push(QueueReader::new(place, start, filter.clone()));
    }
    for reader in readers {
        queues.spawn(follow(link.clone(), reader, turns.clone(), out.is_json));
    }
    drop(turns);
    let mut left = options.max.unwrap_or(u64::MAX);
    loop {
        let Turn { page, reader, back } = tokio::select! {
            turn = next.recv() => match turn {
                Some(turn) => turn,
                None => return Ok(()),
            },
            // Queues are followed until something fails.
            Some(ended) = queues.join_next() => {
                ended.map_err(|error| Failure::Local(error.to_string()))??;
                continue;
            }
        };
        left -= reading::print(&page, &reader, i64::MAX, left, out)?;
        if left == 0 {
            return Ok(());
        }
        // It fails if the task has ended, which the next round tells.
        _ = back.send(reader);
    }
}

/// Reads a queue for ever, and hands its pages on.
async fn follow(
    link: Link,
    mut reader: QueueReader,
    turns: mpsc::Sender<Turn>,
    is_json: bool,
) -> Result<(), Failure> {
    loop {
        let page = next(&link, &mut reader, is_json).await?;
        if page.messages().next().is_none() {
            continue;
        }
        let (back, given_back) = oneshot::channel();
        if turns.send(Turn { page, reader, back }).await.is_err() {
            return Ok(());
        }
        match given_back.await {
            Ok(given) => reader = given,
            Err(_) => return Ok(()),
        }
    }
}

/// Returns the next page. As long as the broker cannot be reached, tries again.
async fn next(link: &Link, reader: &mut QueueReader, is_json: bool) -> Result<Page, Failure> {
    let mut pause = FIRST_PAUSE;
    loop {
        let asked = Instant::now();
        let failure = match reader.next(link, Some(WAIT), u64::MAX).await {
            Err(failure) if is_passing(&failure) => failure,
            Ok(page) if page.is_end => {
                // A broker that does not wait is not asked all the time.
                sleep_until(asked + FIRST_PAUSE).await;
                return Ok(page);
            }
            done => return done,
        };
        if pause == FIRST_PAUSE {
            failure.warn("trying again", is_json);
        }
        sleep(pause).await;
        pause = (pause * 2).min(LAST_PAUSE);
        find_again(link, reader).await;
    }
}

/// Returns whether the broker may be back soon.
fn is_passing(failure: &Failure) -> bool {
    match failure {
        Failure::Unreachable(_) => true,
        Failure::Refused { code: Some(code), .. } => {
            [ResponseCode::SYSTEM_BUSY, ResponseCode::SERVICE_NOT_AVAILABLE].contains(code)
        }
        _ => false,
    }
}

/// The broker may have another address now.
async fn find_again(link: &Link, reader: &mut QueueReader) {
    let queue = &reader.place().queue;
    link.routes.invalidate(&queue.topic);
    if let Ok(route) = link.routes.get(&queue.topic, link.timeout).await {
        if let Some(addr) = route.master(&queue.broker_name).cloned() {
            reader.move_to(addr);
        }
    }
}
