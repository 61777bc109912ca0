//! A store that fails for a while, and the end of the log.

use super::bare::BareBroker;
use super::faulty::Faulty;
use super::peer::{bodies, message};
use super::requests::{Pull, Sent, request};
use super::soon;
use crate::Flush;
use crate::config::BrokerConfig;
use crate::log::{LogError, LogWrite};
use crate::offsets::{OffsetLimits, Offsets};
use crate::storage::{Storage, StorageBatch, StorageTable};
use crate::topics::{TopicSettings, Topics};
use crate::transactions::TransactionChecks;
use rocketmq_tower::message::{SendHeader, sys_flag};
use rocketmq_tower::{RemotingCommand, RequestCode, ResponseCode};
use std::collections::BTreeSet;
use std::ops::ControlFlow;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

async fn start() -> (Arc<Faulty>, BareBroker) {
    let storage = Arc::new(Faulty::default());
    let bare = BareBroker::start(storage.clone()).await;
    (storage, bare)
}

/// Returns the keys of a table.
fn keys(storage: &impl Storage, table: StorageTable) -> BTreeSet<Vec<u8>> {
    let mut keys = BTreeSet::new();
    let visit = &mut |key: &[u8], _: &[u8]| {
        keys.insert(key.to_vec());
        ControlFlow::Continue(())
    };
    storage.scan(table, b""..b"\xff", visit).unwrap();
    keys
}

/// Returns the keys of the table `Config`.
fn configured(storage: &impl Storage) -> BTreeSet<String> {
    let keys = keys(storage, StorageTable::Config).into_iter();
    keys.map(|key| String::from_utf8(key).unwrap()).collect()
}

#[tokio::test]
async fn a_send_that_cannot_be_stored_fails_and_takes_no_offset() {
    let (storage, bare) = start().await;
    let client = bare.client().await;
    client.send("T", 0, "first").await;
    storage.fail_to_write(true);
    for queue in [0, 1] {
        let refused = client.refusal(message("T", queue, &[], "lost")).await;
        assert_eq!(refused.0, ResponseCode::SYSTEM_ERROR);
        assert!(refused.1.contains("the store failed"), "{}", refused.1);
    }
    assert_eq!(client.max("T", 0).await, 1);
    storage.fail_to_write(false);
    let second = client.send("T", 0, "second").await;
    assert_eq!(second.queue_offset, 1);
    assert_eq!(bodies(&client.pull(&Pull::new("T", 0)).await), ["first", "second"]);
    assert_eq!(client.send("T", 1, "other").await.queue_offset, 0);
}

#[tokio::test]
async fn a_topic_that_cannot_be_stored_does_not_exist_and_takes_no_queues() {
    let (storage, bare) = start().await;
    let client = bare.client().await;
    storage.fail_to_write(true);
    let refused = client.refusal(SendHeader::new("producers", "T", 0).request()).await;
    assert_eq!(refused.0, ResponseCode::SYSTEM_ERROR);
    assert!(bare.state.topics.get("T").is_none());
    storage.fail_to_write(false);
    for topic in ["U", "T"] {
        client.send(topic, 0, topic).await;
    }
    for topic in ["U", "T"] {
        assert_eq!(bodies(&client.pull(&Pull::new(topic, 0)).await), [topic]);
    }
}

#[tokio::test]
async fn a_new_topic_never_has_the_messages_of_one_that_was_lost() {
    let (_, bare) = start().await;
    let client = bare.client().await;
    client.send("Lost", 3, "lost").await;
    let mut rows = StorageBatch::default();
    let visit = &mut |key: &[u8], _: &[u8]| {
        rows.delete(StorageTable::Topics, key);
        ControlFlow::Continue(())
    };
    bare.state.log.storage().scan(StorageTable::Topics, b""..b"\xff", visit).unwrap();
    bare.state.log.write(LogWrite::rows(rows)).await.unwrap();
    let topics = Topics::open(Arc::clone(&bare.state.log), &bare.state.identity).await.unwrap();
    let new = topics.ensure("New", &TopicSettings::with_queues(8)).await.unwrap();
    assert!(new.queues().iter().all(|queue| {
        let bounds = bare.state.log.storage().bounds(queue.number()).unwrap();
        bounds == (0..0)
    }));
}

#[tokio::test]
async fn a_commit_is_stored_after_one_that_failed() {
    let (storage, bare) = start().await;
    let client = bare.client().await;
    client.send("T", 0, "m").await;
    let fields = [("consumerGroup", "g"), ("topic", "T"), ("queueId", "0"), ("commitOffset", "1")];
    let commit = request(RequestCode::UPDATE_CONSUMER_OFFSET, &fields);
    storage.fail_to_write(true);
    assert_eq!(client.refusal(commit.clone()).await.0, ResponseCode::SYSTEM_ERROR);
    storage.fail_to_write(false);
    client.get(commit).await;
    let stored = Offsets::open(Arc::clone(&bare.state.log), OffsetLimits::DEFAULT).unwrap();
    assert_eq!(stored.get("g", "T", 0), Some(1));
}

#[tokio::test]
async fn a_commit_without_room_is_refused_and_a_pull_that_commits_goes_on() {
    let offsets = OffsetLimits { pairs: 1, ..OffsetLimits::DEFAULT };
    let config = BrokerConfig { offsets, ..BrokerConfig::default() };
    let bare = BareBroker::with(Arc::new(Faulty::default()), &config).await;
    let client = bare.client().await;
    client.send("T", 0, "m").await;
    let commit = |group| {
        let fields =
            [("consumerGroup", group), ("topic", "T"), ("queueId", "0"), ("commitOffset", "1")];
        request(RequestCode::UPDATE_CONSUMER_OFFSET, &fields)
    };
    client.get(commit("g")).await;
    let refused = client.refusal(commit("h")).await;
    assert_eq!(refused.0, ResponseCode::SYSTEM_BUSY, "{}", refused.1);
    client.get(commit("g")).await;
    assert_eq!(bodies(&client.pull(&Pull::new("T", 0).commits(1)).await), ["m"]);
    assert_eq!(bare.state.offsets.get("consumers", "T", 0), None);
}

#[tokio::test]
async fn a_delayed_message_that_cannot_be_read_for_a_while_is_delivered_later() {
    let (storage, bare) = start().await;
    let client = bare.client().await;
    client.send("T", 0, "first").await;
    storage.fail_to_read(true);
    client.send_with("T", 0, &[("TIMER_DELAY_MS", "50")], "delayed").await;
    soon(storage.failed.notified()).await;
    storage.fail_to_read(false);
    let response = client.pull(&Pull::new("T", 0).at(1).waits(5_000)).await;
    assert_eq!(bodies(&response), ["delayed"]);
}

#[tokio::test]
async fn nothing_is_written_while_no_delayed_message_is_due() {
    let (storage, bare) = start().await;
    let client = bare.client().await;
    // Searches for due messages at the start, when the message is stored, and when it is due.
    client.send_with("T", 0, &[("TIMER_DELAY_MS", "50")], "delayed").await;
    let response = client.pull(&Pull::new("T", 0).waits(5_000)).await;
    assert_eq!(bodies(&response), ["delayed"]);
    assert_eq!(storage.empty_writes.load(Ordering::SeqCst), 0);
}

/// Returns a request to commit the transaction of a message.
fn commit(group: &str, half: &Sent) -> RemotingCommand {
    let fields = [
        ("producerGroup", group),
        ("tranStateTableOffset", "0"),
        ("commitLogOffset", &half.commit_log_offset().to_string()),
        ("commitOrRollback", &sys_flag::COMMIT.to_string()),
        ("fromTransactionCheck", "false"),
        ("msgId", "1"),
    ];
    request(RequestCode::END_TRANSACTION, &fields)
}

#[tokio::test]
async fn a_stranger_does_not_hide_a_transaction_from_its_owner() {
    let (storage, bare) = start().await;
    let (owner, stranger) = (bare.client().await, bare.client().await);
    let properties = [("TRAN_MSG", "true"), ("PGROUP", "owners")];
    let half = owner.send_with("T", 0, &properties, "whole").await;
    storage.hold_reads(true);
    let refused = stranger.refusal(commit("strangers", &half));
    let committed = async {
        soon(storage.read_is_held()).await;
        let release = async {
            // The owner's request, too, has found the transaction.
            soon(storage.read_is_held()).await;
            storage.hold_reads(false);
        };
        tokio::join!(owner.get(commit("owners", &half)), release).0
    };
    let (refused, _) = tokio::join!(refused, committed);
    assert!(refused.1.contains("strangers"), "{}", refused.1);
    assert_eq!(bodies(&owner.pull(&Pull::new("T", 0)).await), ["whole"]);
}

#[tokio::test]
async fn a_transaction_that_cannot_be_dropped_for_a_while_is_dropped_later() {
    let storage = Arc::new(Faulty::default());
    let transaction_checks = TransactionChecks { first: Duration::ZERO, interval: Duration::ZERO };
    // Without a thread that writes, for which paused time would not wait.
    let flush = Flush::Async;
    let config = BrokerConfig { transaction_checks, flush, ..BrokerConfig::default() };
    let bare = BareBroker::with(storage.clone(), &config).await;
    let properties = [("TRAN_MSG", "true"), ("PGROUP", "owners")];
    bare.client().await.send_with("T", 0, &properties, "whole").await;
    assert_eq!(keys(&*storage, StorageTable::Prepared).len(), 1);
    storage.fail_to_write(true);
    // The time of all checks passes at once.
    tokio::time::pause();
    soon(storage.failed.notified()).await;
    storage.fail_to_write(false);
    soon(async {
        while !keys(&*storage, StorageTable::Prepared).is_empty() {
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    })
    .await;
}

#[tokio::test]
async fn closing_the_log_writes_what_was_accepted_and_nothing_more() {
    let (storage, bare) = start().await;
    let client = bare.client().await;
    client.send("T", 0, "m").await;
    let log = &bare.state.log;
    let row = |key| {
        let mut rows = StorageBatch::default();
        rows.put(StorageTable::Config, key, b"value".to_vec());
        LogWrite::rows(rows)
    };
    storage.hold_writes(true);
    for n in 0..100 {
        log.write_later(row(format!("row {n:02}"))).await.unwrap();
    }
    let closing = async {
        // A write that is refused shows that the log is being closed.
        while log.write_later(row("late".into())).await.is_ok() {
            tokio::task::yield_now().await;
        }
        assert!(!configured(&*storage).contains("row 99"), "not yet");
        storage.hold_writes(false);
    };
    tokio::join!(bare.close_log(), soon(closing));
    let all = (0..100).map(|n| format!("row {n:02}"));
    assert!(configured(&*storage).into_iter().eq(all));
    assert!(matches!(log.write(row("late".into())).await, Err(LogError::Closed)));
    let refused = client.refusal(message("T", 0, &[], "late")).await;
    assert_eq!(refused.0, ResponseCode::SYSTEM_ERROR);
    assert!(refused.1.contains("shutting down"), "{}", refused.1);
}
