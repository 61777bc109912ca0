//! Calls to servers whose connections end gracefully while requests are on their way. The tests run
//! it in memory with paused time, the soak over sockets.

mod callers;
mod ends;
mod site;

pub(crate) use callers::Peer;
pub(crate) use ends::End;
pub(crate) use site::Site;

use rocketmq_tower_test_support::Tally;
use std::io;
use std::time::Duration;

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
    pub(crate) async fn run(self, site: &Site) -> io::Result<Tally> {
        self.end.run(site, self.peer, self.delay, self.calls).await
    }
}
