//! The ways in which connections end.

use super::site::{Lives, Site, drain_next};
use std::fmt;
use std::future::Future;
use std::io;
use std::pin::pin;
use std::time::Duration;
use tokio::time::timeout;

/// The time between two ends, without the delays.
const EVERY: Duration = Duration::from_millis(100);
/// The idle timeout: longer than two delays, so that a request on its way is not idleness.
pub(crate) const IDLE: Duration = Duration::from_millis(150);

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

    /// Returns the time between two ends for links of this delay: a call that is sent away is
    /// repeated before the next end, which would send it away again.
    pub(crate) fn every(delay: Duration) -> Duration {
        EVERY + 6 * delay
    }

    /// Serves the site until `calling` resolves, while connections end after `every`. Not for
    /// shutdowns.
    pub(crate) async fn serve<F: Future>(
        self,
        site: &Site,
        every: Duration,
        calling: F,
    ) -> io::Result<F::Output> {
        match self {
            Self::Shutdown => Err(io::ErrorKind::Unsupported.into()),
            Self::Drain => drains(site, every, calling).await,
            Self::HandOver => hand_overs(site, every, calling).await,
            Self::MaxAge => {
                by_itself(site, Lives { max_age: Some(every), idle: None }, calling).await
            }
            Self::Idle => by_itself(site, Lives { max_age: None, idle: Some(IDLE) }, calling).await,
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

async fn drains<F: Future>(site: &Site, every: Duration, calling: F) -> io::Result<F::Output> {
    let server = site.start(Lives::default())?;
    let mut calling = pin!(calling);
    let mut turn = 0;
    loop {
        if let Ok(output) = timeout(every, &mut calling).await {
            server.abort();
            return Ok(output);
        }
        drain_next(&server.connections(), turn);
        turn += 1;
    }
}

async fn hand_overs<F: Future>(site: &Site, every: Duration, calling: F) -> io::Result<F::Output> {
    let mut server = site.start(Lives::default())?;
    let mut calling = pin!(calling);
    loop {
        if let Ok(output) = timeout(every, &mut calling).await {
            server.abort();
            return Ok(output);
        }
        let next = site.start(Lives::default())?;
        // The shutdown goes on without the handle.
        drop(std::mem::replace(&mut server, next));
    }
}

async fn by_itself<F: Future>(site: &Site, lives: Lives, calling: F) -> io::Result<F::Output> {
    let server = site.start(lives)?;
    let output = calling.await;
    server.abort();
    Ok(output)
}
