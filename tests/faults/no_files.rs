//! A server that runs out of file descriptors: connected peers are served, the others as soon as
//! descriptors are free again.

use crate::child::Served;
use rocketmq_tower_test_support::{Raw, SECOND, request, soon, until};
use tokio::time::{sleep, timeout};

const FILES: u32 = 64;
const PEERS: i32 = 150;

#[tokio::test]
async fn it_recovers_by_itself_when_descriptors_are_free_again() {
    let server = Served::start(FILES);
    let mut neighbour = Raw::connect(server.addr).await;
    neighbour.call(&request(1, 1)).await;
    // The kernel accepts all of them.
    let mut peers = Vec::new();
    for opaque in 0..PEERS {
        let mut peer = Raw::connect(server.addr).await;
        peer.send(&request(1, opaque)).await;
        peers.push((opaque, peer));
    }
    until(|| server.process().files().expect("it runs") >= FILES as usize).await;
    let mut served = Vec::new();
    let mut waiting = std::collections::VecDeque::from(peers);
    while let Some((opaque, mut peer)) = waiting.pop_front() {
        match timeout(SECOND / 2, peer.next()).await {
            Ok(answer) => {
                assert_eq!(answer.expect("an answer").opaque(), opaque);
                served.push(peer);
            }
            Err(_) => {
                waiting.push_front((opaque, peer));
                break;
            }
        }
    }
    let count = served.len();
    assert!((20..FILES as usize).contains(&count), "{count} were served");

    // The server does not spend CPU time on retries, and serves its existing connections.
    let before = server.process().ticks().expect("it runs");
    for opaque in 0..5 {
        assert_eq!(neighbour.call(&request(1, opaque)).await.opaque(), opaque);
        sleep(SECOND / 10).await;
    }
    let used = server.process().ticks().expect("it runs") - before;
    println!("{count} served of {PEERS}; {used} ticks of the processor in 50");
    assert!(used < 25, "{used} ticks");

    // As connections close, waiting ones are accepted at once, without a back-off, and none is
    // lost.
    let mut served = std::collections::VecDeque::from(served);
    soon(async {
        for (opaque, mut peer) in waiting {
            drop(served.pop_front());
            assert_eq!(peer.next().await.expect("served at last").opaque(), opaque);
            served.push_back(peer);
        }
    })
    .await;
    assert_eq!(neighbour.call(&request(1, 2)).await.opaque(), 2);
}
