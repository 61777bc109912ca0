//! Many peers that misbehave in the same way.

use super::ECHO;
use super::neighbour::{Neighbour, ask};
use super::target::Target;
use rocketmq_tower::BoxError;
use rocketmq_tower_test_support::{Raw, encode, request};
use std::time::Duration;
use tokio::io::AsyncWriteExt;
use tokio::time::sleep;

const PEERS: usize = 1000;

/// Connections that are reset inside a frame, after a complete request.
pub(crate) async fn resets(target: &Target) -> Result<String, BoxError> {
    let neighbour = Neighbour::start(target).await?;
    let files = target.process.files()?;
    let bytes = encode(&request(ECHO, 1).with_body(vec![1; 1000]));
    for round in 0..PEERS {
        let mut peer = Raw::try_connect(target.addr).await?;
        peer.io.write_all(&bytes).await?;
        peer.io.write_all(&bytes[..round % bytes.len()]).await?;
        peer.try_reset()?;
    }
    let waited = neighbour.end().await;
    // Some connections have not been accepted yet.
    for _ in 0..50 {
        if target.process.files()? < files {
            break;
        }
        sleep(Duration::from_millis(100)).await;
    }
    // The neighbour's connection is one of those that were open.
    let left = target.process.files()?.saturating_sub(files - 1);
    Ok(format!("{PEERS} resets, {left} sockets left; {waited}"))
}

/// Peers that connect and send nothing.
pub(crate) async fn silent(target: &Target) -> Result<String, BoxError> {
    crowd(target, &[]).await
}

/// Peers that each announce a frame of 16 MiB, send the beginning of its header, and stop.
pub(crate) async fn claims(target: &Target) -> Result<String, BoxError> {
    let lengths = [16_777_212_u32.to_be_bytes(), 16_000_000_u32.to_be_bytes()].concat();
    crowd(target, &[&lengths[..], b"{\"code\":310,"].concat()).await
}

async fn crowd(target: &Target, begun: &[u8]) -> Result<String, BoxError> {
    let neighbour = Neighbour::start(target).await?;
    let before = target.resident()?;
    let mut peers = Vec::new();
    for _ in 0..PEERS {
        let mut peer = Raw::try_connect(target.addr).await?;
        peer.io.write_all(begun).await?;
        peers.push(peer);
    }
    let mut last = Raw::try_connect(target.addr).await?;
    let late = ask(&mut last).await.map_or_else(|error| error.to_string(), |()| "served".into());
    sleep(Duration::from_secs(1)).await;
    let grown = target.resident()?.saturating_sub(before);
    let waited = neighbour.end().await;
    Ok(format!("memory +{grown} KiB for {PEERS} peers; the next peer: {late}; {waited}"))
}
