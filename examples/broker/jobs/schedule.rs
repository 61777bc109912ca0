//! Delivers messages when their time has come.

use crate::broker::Broker;
use crate::log::{Entry, Place, Write, due_key};
use crate::storage::Table;
use crate::{clock, delay, messages};
use rocketmq_tower::BoxError;
use rocketmq_tower::message::StoredMessage;
use std::ops::ControlFlow;
use std::time::Duration;
use tokio::time::{sleep, timeout};

/// So many are delivered before the others are looked for again.
const ROUND: usize = 256;

/// How long it waits if none is known, and after an error.
const LONG: Duration = Duration::from_secs(60);
const AFTER_ERROR: Duration = Duration::from_secs(1);

/// Delivers for ever.
pub(crate) async fn run(broker: &Broker) {
    loop {
        // Whoever comes after the look at the table is waited for below.
        let wait = match round(broker).await {
            Ok(wait) => wait,
            Err(error) => {
                tracing::error!(error = &*error as &dyn std::error::Error, "delivering failed");
                sleep(AFTER_ERROR).await;
                continue;
            }
        };
        if !wait.is_zero() {
            _ = timeout(wait, broker.log.scheduled()).await;
        }
    }
}

/// Delivers what is due, and returns how long there is until more is.
async fn round(broker: &Broker) -> Result<Duration, BoxError> {
    let now = clock::now_ms();
    let (mut due, mut next) = (Vec::new(), None);
    broker.log.storage().scan(Table::Scheduled, b""..&[0xff; 17], &mut |key, _| {
        let Some((time, place)) = split(key) else { return ControlFlow::Continue(()) };
        if time > now || due.len() == ROUND {
            next = Some(time);
            return ControlFlow::Break(());
        }
        due.push((time, place));
        ControlFlow::Continue(())
    })?;
    // They leave the table when they come to where they belong: each is delivered once.
    let mut write = Write::default();
    for (time, place) in due {
        // If reading fails, all of them wait on.
        let record = broker.log.read(place)?;
        match entry(broker, record) {
            Ok(entry) => write.push(entry),
            Err(error) => {
                tracing::error!(error = &*error as &dyn std::error::Error, "a message is lost");
            }
        }
        write = write.and_delete(Table::Scheduled, due_key(time, place));
    }
    broker.log.write(write).await?;
    let wait = next.map(|time| Duration::from_millis((time - clock::now_ms()).max(0) as u64));
    Ok(wait.unwrap_or(LONG).min(LONG))
}

fn split(key: &[u8]) -> Option<(i64, Place)> {
    let (time, place) = key.split_first_chunk::<8>()?;
    Some((i64::from_be_bytes(*time), Place::from_key(place)?))
}

/// The message, where it belongs.
fn entry(broker: &Broker, record: Option<Vec<u8>>) -> Result<Entry, BoxError> {
    let record = record.ok_or("a message that waited is gone")?;
    let (message, _) = StoredMessage::decode(&record)?;
    let (topic, queue_id) = messages::destination(&message)?;
    let topic = broker.topics.find(topic)?;
    let message = StoredMessage { queue_id, ..message };
    messages::released(&topic, message, &delay::PROPERTIES)
}
