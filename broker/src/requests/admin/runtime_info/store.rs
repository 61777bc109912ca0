//! The state of the store: the log, the disk, and messages that wait.

use super::text::readable;
use super::{Table, put};
use crate::config::StoreConfig;
use crate::delay;
use crate::disk_space::DiskSpace;
use crate::requests::offsets::by_time;
use crate::state::BrokerState;
use crate::statistics::Span;
use crate::topics::names;
use rocketmq_tower::BoxError;
use std::path::Path;

/// Adds all of it. For threads that may block.
pub(super) fn add(broker: &BrokerState, table: &mut Table) -> Result<(), BoxError> {
    log(broker, table)?;
    match &broker.settings.options.store {
        StoreConfig::Folder(folder) => disk(folder, table),
        StoreConfig::Memory => disk(Path::new(""), table),
    }
    scheduled(broker, table)?;
    timed(broker, table);
    Ok(())
}

fn log(broker: &BrokerState, table: &mut Table) -> Result<(), BoxError> {
    let storage = broker.log.storage();
    let bounds = storage.log_bounds();
    put(table, "commitLogMinOffset", bounds.start);
    put(table, "commitLogMaxOffset", bounds.end);
    put(table, "commitLogSize", readable(bounds.end - bounds.start));
    put(table, "remainHowManyDataToFlush", readable(broker.log.pending_bytes() as u64));
    put(table, "remainTransientStoreBufferNumbs", i32::MAX);
    put(table, "dispatchBehindBytes", 0);
    put(table, "dispatchMaxBuffer", 0);
    put(table, "pageCacheLockTimeMills", 0);
    put(table, "earliestMessageTimeStamp", storage.first_time()?.unwrap_or(-1));
    Ok(())
}

/// Adds the size of the disk, and how full it is. A store in memory has none: its size is 0, and the ratio
/// is -1, as in Java for a folder that does not exist. The keys are there, as the exporter fails without.
fn disk(folder: &Path, table: &mut Table) {
    let (total, free) = DiskSpace::of(folder).map_or((0, 0), |disk| (disk.total, disk.free));
    let capacity = format!("Total : {}, Free : {}.", readable(total), readable(free));
    put(table, "commitLogDirCapacity", capacity);
    let ratio = |of: &Path| DiskSpace::of(of).map_or(-1.0, DiskSpace::ratio);
    let log = folder.join("log");
    let of_log = number(ratio(&log));
    if log.exists() {
        put(table, format!("commitLogDiskRatio_{}", log.display()), &of_log);
    }
    put(table, "commitLogDiskRatio", of_log);
    put(table, "consumeQueueDiskRatio", number(ratio(&folder.join("index"))));
}

/// Adds for each level of delays, if messages have ever waited there, the offsets up to which they are
/// delivered and stored.
fn scheduled(broker: &BrokerState, table: &mut Table) -> Result<(), BoxError> {
    let Some(topic) = broker.topics.get(names::SCHEDULED) else { return Ok(()) };
    let (storage, delivered) = (broker.log.storage(), broker.clock.delivered_until());
    for (level, queue_id, delay) in delay::levels() {
        let Some(queue) = topic.queue(queue_id).filter(|queue| queue.max() > 0) else { continue };
        let (offsets, stored) = (queue.min()..queue.max(), delivered - delay + 1);
        let end = offsets.end;
        let offset = by_time(storage, queue.number(), offsets, stored, false)?;
        put(table, format!("scheduleMessageOffset_{level}"), format!("{offset},{end}"));
    }
    Ok(())
}

/// Adds the messages with a delivery time. All of them are found in time, so that none is behind.
fn timed(broker: &BrokerState, table: &mut Table) {
    let topic = broker.topics.get(names::TIMED);
    let puts = topic.as_ref().and_then(|topic| topic.puts());
    put(table, "timerEnqueueTotal", puts.map_or(0, |puts| puts.item.messages()));
    let stored = puts.map_or(0.0, |puts| puts.item.messages_in(Span::Minute).rate);
    put(table, "timerEnqueueTps", number(stored));
    put(table, "timerDequeueTps", number(broker.statistics.timed.messages_in(Span::Minute).rate));
    for none in ["timerReadBehind", "timerOffsetBehind", "timerCongestNum"] {
        put(table, none, 0);
    }
}

/// Returns a number as Java writes it, with a fraction.
fn number(value: f64) -> String {
    format!("{value:?}")
}
