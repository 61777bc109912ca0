//! Several lives of a broker on one folder. SIGKILL ends each of them under load.

use super::ledger::{Ledger, all};
use super::start;
use crate::support::folder::Folder;
use crate::support::peer::{Peer, message, offset};
use crate::support::requests::{Pull, Sent, request};
use crate::support::soon;
use rocketmq_tower::message::sys_flag::COMMIT;
use rocketmq_tower::{CallError, RemotingCommand, RequestCode};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;
use tokio::sync::mpsc;
use tokio::task::JoinSet;

const LIVES: usize = 6;

/// The number of responses after which the broker is killed.
const RESPONSES: usize = 120;

const OF_QUEUE: [(&str, &str); 3] = [("consumerGroup", "g"), ("topic", "T"), ("queueId", "0")];

/// The delay of delayed messages.
const DELAY: [(&str, &str); 1] = [("TIMER_DELAY_MS", "50")];

#[tokio::test]
async fn acknowledged_requests_survive_the_process_with_sync_flush() {
    lives("sync").await;
}

#[tokio::test]
async fn acknowledged_requests_survive_the_process_with_async_flush() {
    lives("async").await;
}

async fn lives(flush: &str) {
    let (folder, ledger) = (Folder::new(), Arc::new(Ledger::default()));
    for _ in 0..LIVES {
        let served = start(folder.path(), flush).await;
        check_consumed(&Peer::connect(&served.address).await, &ledger).await;
        let (responded, mut responses) = mpsc::unbounded_channel();
        let mut clients = JoinSet::new();
        let client = || Peer::connect(&served.address);
        clients.spawn(send(client().await, 0, Arc::clone(&ledger), responded.clone()));
        clients.spawn(send(client().await, 1, Arc::clone(&ledger), responded.clone()));
        clients.spawn(send(client().await, 2, Arc::clone(&ledger), responded.clone()));
        clients.spawn(delay(client().await, Arc::clone(&ledger), responded.clone()));
        clients.spawn(transact(client().await, Arc::clone(&ledger), responded.clone()));
        clients.spawn(consume(client().await, Arc::clone(&ledger), responded));
        for _ in 0..RESPONSES {
            soon(responses.recv()).await.expect("the clients go on");
        }
        served.kill().await;
        // Each client goes on until its connection ends.
        while let Some(ended) = soon(clients.join_next()).await {
            ended.expect("no panic");
        }
    }
    let served = start(folder.path(), flush).await;
    let client = Peer::connect(&served.address).await;
    check_consumed(&client, &ledger).await;
    check_sent(&client, &ledger).await;
    check_delayed(&client, &ledger).await;
    check_transactions(&client, &ledger).await;
    served.kill().await;
}

type ResponseSender = mpsc::UnboundedSender<()>;

/// Returns the response, or `None` if the connection has ended.
async fn call(
    client: &Peer,
    request: RemotingCommand,
    responded: &ResponseSender,
) -> Option<RemotingCommand> {
    match client.channel.invoke(request, Duration::from_secs(60)).await {
        Ok(response) => {
            assert!(response.response_code().is_success(), "{response:?}");
            _ = responded.send(());
            Some(response)
        }
        Err(CallError::Closed(_) | CallError::NotSent(_)) => None,
        Err(error) => panic!("{error}"),
    }
}

async fn send(client: Peer, queue: i32, ledger: Arc<Ledger>, responded: ResponseSender) {
    loop {
        let text = ledger.text();
        let send = message("T", queue, &[], &text);
        let Some(response) = call(&client, send, &responded).await else { return };
        ledger.sent.lock().unwrap().push((text, Sent::of(&response)));
    }
}

async fn delay(client: Peer, ledger: Arc<Ledger>, responded: ResponseSender) {
    loop {
        let text = ledger.text();
        let send = message("Delayed", 0, &DELAY, &text);
        if call(&client, send, &responded).await.is_none() {
            return;
        }
        ledger.delayed.lock().unwrap().push(text);
    }
}

/// Begins transactions, and commits every other one.
async fn transact(client: Peer, ledger: Arc<Ledger>, responded: ResponseSender) {
    let half = [("TRAN_MSG", "true"), ("PGROUP", "producers")];
    loop {
        for commits in [false, true] {
            let text = ledger.text();
            let send = message("Whole", 0, &half, &text);
            let Some(response) = call(&client, send, &responded).await else { return };
            let begun = (text, Sent::of(&response));
            if !commits {
                ledger.open.lock().unwrap().push(begun);
                continue;
            }
            let Some(_) = call(&client, commit(&begun.1), &responded).await else {
                return ledger.unsure.lock().unwrap().push(begun);
            };
            ledger.committed.lock().unwrap().push(begun);
        }
    }
}

fn commit(half: &Sent) -> RemotingCommand {
    let (table, log) = (half.queue_offset.to_string(), half.commit_log_offset().to_string());
    let fields = [
        ("producerGroup", "producers"),
        ("tranStateTableOffset", table.as_str()),
        ("commitLogOffset", log.as_str()),
        ("commitOrRollback", &COMMIT.to_string()),
    ];
    request(RequestCode::END_TRANSACTION, &fields)
}

/// Commits one offset after another.
async fn consume(client: Peer, ledger: Arc<Ledger>, responded: ResponseSender) {
    loop {
        let next = ledger.consumed.load(Ordering::Relaxed) + 1;
        let commit = request(RequestCode::UPDATE_CONSUMER_OFFSET, &OF_QUEUE);
        let commit = commit.with_ext_field("commitOffset", &next.to_string());
        if call(&client, commit, &responded).await.is_none() {
            return;
        }
        ledger.consumed.store(next, Ordering::Relaxed);
    }
}

/// The offset is the last one whose commit was acknowledged, or the one whose commit was in flight
/// when the broker was killed.
async fn check_consumed(client: &Peer, ledger: &Ledger) {
    let acknowledged = ledger.consumed.load(Ordering::Relaxed);
    let query = request(RequestCode::QUERY_CONSUMER_OFFSET, &OF_QUEUE);
    let query = query.with_ext_field("setZeroIfNotFound", "false");
    let response = client.call(query).await;
    let stored = if response.response_code().is_success() { offset(&response) } else { 0 };
    let stored = stored as u64;
    assert!((acknowledged..=acknowledged + 1).contains(&stored), "{stored}, not {acknowledged}");
    ledger.consumed.store(stored, Ordering::Relaxed);
}

/// All messages are at the positions that their responses have.
async fn check_sent(client: &Peer, ledger: &Ledger) {
    let stored = all(client, "T", 3).await;
    let sent = std::mem::take(&mut *ledger.sent.lock().unwrap());
    assert!(sent.len() > LIVES, "{} were sent", sent.len());
    for (text, sent) in &sent {
        let message = stored.get(text).unwrap_or_else(|| panic!("{text} is lost"));
        assert_eq!((message.queue_id, message.queue_offset), (sent.queue_id, sent.queue_offset));
        assert_eq!(message.commit_log_offset, sent.commit_log_offset());
    }
    // For each queue and life, at most one more was sent and not acknowledged.
    assert!(stored.len() <= sent.len() + 3 * LIVES);
}

/// All of them are delivered, each once.
async fn check_delayed(client: &Peer, ledger: &Ledger) {
    let expected = std::mem::take(&mut *ledger.delayed.lock().unwrap());
    assert!(expected.len() > LIVES, "{} were delayed", expected.len());
    let mut delivered = all(client, "Delayed", 1).await;
    while let Some(missing) = expected.iter().find(|text| !delivered.contains_key(*text)) {
        let pull = Pull::new("Delayed", 0).at(delivered.len() as i64).waits(20_000);
        let more = client.pull(&pull).await;
        assert!(more.response_code().is_success(), "{missing} is lost: {more:?}");
        delivered = all(client, "Delayed", 1).await;
    }
}

/// Open transactions can be committed, the others have ended.
async fn check_transactions(client: &Peer, ledger: &Ledger) {
    let [open, committed, unsure] = [&ledger.open, &ledger.committed, &ledger.unsure]
        .map(|list| std::mem::take(&mut *list.lock().unwrap()));
    assert!(open.len() > LIVES && committed.len() > LIVES);
    for (_, half) in &open {
        client.get(commit(half)).await;
    }
    for (text, half) in &committed {
        let again = client.call(commit(half)).await;
        assert!(!again.response_code().is_success(), "{text} is committed twice");
    }
    for (_, half) in &unsure {
        // Now it is committed, by this request or by the first one.
        client.call(commit(half)).await;
    }
    let delivered = all(client, "Whole", 1).await;
    assert_eq!(delivered.len(), open.len() + committed.len() + unsure.len());
    for (text, _) in open.iter().chain(&committed).chain(&unsure) {
        assert!(delivered.contains_key(text), "{text} is lost");
    }
}
