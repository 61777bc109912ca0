//! Delivers messages when their time has come.

use crate::log::{CommitLogOffset, LogEntry, LogWrite, due_key};
use crate::state::BrokerState;
use crate::storage::StorageTable;
use crate::{clock, delay, messages};
use rocketmq_tower::BoxError;
use rocketmq_tower::message::StoredMessage;
use std::ops::ControlFlow;
use std::time::Duration;
use tokio::time::{sleep, timeout};

/// So many are delivered at once, and so many bytes of them.
const ROUND: usize = 256;
const ROUND_BYTES: usize = 8 * 1024 * 1024;

/// How long it waits if none is known, and after an error.
const LONG: Duration = Duration::from_secs(60);
const AFTER_ERROR: Duration = Duration::from_secs(1);

/// What is due is in the table by then, even if writing it took long; in ms.
const LATEST: i64 = 60_000;

/// What comes after a round.
enum Next {
    /// There is more that is due: from this row on.
    Now([u8; 16]),
    /// Nothing is due for so long, as far as is known.
    Later(Duration),
}

/// Delivers for ever.
pub(crate) async fn run(broker: &BrokerState) {
    let mut first = [0; 16];
    loop {
        match round(broker, &first).await {
            // Rows before have just been deleted: to look at them once more would take time.
            Ok(Next::Now(row)) => first = row,
            Ok(Next::Later(wait)) => {
                first[..8].copy_from_slice(&(clock::now_ms() - LATEST).max(0).to_be_bytes());
                first[8..].fill(0);
                // Whoever came after the look at the table has left a note.
                _ = timeout(wait, broker.log.scheduled()).await;
            }
            Err(error) => {
                tracing::error!(error = &*error as &dyn std::error::Error, "delivering failed");
                sleep(AFTER_ERROR).await;
            }
        }
    }
}

/// Delivers what is due of the rows from `first` on.
async fn round(broker: &BrokerState, first: &[u8]) -> Result<Next, BoxError> {
    let now = clock::now_ms();
    let (mut due, mut next) = (Vec::new(), None);
    broker.log.storage().scan(StorageTable::Scheduled, first..&[0xff; 17], &mut |key, _| {
        let Some((time, place)) = split(key) else { return ControlFlow::Continue(()) };
        if time > now || due.len() == ROUND {
            next = Some((time, place));
            return ControlFlow::Break(());
        }
        due.push((time, place));
        ControlFlow::Continue(())
    })?;
    // They leave the table when they come to where they belong: each is delivered once.
    let (mut write, mut bytes) = (LogWrite::default(), 0);
    for (time, place) in due {
        if bytes > ROUND_BYTES {
            next = Some((time, place));
            break;
        }
        // If reading fails, all of them wait on.
        let record = broker.log.read(place)?;
        bytes += record.as_ref().map_or(0, Vec::len);
        match entry(broker, record) {
            Ok(entry) => write.push(entry),
            Err(error) => {
                tracing::error!(error = &*error as &dyn std::error::Error, "a message is lost");
            }
        }
        write = write.and_delete(StorageTable::Scheduled, due_key(time, place));
    }
    broker.log.write(write).await?;
    Ok(match next {
        Some((time, place)) if time <= now => Next::Now(due_key(time, place)),
        Some((time, _)) => {
            let wait = Duration::from_millis((time - clock::now_ms()).max(0) as u64);
            Next::Later(wait.min(LONG))
        }
        None => Next::Later(LONG),
    })
}

fn split(key: &[u8]) -> Option<(i64, CommitLogOffset)> {
    let (time, place) = key.split_first_chunk::<8>()?;
    Some((i64::from_be_bytes(*time), CommitLogOffset::from_key(place)?))
}

/// The message, where it belongs.
fn entry(broker: &BrokerState, record: Option<Vec<u8>>) -> Result<LogEntry, BoxError> {
    let record = record.ok_or("a message that waited is gone")?;
    let (message, _) = StoredMessage::decode(&record)?;
    let (topic, queue_id) = messages::destination(&message)?;
    let topic = broker.topics.find(topic)?;
    let message = StoredMessage { queue_id, ..message };
    messages::released(&topic, message, &delay::PROPERTIES)
}
