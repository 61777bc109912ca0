//! `GET_BROKER_RUNTIME_INFO`: the state of the broker, as texts by Java's names.
//!
//! There are no queues of thread pools here: requests are handled at once, or refused. Their sizes and
//! waits are 0, and their capacities those of the broker's limits.

mod store;
mod text;

use super::{answer, blocking};
use crate::state::BrokerState;
use rocketmq_tower::protocol::KVTable;
use rocketmq_tower::{Body, BoxError, MqVersion, State};
use rocketmq_tower_core::clock;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;
use text::runtime;

pub(super) async fn all(State(broker): State<Arc<BrokerState>>) -> Result<Body, BoxError> {
    blocking(move || {
        let mut table = BTreeMap::new();
        counts(&broker, &mut table);
        rates(&broker, &mut table);
        version(&mut table);
        store::add(&broker, &mut table)?;
        queues(&broker, &mut table);
        answer(&KVTable { table })
    })
    .await
}

type Table = BTreeMap<String, String>;

/// Adds a value by its name.
fn put(table: &mut Table, name: impl Into<String>, value: impl ToString) {
    table.insert(name.into(), value.to_string());
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
    let times = &puts.times;
    put(table, "putMessageDistributeTime", times.distribution());
    put(table, "putMessageEntireTimeMax", times.slowest_ms());
    put(table, "putLatency99", format!("{:.2}", times.percentile(0.99)));
    put(table, "putLatency999", format!("{:.2}", times.percentile(0.999)));
    put(table, "getMessageEntireTimeMax", statistics.slowest_read());
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

/// Adds the version, and whether the broker serves clients.
fn version(table: &mut Table) {
    put(table, "brokerVersion", MqVersion::CURRENT.as_i32());
    put(table, "brokerVersionDesc", format!("rocketmq-tower {}", env!("CARGO_PKG_VERSION")));
    put(table, "brokerActive", true);
    put(table, "startAcceptSendRequestTimeStamp", 0);
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
