//! Large messages, and what the broker holds of them in memory.

use super::bare::BareBroker;
use super::faulty::Faulty;
use super::peer::Peer;
use super::requests::Pull;
use super::soon;
use crate::answers::{self, ANSWERS, WAITING, WAITING_PULL};
use crate::config::BrokerConfig;
use crate::log::WRITES;
use crate::storage::{MemoryStorage, Reads};
use bytes::BytesMut;
use rocketmq_tower::message::SendHeader;
use rocketmq_tower::{RemotingCodec, RemotingCommand, ResponseCode};
use std::sync::Arc;
use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;
use tokio::task::{JoinSet, yield_now};
use tokio_util::codec::Encoder;

/// The size of a large body.
const LARGE: usize = 4_000_000;

async fn start() -> BareBroker {
    BareBroker::start(Arc::new(MemoryStorage::default())).await
}

fn large() -> RemotingCommand {
    SendHeader::new("producers", "T", 0).request().with_body(vec![b'x'; LARGE])
}

/// A pull that waits.
fn waiting() -> RemotingCommand {
    Pull::new("T", 0).at(1).waits(30_000).request()
}

/// Returns when this number of pulls wait more than before: each holds the state.
async fn all_wait(bare: &BareBroker, before: usize, pulls: usize) {
    soon(async {
        while Arc::strong_count(&bare.state) < before + pulls {
            yield_now().await;
        }
    })
    .await;
}

/// A connection that sends requests, and reads nothing.
async fn unread(bare: &BareBroker, requests: impl Iterator<Item = RemotingCommand>) -> TcpStream {
    let mut peer = TcpStream::connect(bare.address()).await.unwrap();
    let mut bytes = BytesMut::new();
    for (opaque, mut request) in requests.enumerate() {
        request.set_opaque(opaque as i32);
        RemotingCodec::default().encode(request, &mut bytes).unwrap();
    }
    peer.write_all(&bytes).await.unwrap();
    peer
}

#[tokio::test]
async fn each_waiting_pull_of_a_peer_that_reads_gets_a_large_message() {
    let bare = start().await;
    let (producer, consumer) = (bare.client().await, bare.client().await);
    producer.send("T", 0, "first").await;
    let consumer = Arc::new(consumer);
    let (mut pulls, before) = (JoinSet::new(), Arc::strong_count(&bare.state));
    for _ in 0..24 {
        let consumer = Arc::clone(&consumer);
        pulls.spawn(async move { consumer.call(waiting()).await });
    }
    all_wait(&bare, before, 24).await;
    producer.get(large()).await;
    while let Some(pulled) = soon(pulls.join_next()).await {
        let pulled = pulled.unwrap();
        assert_eq!(pulled.response_code(), ResponseCode::SUCCESS, "{pulled:?}");
        assert!(pulled.body().len() > LARGE);
    }
}

#[tokio::test]
async fn answers_that_a_peer_does_not_read_take_a_share_of_the_room() {
    let bare = start().await;
    let producer = bare.client().await;
    producer.send("T", 0, "first").await;
    let (pulls, before) = (60, Arc::strong_count(&bare.state));
    let _peer = unread(&bare, (0..pulls).map(|_| waiting())).await;
    all_wait(&bare, before, pulls).await;
    producer.get(large()).await;
    let taken = || ANSWERS.total - bare.state.answers.free();
    soon(async {
        // As many as fit.
        while taken() < ANSWERS.share / 4 * 3 {
            yield_now().await;
        }
    })
    .await;
    // Another one is answered, and nothing more was taken meanwhile.
    let pulled = producer.pull(&Pull::new("T", 0).at(1)).await;
    assert!(pulled.response_code() == ResponseCode::SUCCESS && pulled.body().len() > LARGE);
    drop(pulled);
    assert!(taken() <= 2 * ANSWERS.share, "{} bytes", taken());
}

#[tokio::test]
async fn a_pull_without_room_to_wait_is_refused_and_each_connection_has_some() {
    let bare = start().await;
    let client = Arc::new(bare.client().await);
    client.send("T", 0, "first").await;
    let mut taken = Vec::new();
    while bare.state.waiting.free() > 0 {
        taken.push(bare.state.waiting.take_of_total(WAITING.share).await);
    }
    let (own, before) = (WAITING.own / WAITING_PULL, Arc::strong_count(&bare.state));
    let mut pulls = JoinSet::new();
    for _ in 0..own {
        let client = Arc::clone(&client);
        pulls.spawn(async move { client.call(waiting()).await });
    }
    all_wait(&bare, before, own).await;
    let (code, remark) = client.refusal(waiting()).await;
    assert_eq!(code, ResponseCode::SYSTEM_BUSY, "{remark}");
    client.send("T", 0, "second").await;
    while let Some(pulled) = soon(pulls.join_next()).await {
        assert_eq!(pulled.unwrap().response_code(), ResponseCode::SUCCESS);
    }
}

#[tokio::test]
async fn equal_answers_share_their_bytes_while_they_are_needed() {
    let bare = start().await;
    bare.client().await.get(large()).await;
    let queue = Arc::clone(&bare.state.topics.find("T").unwrap().queues()[0]);
    let read = || {
        let (storage, mut entries) = (bare.state.log.storage(), Vec::new());
        storage.entries(queue.number(), 0..1, Reads::All, &mut entries).unwrap();
        let size = entries[0].size as usize;
        answers::read(storage, &queue, entries, size, Reads::All).unwrap()
    };
    let (one, other) = (read(), read());
    assert_eq!(one.as_ptr(), other.as_ptr());
    assert!(one.len() > LARGE);
}

/// A peer that sends large messages while the disk does not answer.
#[tokio::test]
async fn messages_that_wait_for_the_disk_take_a_share_of_the_room() {
    let storage = Arc::new(Faulty::default());
    let config = BrokerConfig::default();
    let bare = BareBroker::with(storage.clone(), &config).await;
    let producer = bare.client().await;
    producer.send("T", 0, "first").await;
    storage.hold_writes(true);
    let _peer = unread(&bare, (0..10).map(|_| large())).await;
    soon(storage.write_is_held()).await;
    let small = tokio::spawn(async move {
        let sent = producer.send("T", 0, "small").await;
        (producer, sent)
    });
    let free = || bare.state.log.free_room();
    soon(async {
        while free() > WRITES.total - WRITES.share / 4 * 3 {
            yield_now().await;
        }
    })
    .await;
    assert!(free() >= WRITES.total - WRITES.share);
    storage.hold_writes(false);
    let (producer, _) = soon(small).await.unwrap();
    // All of them are stored in the end.
    soon(all_stored(&producer, 12)).await;
}

async fn all_stored(client: &Peer, count: i64) {
    while client.max("T", 0).await < count {
        yield_now().await;
    }
}
