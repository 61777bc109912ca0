//! Delivers delayed messages when they are due.

use crate::log::{CommitLogOffset, LogEntry, LogWrite, due_key};
use crate::state::BrokerState;
use crate::storage::{Storage, StorageError, StorageTable};
use crate::{delay, messages};
use bytes::Bytes;
use rocketmq_tower::BoxError;
use rocketmq_tower::message::StoredMessage;
use rocketmq_tower_core::clock;
use std::ops::ControlFlow;
use std::time::Duration;
use tokio::time::{sleep, timeout};

/// The maximum number of messages that are delivered at once, and of their bytes.
const ROUND: usize = 256;
const ROUND_BYTES: usize = 8 * 1024 * 1024;

/// The wait if no message is known, and after an error.
const LONG: Duration = Duration::from_secs(60);
const AFTER_ERROR: Duration = Duration::from_secs(1);

/// The maximum time between reading the clock for a message and storing it, in ms: rows this far back
/// are searched again.
const LATEST: i64 = 60_000;

/// The result of a round.
enum Next {
    /// More messages are due, beginning with this row.
    Now([u8; 16]),
    /// No known message is due for this time.
    Later(Duration),
}

/// Delivers messages, in a loop.
pub(crate) async fn run(broker: &BrokerState) {
    let mut first = [0; 16];
    loop {
        match round(broker, first).await {
            // The rows before it have just been deleted, and would slow down the next scan.
            Ok(Next::Now(row)) => first = row,
            Ok(Next::Later(wait)) => {
                first[..8].copy_from_slice(&(clock::now_ms() - LATEST).max(0).to_be_bytes());
                first[8..].fill(0);
                // A message that was stored after the scan has left a notification.
                _ = timeout(wait, broker.log.scheduled()).await;
            }
            Err(error) => {
                tracing::error!(
                    error = &*error as &dyn std::error::Error,
                    "delivering delayed messages failed"
                );
                sleep(AFTER_ERROR).await;
            }
        }
    }
}

/// Messages that are due, and the row after them.
#[derive(Default)]
struct DueMessages {
    /// The rows and the records they point to, which may be missing.
    messages: Vec<([u8; 16], Option<Bytes>)>,
    next: Option<(i64, CommitLogOffset)>,
}

/// Delivers the messages that are due, beginning with the row `first`.
async fn round(broker: &BrokerState, first: [u8; 16]) -> Result<Next, BoxError> {
    let now = clock::now_ms();
    // If reading fails, all of them stay in the table.
    let due = broker.log.read(false, move |storage| due(storage, first, now)).await?;
    // One write delivers them and deletes their rows, so that each is delivered once.
    let mut write = LogWrite::default();
    for (row, record) in due.messages {
        match entry(broker, record) {
            Ok(entry) => write.push(entry),
            Err(error) => {
                tracing::error!(
                    error = &*error as &dyn std::error::Error,
                    "a delayed message is lost"
                );
            }
        }
        write = write.and_delete(StorageTable::Scheduled, row);
    }
    broker.log.write(write).await?;
    Ok(match due.next {
        Some((time, offset)) if time <= now => Next::Now(due_key(time, offset)),
        Some((time, _)) => {
            let wait = Duration::from_millis((time - clock::now_ms()).max(0) as u64);
            Next::Later(wait.min(LONG))
        }
        None => Next::Later(LONG),
    })
}

/// Reads the messages that are due at `now`, beginning with the row `first`.
fn due(storage: &dyn Storage, first: [u8; 16], now: i64) -> Result<DueMessages, StorageError> {
    let (mut due, mut rows) = (DueMessages::default(), Vec::new());
    storage.scan(StorageTable::Scheduled, &first[..]..&[0xff; 17], &mut |key, _| {
        let Some((time, offset)) = split(key) else { return ControlFlow::Continue(()) };
        if time > now || rows.len() == ROUND {
            due.next = Some((time, offset));
            return ControlFlow::Break(());
        }
        rows.push((time, offset));
        ControlFlow::Continue(())
    })?;
    let mut bytes = 0;
    for (time, offset) in rows {
        if bytes > ROUND_BYTES {
            due.next = Some((time, offset));
            break;
        }
        let record = storage.record(offset)?;
        bytes += record.as_ref().map_or(0, Bytes::len);
        due.messages.push((due_key(time, offset), record));
    }
    Ok(due)
}

fn split(key: &[u8]) -> Option<(i64, CommitLogOffset)> {
    let (time, offset) = key.split_first_chunk::<8>()?;
    Some((i64::from_be_bytes(*time), CommitLogOffset::from_key(offset)?))
}

/// Returns the message as an entry of the queue that it was sent to.
fn entry(broker: &BrokerState, record: Option<Bytes>) -> Result<LogEntry, BoxError> {
    let record = record.ok_or("a delayed message is missing in the store")?;
    let (message, _) = StoredMessage::decode(&record)?;
    let (topic, queue_id) = messages::destination(&message)?;
    let topic = broker.topics.find(topic)?;
    let message = StoredMessage { queue_id, ..message };
    messages::released(&topic, message, &delay::PROPERTIES)
}
