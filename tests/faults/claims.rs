//! A thousand peers each announce a frame of 16 MiB: no memory is reserved for it.
//!
//! `--nocapture` shows the figures.

use crate::child::Served;
use rocketmq_tower_test_support::{Raw, request};
use tokio::io::AsyncWriteExt;

const PEERS: usize = 1000;

#[tokio::test]
async fn what_is_claimed_is_not_reserved() {
    // The longest frame; in the second row its header is announced as equally long.
    let frame = 16_777_212_u32.to_be_bytes();
    let rows = [
        (frame.to_vec(), 0, 8),
        ([frame, 16_000_000_u32.to_be_bytes()].concat(), 0, 12),
        ([frame, 10_u32.to_be_bytes()].concat(), 16 * 1024, 40),
    ];
    for (claim, sent, mib) in rows {
        let server = Served::start(4096);
        let usage = || {
            let used = server.process();
            [used.resident(), used.reserved()].map(|bytes| bytes.expect("it runs") >> 10)
        };
        let mut neighbour = Raw::connect(server.addr).await;
        neighbour.call(&request(1, 0)).await;
        let before = usage();
        let mut peers = Vec::new();
        for _ in 0..PEERS {
            let mut peer = Raw::connect(server.addr).await;
            peer.io.write_all(&claim).await.expect("open");
            peer.io.write_all(&vec![b' '; sent]).await.expect("open");
            peers.push(peer);
        }
        // Earlier connections have been accepted before this one, and are read before it is
        // answered a few times.
        let mut last = Raw::connect(server.addr).await;
        for opaque in 0..100 {
            assert_eq!(last.call(&request(1, opaque)).await.opaque(), opaque);
            assert_eq!(neighbour.call(&request(1, opaque)).await.opaque(), opaque);
        }
        let [resident, reserved] = usage();
        let (grown, reserved) =
            (resident.saturating_sub(before[0]), reserved.saturating_sub(before[1]));
        println!(
            "{PEERS} claims of 16 MiB, {sent} bytes of each sent: {grown} KiB more, {reserved} KiB reserved"
        );
        assert!(grown < mib << 10, "{grown} KiB, {sent} bytes of each were sent");
        // An additional thread may have its own heap.
        assert!(reserved < (mib + 70) << 10, "{reserved} KiB, {sent} bytes of each were sent");
    }
}
