//! The ways in which connections end.

use super::callers::{Load, Peer};
use super::site::{Lives, Site, drain_next};
use rocketmq_tower_test_support::Tally;
use std::fmt;
use std::io;
use std::time::Duration;
use tokio::time::sleep;

/// The time between two ends, without the delays.
const EVERY: Duration = Duration::from_millis(100);
/// The idle timeout: longer than two delays, so that a request on its way is not idleness.
const IDLE: Duration = Duration::from_millis(150);

/// How connections end while requests are on their way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum End {
    /// The server shuts down gracefully, and nobody follows.
    Shutdown,
    /// The server drains one connection after the other.
    Drain,
    /// Another server takes the address over, and the old one shuts down gracefully.
    HandOver,
    /// Connections are drained when they are old.
    MaxAge,
    /// Connections end when they are idle, and requests are sent at about that time.
    Idle,
}

impl End {
    pub(crate) const ALL: [Self; 5] =
        [Self::Shutdown, Self::Drain, Self::HandOver, Self::MaxAge, Self::Idle];

    /// Whether there is a server to answer all the time, so that a client's calls must succeed.
    pub(crate) fn is_always_served(self) -> bool {
        self != Self::Shutdown
    }

    pub(crate) async fn run(
        self,
        site: &Site,
        peer: Peer,
        delay: Duration,
        calls: u64,
    ) -> io::Result<Tally> {
        let load = Load::new(site, delay, calls);
        // A call that is sent away is repeated before the next end, which would send it away again.
        let every = EVERY + 6 * delay;
        match self {
            Self::Shutdown => shutdowns(site, load, peer, every).await,
            Self::Drain => drains(site, load, peer, every).await,
            Self::HandOver => hand_overs(site, load, peer, every).await,
            Self::MaxAge => {
                let lives = Lives { max_age: Some(every), idle: None };
                by_itself(site, load, peer, lives).await
            }
            Self::Idle => {
                let lives = Lives { max_age: None, idle: Some(IDLE) };
                by_itself(site, load.idle(IDLE), peer, lives).await
            }
        }
    }
}

impl fmt::Display for End {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Shutdown => "shutdown",
            Self::Drain => "drain",
            Self::HandOver => "hand-over",
            Self::MaxAge => "maximum age",
            Self::Idle => "idle",
        })
    }
}

/// Starts servers, and shuts each of them down while it is called, until enough calls were made.
async fn shutdowns(site: &Site, load: Load, peer: Peer, every: Duration) -> io::Result<Tally> {
    let mut tally = Tally::default();
    while !load.is_over() {
        let server = site.start(Lives::default())?;
        site.close();
        let calling = tokio::spawn(load.clone().run(peer));
        sleep(every).await;
        let shutdown = server.shutdown().await.map_err(io::Error::other)?;
        tally.lose(shutdown.aborted as u64, "a connection was aborted at the drain deadline");
        tally += calling.await?;
    }
    Ok(tally)
}

async fn drains(site: &Site, load: Load, peer: Peer, every: Duration) -> io::Result<Tally> {
    let server = site.start(Lives::default())?;
    let calling = tokio::spawn(load.run(peer));
    for turn in 0.. {
        sleep(every).await;
        if calling.is_finished() {
            break;
        }
        drain_next(&server.connections(), turn);
    }
    server.abort();
    Ok(calling.await?)
}

async fn hand_overs(site: &Site, load: Load, peer: Peer, every: Duration) -> io::Result<Tally> {
    let mut server = site.start(Lives::default())?;
    let calling = tokio::spawn(load.run(peer));
    while !calling.is_finished() {
        sleep(every).await;
        let next = site.start(Lives::default())?;
        // The shutdown goes on without the handle.
        drop(std::mem::replace(&mut server, next));
    }
    server.abort();
    Ok(calling.await?)
}

async fn by_itself(site: &Site, load: Load, peer: Peer, lives: Lives) -> io::Result<Tally> {
    let server = site.start(lives)?;
    let tally = load.run(peer).await;
    server.abort();
    Ok(tally)
}
