//! A server that runs out of file descriptors.

use super::ECHO;
use super::neighbour::Neighbour;
use super::target::Target;
use rocketmq_tower::BoxError;
use rocketmq_tower_test_support::{Raw, request};
use std::time::{Duration, Instant};
use tokio::time::{sleep, timeout};

/// The number of additional descriptors that the server may open.
const MORE: usize = 32;
const PEERS: usize = 100;

/// Measures how many peers are served without free descriptors, and how soon the others are served
/// when descriptors become free.
pub(crate) async fn none_left(target: &Target, patience: Duration) -> Result<String, BoxError> {
    let neighbour = Neighbour::start(target).await?;
    target.limit_files(target.process.files()? + MORE).await?;
    let mut peers = Vec::new();
    for _ in 0..PEERS {
        let mut peer = Raw::try_connect(target.addr).await?;
        peer.try_send(&request(ECHO, 5)).await?;
        peers.push(peer);
    }
    let (served, waiting, closed) = sort(peers, Duration::from_secs(1)).await;
    let before = target.process.ticks()?;
    sleep(Duration::from_secs(1)).await;
    let busy = target.process.ticks()? - before;
    let texts = [served.len(), waiting.len(), closed];
    let started = Instant::now();
    drop(served);
    // At least one peer can be served for each that disconnected.
    let mut late = 0;
    for mut peer in waiting.into_iter().take(texts[0].min(texts[1])) {
        let left = patience.saturating_sub(started.elapsed());
        late += usize::from(matches!(timeout(left, peer.try_next()).await, Ok(Ok(Some(_)))));
    }
    let after = started.elapsed();
    let waited = neighbour.end().await;
    let [served, waiting, closed] = texts;
    Ok(format!(
        "{served} served, {waiting} waiting, {closed} closed, {busy} % CPU meanwhile; after the served \
         disconnected: {late} of {} more in {after:.1?}; {waited}",
        served.min(waiting)
    ))
}

/// Returns the served peers, the waiting peers, and the number of closed ones.
async fn sort(peers: Vec<Raw>, wait: Duration) -> (Vec<Raw>, Vec<Raw>, usize) {
    sleep(wait).await;
    let (mut served, mut waiting, mut closed) = (Vec::new(), Vec::new(), 0);
    for mut peer in peers {
        match timeout(Duration::from_millis(1), peer.try_next()).await {
            Err(_) => waiting.push(peer),
            Ok(Ok(Some(_))) => served.push(peer),
            Ok(_) => closed += 1,
        }
    }
    (served, waiting, closed)
}
