//! `GET_BROKER_RUNTIME_INFO`: the state of the broker, as texts by Java's names.
//!
//! There are no queues of thread pools here: requests are handled at once, or refused. Their sizes and
//! waits are 0, and their capacities those of the broker's limits. -1 stands for a value that it does
//! not know.

use super::{answer, blocking};
use crate::state::BrokerState;
use rocketmq_tower::protocol::KVTable;
use rocketmq_tower::{Body, BoxError, MqVersion, State};
use rocketmq_tower_core::clock;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;

pub(super) async fn all(State(broker): State<Arc<BrokerState>>) -> Result<Body, BoxError> {
    blocking(move || {
        let mut table = BTreeMap::new();
        counts(&broker, &mut table);
        rates(&broker, &mut table);
        store(&broker, &mut table);
        queues(&broker, &mut table);
        let table = table.into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
        answer(&KVTable { table })
    })
    .await
}

type Table = BTreeMap<&'static str, String>;

/// Adds a value by its name.
fn put(table: &mut Table, name: &'static str, value: impl ToString) {
    table.insert(name, value.to_string());
}

/// Adds the counts of messages since the start.
fn counts(broker: &BrokerState, table: &mut Table) {
    let (statistics, mornings) = (&broker.statistics, broker.statistics.mornings());
    let puts = &statistics.puts;
    let [put_now, got_now] = statistics.of_applications();
    put(table, "msgPutTotalYesterdayMorning", mornings.yesterday[0]);
    put(table, "msgPutTotalTodayMorning", mornings.today[0]);
    put(table, "msgPutTotalTodayNow", put_now);
    put(table, "msgGetTotalYesterdayMorning", mornings.yesterday[1]);
    put(table, "msgGetTotalTodayMorning", mornings.today[1]);
    put(table, "msgGetTotalTodayNow", got_now);
    // As in Java, at least 1, since it is divided by.
    let times = puts.all.times().max(1);
    put(table, "putMessageTimesTotal", times);
    put(table, "putMessageFailedTimes", puts.failed.load(Relaxed));
    put(table, "putMessageSizeTotal", puts.all.bytes());
    put(table, "putMessageAverageSize", puts.all.bytes() as f64 / times as f64);
    put(table, "putMessageDistributeTime", puts.distribution());
    put(table, "putMessageEntireTimeMax", puts.slowest_ms());
    put(table, "getMessageEntireTimeMax", -1);
}

/// Adds the rates over 10 s, a minute and 10 minutes, and the time since the start.
fn rates(broker: &BrokerState, table: &mut Table) {
    let (statistics, now) = (&broker.statistics, clock::now_ms());
    put(table, "putTps", statistics.rates(now, |totals| totals.puts));
    put(table, "getFoundTps", statistics.rates(now, |totals| totals.found));
    put(table, "getMissTps", statistics.rates(now, |totals| totals.missed));
    put(table, "getTotalTps", statistics.rates(now, |totals| totals.found + totals.missed));
    let transferred = statistics.rates(now, |totals| totals.transferred);
    // The name in versions before 5, and since.
    put(table, "getTransferedTps", &transferred);
    put(table, "getTransferredTps", transferred);
    put(table, "bootTimestamp", statistics.started);
    put(table, "runtime", runtime(now - statistics.started));
}

/// Adds the version, and the state of the log.
fn store(broker: &BrokerState, table: &mut Table) {
    put(table, "brokerVersion", MqVersion::CURRENT.as_i32());
    put(table, "brokerVersionDesc", format!("rocketmq-tower {}", env!("CARGO_PKG_VERSION")));
    put(table, "brokerActive", true);
    put(table, "startAcceptSendRequestTimeStamp", 0);
    let bounds = broker.log.storage().log_bounds();
    put(table, "commitLogMinOffset", bounds.start);
    put(table, "commitLogMaxOffset", bounds.end);
    put(table, "commitLogSize", readable(bounds.end - bounds.start));
    put(table, "remainHowManyDataToFlush", readable(broker.log.pending_bytes() as u64));
    put(table, "remainTransientStoreBufferNumbs", i32::MAX);
    put(table, "dispatchBehindBytes", 0);
    put(table, "dispatchMaxBuffer", 0);
    put(table, "pageCacheLockTimeMills", 0);
    for unknown in ["commitLogDiskRatio", "consumeQueueDiskRatio", "earliestMessageTimeStamp"] {
        put(table, unknown, -1);
    }
    let waiting = broker.topics.get(crate::topics::names::TIMED);
    let waiting = waiting.and_then(|topic| Some(topic.puts()?.item.messages())).unwrap_or(0);
    put(table, "timerEnqueueTotal", waiting);
    for none in ["timerReadBehind", "timerOffsetBehind", "timerCongestNum"] {
        put(table, none, 0);
    }
}

fn queues(broker: &BrokerState, table: &mut Table) {
    const SIZES: [&str; 6] = [
        "sendThreadPoolQueueSize",
        "pullThreadPoolQueueSize",
        "litePullThreadPoolQueueSize",
        "queryThreadPoolQueueSize",
        "ackThreadPoolQueueSize",
        "EndTransactionQueueSize",
    ];
    const WAITS: [&str; 5] = [
        "sendThreadPoolQueueHeadWaitTimeMills",
        "pullThreadPoolQueueHeadWaitTimeMills",
        "litePullThreadPoolQueueHeadWaitTimeMills",
        "queryThreadPoolQueueHeadWaitTimeMills",
        "ackThreadPoolQueueHeadWaitTimeMills",
    ];
    for name in SIZES.into_iter().chain(WAITS) {
        put(table, name, 0);
    }
    let sends = broker.settings.options.max_sends;
    put(table, "sendThreadPoolQueueCapacity", sends);
    put(table, "EndTransactionThreadPoolQueueCapacity", sends);
    for pulls in ["pullThreadPoolQueueCapacity", "litePullThreadPoolQueueCapacity"] {
        put(table, pulls, crate::answers::WAITING.total / crate::answers::WAITING_PULL);
    }
    put(table, "queryThreadPoolQueueCapacity", 1000);
    put(table, "ackThreadPoolQueueCapacity", 0);
}

/// Returns a time as Java writes it.
fn runtime(ms: i64) -> String {
    let seconds = ms.max(0) / 1000;
    let (days, hours) = (seconds / 86_400, seconds / 3600 % 24);
    let (minutes, seconds) = (seconds / 60 % 60, seconds % 60);
    format!("[ {days} days, {hours} hours, {minutes} minutes, {seconds} seconds ]")
}

/// Returns a number of bytes as Java writes it.
fn readable(bytes: u64) -> String {
    const UNITS: [&str; 6] = ["KiB", "MiB", "GiB", "TiB", "PiB", "EiB"];

    if bytes < 1024 {
        return format!("{bytes} B");
    }
    let mut value = bytes as f64 / 1024.0;
    let mut units = UNITS.into_iter();
    let mut unit = units.next().unwrap_or_default();
    for next in units {
        if value < 1024.0 {
            break;
        }
        (value, unit) = (value / 1024.0, next);
    }
    format!("{value:.1} {unit}")
}

#[cfg(test)]
mod tests {
    use super::{readable, runtime};

    #[test]
    fn times_and_sizes_are_written_as_in_java() {
        assert_eq!(runtime(90_061_000), "[ 1 days, 1 hours, 1 minutes, 1 seconds ]");
        let sizes = [0, 1023, 1024, 1536, 1 << 30, u64::MAX].map(readable);
        assert_eq!(sizes, ["0 B", "1023 B", "1.0 KiB", "1.5 KiB", "1.0 GiB", "16.0 EiB"]);
    }
}
