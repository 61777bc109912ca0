//! Delivers popped messages again that were not acknowledged in time: each becomes a message of the retry
//! topic of its group and topic.

use crate::log::{LogEntry, LogWrite, Visibility};
use crate::messages;
use crate::pop::DueBatch;
use crate::state::BrokerState;
use crate::storage::{Reads, Storage, StorageError, StorageTable};
use crate::topics::{Topic, TopicSettings, names};
use bytes::Bytes;
use rocketmq_tower::BoxError;
use rocketmq_tower::message::{PropertiesBuf, StoredMessage, property};
use std::time::Duration;
use tokio::time::sleep;

/// The maximum number of messages that are delivered at once, about, and of their bytes.
const ROUND: usize = 256;
const ROUND_BYTES: usize = 8 * 1024 * 1024;

/// The maximum wait for a message that is not due: the clock may step meanwhile.
const WAIT: Duration = Duration::from_secs(1);

/// Delivers them, in a loop.
pub(crate) async fn run(broker: &BrokerState) {
    loop {
        let (moved, now) = (broker.clock.moved(), broker.clock.now_ms());
        let mut work = broker.pops.take_due(now, ROUND);
        let rows = std::mem::take(&mut work.rows);
        deliver(broker, work.batches, LogWrite::rows(rows)).await;
        if work.next.is_none_or(|next| next > now) {
            broker.clock.revived(now);
        }
        let wait = work.next.map_or(Duration::MAX, |at| {
            Duration::from_millis((at - broker.clock.now_ms()).max(0) as u64).min(WAIT)
        });
        tokio::select! {
            () = broker.pops.due_earlier() => {}
            () = moved => {}
            () = sleep(wait) => {}
        }
    }
}

/// Delivers batches with one write, which deletes their rows.
async fn deliver(broker: &BrokerState, due: Vec<DueBatch>, mut write: LogWrite) {
    let read = broker.log.read(false, move |storage| Ok(read(storage, due))).await;
    // The writer has ended, and so does the broker.
    let Ok(batches) = read else { return };
    let (now, mut delivered, mut postponed) = (broker.clock.now_ms(), Vec::new(), 0);
    for (batch, records) in batches {
        let entries = match records {
            Ok(records) => entries(broker, &batch, &records).await,
            Err(error) => Err(error),
        };
        match entries {
            Ok(entries) => {
                entries.into_iter().for_each(|entry| write.push(entry));
                write = write.and_delete(StorageTable::Popped, batch.row());
                delivered.push(batch);
            }
            Err(error) => {
                // It must not hold up the others.
                broker.pops.postpone(&batch, now);
                if postponed == 0 {
                    let error = &*error as &dyn std::error::Error;
                    tracing::error!(error, group = &*batch.group, "popped messages stay invisible");
                }
                postponed += 1;
            }
        }
    }
    match broker.log.write(write).await {
        Ok(_) => delivered.iter().for_each(|batch| broker.pops.revived(batch)),
        Err(error) => {
            tracing::error!(
                error = &error as &dyn std::error::Error,
                "delivering popped messages again failed"
            );
            delivered.iter().for_each(|batch| broker.pops.postpone(batch, now));
        }
    }
}

/// The records of a batch's messages that are still there.
type Records = Result<Vec<Bytes>, BoxError>;

fn read(storage: &dyn Storage, due: Vec<DueBatch>) -> Vec<(DueBatch, Records)> {
    let mut bytes = 0;
    let read = |batch: DueBatch| {
        if bytes > ROUND_BYTES {
            return (batch, Err("very many bytes are due at a time".into()));
        }
        let records = records(storage, &batch);
        bytes += records.iter().flatten().map(Bytes::len).sum::<usize>();
        (batch, records.map_err(BoxError::from))
    };
    due.into_iter().map(read).collect()
}

fn records(storage: &dyn Storage, batch: &DueBatch) -> Result<Vec<Bytes>, StorageError> {
    let (mut records, mut entry) = (Vec::new(), Vec::new());
    for &offset in &batch.offsets {
        entry.clear();
        let offsets = offset..offset.saturating_add(1);
        storage.entries(batch.queue, offsets, Reads::All, &mut entry)?;
        // One that was deleted, as it is old, is gone.
        if let Some(entry) = entry.first() {
            records.extend(storage.record(entry.at)?);
        }
    }
    Ok(records)
}

/// Returns the messages of a batch as entries of the retry topic. Those of a topic that was deleted are gone.
async fn entries(
    broker: &BrokerState,
    batch: &DueBatch,
    records: &[Bytes],
) -> Result<Vec<LogEntry>, BoxError> {
    let mut entries = Vec::with_capacity(records.len());
    for record in records {
        let (message, _) = StoredMessage::decode(record)?;
        let topic = broker.topics.get(message.topic);
        let queue = topic.as_ref().and_then(|topic| topic.queue(message.queue_id));
        if queue.is_none_or(|queue| queue.number() != batch.queue) {
            continue;
        }
        let name = names::pop_retry(&batch.group, message.topic);
        let topic = broker.topics.ensure(&name, &TopicSettings::with_queues(1)).await?;
        entries.push(entry(broker, batch, &topic, message)?);
    }
    Ok(entries)
}

fn entry(
    broker: &BrokerState,
    batch: &DueBatch,
    topic: &Topic,
    message: StoredMessage<'_>,
) -> Result<LogEntry, BoxError> {
    let mut properties = PropertiesBuf::from(message.properties);
    let is_first =
        message.reconsume_times == 0 || message.properties.get(property::FIRST_POP_TIME).is_none();
    if is_first {
        properties.set(property::FIRST_POP_TIME, &batch.key.pop_time.to_string());
    }
    properties.set(property::ORIGIN_GROUP, &batch.group);
    let again = StoredMessage {
        queue_id: 0,
        reconsume_times: message.reconsume_times.saturating_add(i32::from(!batch.suspended)),
        born_host: broker.identity.stored,
        store_host: broker.identity.stored,
        prepared_transaction_offset: 0,
        topic: &topic.name,
        properties: properties.as_properties(),
        ..message
    };
    // If there is no room for more properties, it goes without them.
    messages::entry(topic, &again, Visibility::Visible).or_else(|_| {
        let plain = StoredMessage { properties: message.properties, ..again.clone() };
        messages::entry(topic, &plain, Visibility::Visible)
    })
}
