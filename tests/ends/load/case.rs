//! One kind of end and one kind of peer.

use super::callers::{Load, Peer};
use super::ends::{End, IDLE};
use super::site::{Lives, Site};
use rocketmq_tower_test_support::Tally;
use std::io;
use std::time::Duration;
use tokio::time::sleep;

/// One kind of end, over links with one delay.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Case {
    pub(crate) end: End,
    pub(crate) peer: Peer,
    /// The time that everything takes in one direction.
    pub(crate) delay: Duration,
    /// The number of calls.
    pub(crate) calls: u64,
}

impl Case {
    /// Makes the calls while connections end, and returns what became of them.
    ///
    /// A client repeats calls that were not processed. So if there is a server to answer, they
    /// count as lost.
    pub(crate) async fn run(self, site: &Site) -> io::Result<Tally> {
        let Self { end, peer, delay, calls } = self;
        let (load, every) = (Load::new(site, delay, calls), End::every(delay));
        let load = if end == End::Idle { load.idle(IDLE) } else { load };
        if end == End::Shutdown {
            return shutdowns(site, load, peer, every).await;
        }
        let mut tally = end.serve(site, every, load.run(peer)).await?;
        if peer == Peer::Client {
            let failed = std::mem::take(&mut tally.unprocessed);
            tally.lose(failed, "a call failed, though a server was there");
        }
        Ok(tally)
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
