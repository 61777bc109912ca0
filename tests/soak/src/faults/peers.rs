//! Single peers that misbehave.

use super::ECHO;
use super::neighbour::{Neighbour, ask};
use super::target::Target;
use rocketmq_tower::BoxError;
use rocketmq_tower_test_support::{Raw, encode, request};
use std::time::{Duration, Instant};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::time::{sleep, timeout};

const MANY: i32 = 500;

/// Sends requests of 10 KB and reads the responses slowly.
pub(crate) async fn slow_reader(target: &Target) -> Result<String, BoxError> {
    let neighbour = Neighbour::start(target).await?;
    let mut slow = Raw::try_connect_narrow(target.addr).await?;
    let mut answers = Vec::new();
    let mut wrong = 0;
    for opaque in 0..MANY {
        slow.try_send(&request(ECHO, opaque).with_body(vec![opaque as u8; 10_000])).await?;
        // The window limits the requests in flight, as clients do.
        if opaque >= 50 {
            sleep(Duration::from_millis(1)).await;
            let Some(answer) = slow.try_next().await? else { break };
            wrong += usize::from(answer.body().len() != 10_000);
            answers.push(answer.opaque());
        }
    }
    while answers.len() < MANY as usize {
        sleep(Duration::from_millis(1)).await;
        match timeout(Duration::from_secs(10), slow.try_next()).await {
            Ok(Ok(Some(answer))) => answers.push(answer.opaque()),
            _ => break,
        }
    }
    let order = if answers.is_sorted() { "in order" } else { "out of order" };
    let waited = neighbour.end().await;
    Ok(format!("{} of {MANY} responses, {wrong} wrong, {order}; {waited}", answers.len()))
}

/// Sends as fast as possible, and reads nothing.
pub(crate) async fn deaf_reader(target: &Target, patience: Duration) -> Result<String, BoxError> {
    let neighbour = Neighbour::start(target).await?;
    let before = target.resident()?;
    let mut deaf = Raw::try_connect_narrow(target.addr).await?;
    let bytes = encode(&request(ECHO, 1).with_body(vec![7; 10_000]));
    let started = Instant::now();
    let (mut sent, mut peak) = (0, before);
    let end = loop {
        if started.elapsed() > patience {
            break "not cut".to_owned();
        }
        if sent > 2 << 30 {
            break "2 GiB accepted".to_owned();
        }
        match timeout(Duration::from_millis(200), deaf.io.write(&bytes)).await {
            Ok(Ok(written)) => sent += written,
            Ok(Err(_)) => break format!("closed after {:.1?}", started.elapsed()),
            Err(_) => {}
        }
        if sent % 1000 < 100 || sent > 1 << 30 {
            peak = peak.max(target.resident()?);
        }
    };
    peak = peak.max(target.resident()?);
    let (sent, grown) = (sent >> 10, peak.saturating_sub(before));
    let waited = neighbour.end().await;
    Ok(format!("{end}, {sent} KiB accepted, memory +{grown} KiB; {waited}"))
}

pub(crate) async fn slow_writer(target: &Target) -> Result<String, BoxError> {
    let mut slow = Raw::try_connect(target.addr).await?;
    slow.io.set_nodelay(true)?;
    let started = Instant::now();
    for byte in encode(&request(ECHO, 3).with_body("slow")) {
        slow.io.write_all(&[byte]).await?;
        sleep(Duration::from_millis(5)).await;
    }
    let answer = timeout(Duration::from_secs(5), slow.try_next()).await;
    let what = if matches!(answer, Ok(Ok(Some(_)))) { "answered" } else { "NOT ANSWERED" };
    Ok(format!("byte by byte in {:.1?}: {what}", started.elapsed()))
}

pub(crate) async fn stalled_frame(target: &Target, patience: Duration) -> Result<String, BoxError> {
    let mut stalled = Raw::try_connect(target.addr).await?;
    let bytes = encode(&request(ECHO, 3));
    stalled.io.write_all(&bytes[..bytes.len() / 2]).await?;
    let started = Instant::now();
    Ok(match timeout(patience, stalled.io.read(&mut [0; 100])).await {
        Err(_) => format!("open after {patience:.0?}"),
        Ok(_) => format!("closed after {:.1?}", started.elapsed()),
    })
}

/// Sends a hundred requests and then ends its half of the connection.
pub(crate) async fn half_close(target: &Target, patience: Duration) -> Result<String, BoxError> {
    let neighbour = Neighbour::start(target).await?;
    let mut peer = Raw::try_connect(target.addr).await?;
    for opaque in 0..100 {
        peer.try_send(&request(ECHO, opaque).with_body(vec![1; 20_000])).await?;
    }
    peer.io.shutdown().await?;
    let mut answers = 0;
    let end = loop {
        match timeout(patience, peer.try_next()).await {
            Err(_) => break "kept open".to_owned(),
            Ok(Ok(Some(_))) => answers += 1,
            Ok(Ok(None)) => break "an orderly end".to_owned(),
            Ok(Err(error)) => break error.to_string(),
        }
    };
    Ok(format!("{answers} of 100 responses, then {end}; {}", neighbour.end().await))
}

/// Sends a valid request and then an invalid frame.
pub(crate) async fn bad_frames(target: &Target) -> Result<String, BoxError> {
    let neighbour = Neighbour::start(target).await?;
    let bad: [(&str, &[u8]); 7] = [
        ("zeros", &[0; 64]),
        ("length -1", &[0xff; 64]),
        ("17 MiB", &[1, 0x10, 0, 0, 0, 0, 0, 2, b'{', b'}']),
        ("header longer than frame", b"\0\0\0\x06\0\0\0\x64{}"),
        ("no JSON", b"\0\0\0\x08\0\0\0\x04{[]}"),
        ("type 9", b"\0\0\0\x08\x09\0\0\x04{  }"),
        ("HTTP", b"GET / HTTP/1.1\r\nHost: x\r\n\r\n"),
    ];
    let mut texts = Vec::new();
    for (name, bytes) in bad {
        let mut peer = Raw::try_connect(target.addr).await?;
        ask(&mut peer).await?;
        peer.io.write_all(bytes).await?;
        let what = match timeout(Duration::from_secs(3), peer.try_next()).await {
            Err(_) => "kept open",
            Ok(Ok(Some(_))) => "answered",
            Ok(Ok(None) | Err(_)) => "closed",
        };
        texts.push(format!("{name}: {what}"));
    }
    Ok(format!("{}; {}", texts.join(", "), neighbour.end().await))
}
