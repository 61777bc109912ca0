//! Peers that connect, act in one of several ways, and disconnect.

use super::World;
use super::processor::{DEFER, ECHO, SLOW};
use super::servers::{AGED, IDLE, SERVERS};
use rocketmq_tower::{BoxError, ResponseCode, SerializeType};
use rocketmq_tower_test_support::{Dice, Raw, encode, request};
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;
use tokio::io::AsyncWriteExt;
use tokio::task::JoinSet;
use tokio::time::{MissedTickBehavior, interval, sleep, timeout};

/// The interval between visits. With half of it, the closed connections that the kernel keeps for a
/// minute would use up all ports.
const EVERY: Duration = Duration::from_millis(3);

/// The maximum number of concurrent visits.
const MANY: usize = 3000;

/// The timeout of a visit.
const TIME: Duration = Duration::from_secs(25);

pub(crate) fn start(world: &Arc<World>, load: &mut JoinSet<()>) {
    load.spawn(visits(Arc::clone(world)));
}

async fn visits(world: Arc<World>) {
    let mut there = JoinSet::new();
    let mut ticks = interval(EVERY);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Skip);
    let mut number = 0;
    while !world.is_over() {
        ticks.tick().await;
        while let Some(ended) = there.try_join_next() {
            told(&world, ended);
        }
        if there.len() < MANY {
            number += 1;
            there.spawn(visit(Arc::clone(&world), Dice::new(number)));
        }
    }
    while let Some(ended) = there.join_next().await {
        told(&world, ended);
    }
}

fn told(world: &World, ended: Result<(), tokio::task::JoinError>) {
    if let Err(error) = ended {
        world.books.fault(format!("a visitor: {error}"));
    }
}

async fn visit(world: Arc<World>, mut dice: Dice) {
    let visits = &world.books.visits;
    visits.begun.add();
    let name = ["polite", "half-close", "reset", "garbage", "idle", "staying", "slow"];
    let kind = dice.index(name.len());
    // The others expect responses, and a connection of that server may end before.
    let server = if matches!(kind, 2..=4) { dice.index(SERVERS) } else { 1 - AGED };
    let addr = world.servers.addr(server);
    let since = world.servers.moment(server);
    let doing = async {
        match kind {
            0 => polite(&world, addr, &mut dice).await,
            1 => half_close(&world, addr, &mut dice).await,
            2 => reset(&world, addr, &mut dice).await,
            3 => garbage(addr, &mut dice).await,
            4 => idle(addr).await,
            5 => staying(&world, addr, &mut dice).await,
            _ => slow(&world, addr, &mut dice).await,
        }
    };
    let ended = timeout(TIME, doing).await.unwrap_or_else(|_| Err("timed out".into()));
    match ended {
        Ok(()) => visits.done.add(),
        Err(_) if world.servers.was_disturbed(server, since) => visits.lost.add(),
        Err(error) => world.books.fault(format!("a {} visitor: {error}", name[kind])),
    }
}

/// Sends `count` requests with distinct bodies.
async fn ask(peer: &mut Raw, count: usize, dice: &mut Dice) -> Result<(), BoxError> {
    let code = dice.pick(&[ECHO, SLOW]);
    let kind = dice.pick(&[SerializeType::Json, SerializeType::RocketMq]);
    for opaque in 0..count {
        let body = vec![opaque as u8; opaque * 100];
        let ms = dice.below(20).to_string();
        let command = request(code, opaque as i32).with_serialize_type(kind);
        peer.try_send(&command.with_ext_field("ms", &ms).with_body(body)).await?;
    }
    Ok(())
}

/// Reads the responses: each request must be answered once, with its own body.
async fn take(world: &World, peer: &mut Raw, count: usize) -> Result<(), BoxError> {
    let mut open = vec![true; count];
    for _ in 0..count {
        let answer = peer.try_next().await?.ok_or("closed before all responses arrived")?;
        let opaque = answer.opaque() as usize;
        if answer.response_code() != ResponseCode::SUCCESS {
            return Err(format!("{answer:?}").into());
        }
        if !open.get_mut(opaque).is_some_and(std::mem::take) {
            return Err(format!("{opaque} was answered twice").into());
        }
        let body = answer.body();
        if body.len() != opaque * 100 || body.iter().any(|&byte| byte != opaque as u8) {
            return Err(format!("{opaque} got the response of another request").into());
        }
        world.books.visits.answers.add();
    }
    Ok(())
}

async fn polite(world: &World, addr: SocketAddr, dice: &mut Dice) -> Result<(), BoxError> {
    let mut peer = Raw::try_connect(addr).await?;
    let count = 1 + dice.index(20);
    ask(&mut peer, count, dice).await?;
    take(world, &mut peer, count).await
}

async fn half_close(world: &World, addr: SocketAddr, dice: &mut Dice) -> Result<(), BoxError> {
    let mut peer = Raw::try_connect(addr).await?;
    let count = 1 + dice.index(20);
    ask(&mut peer, count, dice).await?;
    peer.io.shutdown().await?;
    take(world, &mut peer, count).await?;
    world.books.visits.half_closes.add();
    match peer.try_next().await? {
        None => Ok(()),
        Some(more) => Err(format!("unexpected response: {more:?}").into()),
    }
}

/// Resets the connection inside a frame, while requests run and one is deferred.
async fn reset(world: &World, addr: SocketAddr, dice: &mut Dice) -> Result<(), BoxError> {
    let mut peer = Raw::try_connect(addr).await?;
    ask(&mut peer, dice.index(20), dice).await?;
    let last = encode(&request(DEFER, 99).with_ext_field("ms", "30"));
    peer.io.write_all(&last).await?;
    peer.io.write_all(&last[..dice.index(last.len())]).await?;
    sleep(dice.millis(0..40)).await;
    world.books.visits.resets.add();
    Ok(peer.try_reset()?)
}

/// Sends garbage, and expects to be disconnected.
async fn garbage(addr: SocketAddr, dice: &mut Dice) -> Result<(), BoxError> {
    let mut peer = Raw::try_connect(addr).await?;
    let words: [&[u8]; 3] = [b"GET / HTTP/1.1\r\n\r\n", &[0; 100], b"\0\0\0\x06\0\0\0\x02{]"];
    peer.io.write_all(dice.pick(&words)).await?;
    match peer.try_next().await {
        Ok(Some(answer)) => Err(format!("{answer:?}").into()),
        Ok(None) | Err(_) => Ok(()),
    }
}

/// Stays silent until it is disconnected.
async fn idle(addr: SocketAddr) -> Result<(), BoxError> {
    let mut peer = Raw::try_connect(addr).await?;
    match timeout(IDLE * 4, peer.try_next()).await?? {
        None => Ok(()),
        Some(command) => Err(format!("{command:?}").into()),
    }
}

/// Calls from time to time, for some seconds.
async fn staying(world: &World, addr: SocketAddr, dice: &mut Dice) -> Result<(), BoxError> {
    let mut peer = Raw::try_connect(addr).await?;
    for _ in 0..10 {
        if world.is_over() {
            return Ok(());
        }
        ask(&mut peer, 1, dice).await?;
        take(world, &mut peer, 1).await?;
        sleep(IDLE / 4 + dice.millis(0..500)).await;
    }
    Ok(())
}

/// Reads its responses slowly.
async fn slow(world: &World, addr: SocketAddr, dice: &mut Dice) -> Result<(), BoxError> {
    let mut peer = Raw::try_connect_narrow(addr).await?;
    ask(&mut peer, 50, dice).await?;
    sleep(dice.millis(0..100)).await;
    take(world, &mut peer, 50).await
}
