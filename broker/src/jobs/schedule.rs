//! Delivers delayed messages when they are due.

use crate::log::{CommitLogOffset, LogEntry, LogWrite, due_key};
use crate::state::BrokerState;
use crate::storage::{Storage, StorageError, StorageTable};
use crate::topics::{TopicSettings, names};
use crate::{delay, messages};
use bytes::Bytes;
use rocketmq_tower::message::StoredMessage;
use rocketmq_tower::{Abort, BoxError, ResponseCode};
use std::ops::ControlFlow;
use std::time::Duration;
use tokio::time::sleep;

/// The maximum number of messages that are delivered at once, and of their bytes.
const ROUND: usize = 256;
const ROUND_BYTES: usize = 8 * 1024 * 1024;

/// The maximum wait for a message that is not due: the clock may step meanwhile.
const WAIT: Duration = Duration::from_secs(1);

/// The wait after an error of the store.
const AFTER_ERROR: Duration = Duration::from_secs(1);

/// The maximum of the binary exponent of the time after which a message that could not be delivered is
/// tried again: 1 s after the first try, then twice as long each time, at most 64 s. A message whose
/// topic does not exist after this number of tries is dropped.
const MAX_TRIES: u8 = 6;

/// The maximum time between reading the clock for a message and storing it, in ms: rows this far back
/// are searched again.
const LATEST: i64 = 60_000;

/// The result of a round.
enum Next {
    /// More messages are due, beginning with this row.
    Now([u8; 16]),
    /// No message is due. The first one is in this time, if there is one.
    Later(Option<Duration>),
}

/// Delivers messages, in a loop.
pub(crate) async fn run(broker: &BrokerState) {
    let mut start = ScanStart::default();
    loop {
        let (moved, now) = (broker.clock.moved(), broker.clock.now_ms());
        match round(broker, start.at(now), now).await {
            // The rows before it have just been deleted, and would slow down the next scan.
            Ok(Next::Now(row)) => start.row = row,
            Ok(Next::Later(wait)) => {
                start.row = due_key(now - LATEST, CommitLogOffset::default());
                // A message that was stored after the scan has left a notification.
                broker.clock.delivered(now);
                let wait = wait.map_or(Duration::MAX, |wait| wait.min(WAIT));
                tokio::select! {
                    () = broker.log.scheduled() => {}
                    () = moved => {}
                    () = sleep(wait) => {}
                }
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

/// The row with which a scan begins.
#[derive(Default)]
struct ScanStart {
    row: [u8; 16],
    /// The time of the last scan, in ms since 1970.
    last: i64,
}

impl ScanStart {
    /// Returns the first row of a scan at `now`. After the clock has stepped back, there can be messages
    /// in front of those that were delivered.
    fn at(&mut self, now: i64) -> [u8; 16] {
        if now < self.last {
            self.row = Default::default();
        }
        self.last = now;
        self.row
    }
}

/// Messages that are due, and the row after them.
#[derive(Default)]
struct DueMessages {
    /// The rows, and the records to which they point.
    messages: Vec<(DueRow, Result<Option<Bytes>, StorageError>)>,
    next: Option<(i64, CommitLogOffset)>,
}

/// A row of the table.
struct DueRow {
    time: i64,
    offset: CommitLogOffset,
    /// How often delivering the message has failed.
    tries: u8,
}

/// Delivers the messages that are due at `now`, beginning with the row `first`.
async fn round(broker: &BrokerState, first: [u8; 16], now: i64) -> Result<Next, BoxError> {
    // None of them is recalled meanwhile.
    let _turn = broker.delivery.write().await;
    // If reading fails, all of them stay in the table.
    let due = broker.log.read(false, move |storage| due(storage, first, now)).await?;
    // One write delivers them and deletes their rows, so that each is delivered once.
    let (mut write, mut timed, mut postponed, mut dropped) = (LogWrite::default(), 0, 0, 0);
    for (DueRow { time, offset, tries }, record) in due.messages {
        match entry(broker, record).await {
            Ok((entry, is_timed)) => {
                write.push(entry);
                timed += usize::from(is_timed);
            }
            Err(error) if is_lost(tries, &error) => dropped += 1,
            Err(error) => {
                // It must not hold up the others, and may be delivered later: its topic may come back.
                let again = due_key(now + (1000 << tries.min(MAX_TRIES)), offset);
                let tries = vec![tries.saturating_add(1)];
                write = write.and_put(StorageTable::Scheduled, again, tries);
                if postponed == 0 {
                    let error = &*error as &dyn std::error::Error;
                    let offset = offset.as_i64();
                    tracing::error!(error, offset, "a delayed message cannot be delivered now");
                }
                postponed += 1;
            }
        }
        write = write.and_delete(StorageTable::Scheduled, due_key(time, offset));
    }
    if postponed > 1 {
        tracing::error!(messages = postponed, "delayed messages cannot be delivered now");
    }
    if dropped > 0 {
        tracing::warn!(
            messages = dropped,
            "delayed messages were dropped: their topics are deleted"
        );
    }
    broker.log.write(write).await?;
    if timed > 0 {
        broker.statistics.timed.add(timed, 0);
    }
    Ok(match due.next {
        Some((time, offset)) if time <= now => Next::Now(due_key(time, offset)),
        Some((time, _)) => {
            let wait = Duration::from_millis((time - broker.clock.now_ms()).max(0) as u64);
            Next::Later(Some(wait))
        }
        None if postponed > 0 => Next::Later(Some(WAIT)),
        None => Next::Later(None),
    })
}

/// Reads the messages that are due at `now`, beginning with the row `first`.
fn due(storage: &dyn Storage, first: [u8; 16], now: i64) -> Result<DueMessages, StorageError> {
    let (mut due, mut rows) = (DueMessages::default(), Vec::new());
    storage.scan(StorageTable::Scheduled, &first[..]..&[0xff; 17], &mut |key, tries| {
        let Some((time, offset)) = split(key) else { return ControlFlow::Continue(()) };
        if time > now || rows.len() == ROUND {
            due.next = Some((time, offset));
            return ControlFlow::Break(());
        }
        rows.push(DueRow { time, offset, tries: tries.first().copied().unwrap_or(0) });
        ControlFlow::Continue(())
    })?;
    let mut bytes = 0;
    for row in rows {
        if bytes > ROUND_BYTES {
            due.next = Some((row.time, row.offset));
            break;
        }
        let record = storage.record(row.offset);
        bytes += record.as_ref().map_or(0, |record| record.as_ref().map_or(0, Bytes::len));
        due.messages.push((row, record));
    }
    Ok(due)
}

fn split(key: &[u8]) -> Option<(i64, CommitLogOffset)> {
    let (time, offset) = key.split_first_chunk::<8>()?;
    Some((i64::from_be_bytes(*time), CommitLogOffset::from_key(offset)?))
}

/// Returns whether a message is given up: its topic was deleted, and has not come back.
fn is_lost(tries: u8, error: &BoxError) -> bool {
    let abort = error.downcast_ref::<Abort>();
    let no_topic = abort.is_some_and(|abort| abort.code == ResponseCode::TOPIC_NOT_EXIST);
    tries >= MAX_TRIES && no_topic
}

/// Returns the message as an entry of the queue that it was sent to, and whether it has a delivery time of
/// its own.
async fn entry(
    broker: &BrokerState,
    record: Result<Option<Bytes>, StorageError>,
) -> Result<(LogEntry, bool), BoxError> {
    let record = record?.ok_or("a delayed message is missing in the store")?;
    let (message, _) = StoredMessage::decode(&record)?;
    let (topic, queue_id) = messages::destination(&message)?;
    let topic = match names::retried_group(topic) {
        // It may have expired meanwhile.
        Some(_) => broker.topics.ensure(topic, &TopicSettings::with_queues(1)).await?,
        None => broker.topics.find(topic)?,
    };
    let (message, is_timed) =
        (StoredMessage { queue_id, ..message }, message.topic == names::TIMED);
    Ok((messages::released(&topic, message, &delay::PROPERTIES)?, is_timed))
}

#[cfg(test)]
mod tests {
    use super::{MAX_TRIES, ScanStart, is_lost};
    use crate::refusal::refuse;
    use rocketmq_tower::ResponseCode;

    #[test]
    fn only_a_message_without_a_topic_is_given_up_after_some_tries() {
        let missing = refuse(ResponseCode::TOPIC_NOT_EXIST, "there is no topic T");
        assert!(is_lost(MAX_TRIES, &missing) && !is_lost(MAX_TRIES - 1, &missing));
        assert!(!is_lost(u8::MAX, &"the store failed".into()));
        assert!(!is_lost(u8::MAX, &refuse(ResponseCode::INVALID_PARAMETER, "no queue")));
    }

    #[test]
    fn after_the_clock_has_stepped_back_all_rows_are_searched() {
        let mut start = ScanStart::default();
        assert_eq!(start.at(7000), [0; 16]);
        start.row = [1; 16];
        assert_eq!([start.at(7000), start.at(9000)], [[1; 16]; 2]);
        assert_eq!(start.at(8999), [0; 16]);
        start.row = [2; 16];
        assert_eq!(start.at(9000), [2; 16]);
    }
}
