//! The state of the broker, as the exporter, the dashboard and mqadmin read it.

use super::body;
use crate::support::folder::Folder;
use crate::support::peer::Peer;
use crate::support::running::Running;
use rocketmq_tower::protocol::KVTable;
use rocketmq_tower::{RemotingCommand, RequestCode};
use rocketmq_tower_broker::Broker;
use std::collections::BTreeMap;

/// What the exporter parses as a whole number: it stops with an exception if one is missing.
const NUMBERS: [&str; 29] = [
    "bootTimestamp",
    "brokerVersion",
    "commitLogMaxOffset",
    "commitLogMinOffset",
    "dispatchBehindBytes",
    "dispatchMaxBuffer",
    "earliestMessageTimeStamp",
    "getMessageEntireTimeMax",
    "msgGetTotalTodayMorning",
    "msgGetTotalTodayNow",
    "msgGetTotalYesterdayMorning",
    "msgPutTotalTodayMorning",
    "msgPutTotalTodayNow",
    "msgPutTotalYesterdayMorning",
    "pageCacheLockTimeMills",
    "pullThreadPoolQueueCapacity",
    "pullThreadPoolQueueHeadWaitTimeMills",
    "pullThreadPoolQueueSize",
    "putMessageEntireTimeMax",
    "putMessageSizeTotal",
    "putMessageTimesTotal",
    "queryThreadPoolQueueCapacity",
    "queryThreadPoolQueueHeadWaitTimeMills",
    "queryThreadPoolQueueSize",
    "remainTransientStoreBufferNumbs",
    "sendThreadPoolQueueCapacity",
    "sendThreadPoolQueueHeadWaitTimeMills",
    "sendThreadPoolQueueSize",
    "startAcceptSendRequestTimeStamp",
];

/// The keys that it parses as numbers with a fraction.
const FRACTIONS: [&str; 5] = [
    "commitLogDiskRatio",
    "consumeQueueDiskRatio",
    "putLatency99",
    "putLatency999",
    "putMessageAverageSize",
];

/// The keys that it parses as three rates.
const RATES: [&str; 5] = ["putTps", "getFoundTps", "getMissTps", "getTotalTps", "getTransferedTps"];

/// The other keys that Apache's broker 5.5.0 has, that mqadmin reads, or the dashboard.
const OTHERS: [&str; 21] = [
    "EndTransactionQueueSize",
    "EndTransactionThreadPoolQueueCapacity",
    "ackThreadPoolQueueCapacity",
    "ackThreadPoolQueueHeadWaitTimeMills",
    "ackThreadPoolQueueSize",
    "brokerActive",
    "brokerVersionDesc",
    "commitLogDirCapacity",
    "getTransferredTps",
    "litePullThreadPoolQueueCapacity",
    "litePullThreadPoolQueueHeadWaitTimeMills",
    "litePullThreadPoolQueueSize",
    "putMessageDistributeTime",
    "putMessageFailedTimes",
    "remainHowManyDataToFlush",
    "runtime",
    "timerCongestNum",
    "timerDequeueTps",
    "timerEnqueueTps",
    "timerOffsetBehind",
    "timerReadBehind",
];

async fn info(client: &Peer) -> BTreeMap<String, String> {
    let request = RemotingCommand::request(RequestCode::GET_BROKER_RUNTIME_INFO);
    body::<KVTable>(client, request).await.table
}

/// Reads the numbers as the exporter does.
fn check(info: &BTreeMap<String, String>) {
    for name in NUMBERS {
        assert!(info[name].parse::<i64>().is_ok(), "{name} {}", info[name]);
    }
    for name in FRACTIONS {
        assert!(info[name].parse::<f64>().is_ok(), "{name} {}", info[name]);
    }
    for name in RATES {
        let rates = info[name].split(' ').map(|rate| rate.parse::<f64>().unwrap());
        assert_eq!(rates.count(), 3, "{name} {}", info[name]);
    }
    OTHERS.iter().for_each(|name| assert!(info.contains_key(*name), "{name}"));
    let counts = info["putMessageDistributeTime"].trim_end().split(' ').map(|part| {
        let (name, count) = part.split_once(':').unwrap();
        assert!(name.starts_with('[') && name.ends_with(']'), "{name}");
        count.parse::<i32>().unwrap()
    });
    assert_eq!(counts.count(), 13);
    let rest = info["remainHowManyDataToFlush"].split(' ').collect::<Vec<_>>();
    assert!(rest[0].parse::<f64>().is_ok() && rest[1].ends_with('B'), "{rest:?}");
    capacity(info);
}

/// Returns the total and the free space.
fn capacity(info: &BTreeMap<String, String>) -> [f64; 2] {
    let words: Vec<_> = info["commitLogDirCapacity"].split(' ').collect();
    let [total, of_total, free, of_free] = [words[2], words[3], words[6], words[7]];
    assert_eq!(words.len(), 8, "{words:?}");
    assert!(of_total.ends_with("B,") && of_free.ends_with("B."), "{words:?}");
    [total, free].map(|number| number.parse().unwrap())
}

#[tokio::test]
async fn the_exporter_finds_all_numbers_that_it_reads() {
    let folder = Folder::new();
    let on_disk = Running::start(Broker::builder().data_dir(folder.path()).topic("T", 1)).await;
    let client = on_disk.client().await;
    let before = info(&client).await;
    check(&before);
    assert_eq!(before["earliestMessageTimeStamp"], "-1");
    client.send("T", 0, "m").await;
    client.send("T", 0, "n").await;
    let after = info(&client).await;
    check(&after);
    let first = client.all("T", 0).await[0].store_timestamp;
    assert_eq!(after["earliestMessageTimeStamp"], first.to_string());
    assert_eq!(after["msgPutTotalTodayNow"], "2");
    // As on a Unix system.
    let [total, free] = capacity(&after);
    assert_eq!((total > 0.0, free > 0.0), (cfg!(unix), cfg!(unix)));
    let ratio = after["commitLogDiskRatio"].parse::<f64>().unwrap();
    assert_eq!((0.0..=1.0).contains(&ratio), cfg!(unix), "{ratio}");
    let of_log = format!("commitLogDiskRatio_{}", folder.path().join("log").display());
    assert_eq!(after[&of_log], after["commitLogDiskRatio"]);
    on_disk.end().await;
}

#[tokio::test]
async fn a_store_in_memory_has_no_disk() {
    let running = Running::start(Broker::builder().topic("T", 1)).await;
    let client = running.client().await;
    client.send("T", 0, "m").await;
    let info = info(&client).await;
    check(&info);
    assert_eq!(info["commitLogDirCapacity"], "Total : 0 B, Free : 0 B.");
    assert_eq!([&info["commitLogDiskRatio"], &info["consumeQueueDiskRatio"]], ["-1.0"; 2]);
    assert_ne!(info["earliestMessageTimeStamp"], "-1");
    running.end().await;
}
