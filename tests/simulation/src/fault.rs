//! Faults, and their repairs.

use rocketmq_tower_test_support::Dice;
use std::fmt;
use std::time::Duration;
use turmoil::Sim;

/// The host that the server runs on.
pub(crate) const SERVER: &str = "server";

/// A fault or a repair of the network or a host.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Fault {
    /// Messages between this host and the server are held back.
    Hold(usize),
    /// The held messages arrive at once, and all broken links between the two work again.
    Release(usize),
    /// Messages in both directions are lost.
    Partition(usize),
    /// Messages to the server are lost.
    Deaf(usize),
    /// Messages from the server are lost.
    Mute(usize),
    /// A message may take up to this number of milliseconds.
    Latency(usize, u64),
    /// The host crashes; its connections end.
    Crash(Option<usize>),
    /// The host starts again, also if it is running.
    Bounce(Option<usize>),
    /// The server shuts down gracefully and is started again.
    ShutDownServer,
    /// A client shuts down and is replaced.
    ShutDownClient(usize),
    /// The server closes one of its connections.
    Close,
    /// The server drains one of its connections.
    Drain,
}

/// The names of the kinds, for the counts.
pub(crate) const KINDS: [&str; 12] = [
    "hold",
    "release",
    "partition",
    "deaf",
    "mute",
    "latency",
    "crash",
    "bounce",
    "shut down server",
    "shut down client",
    "close",
    "drain",
];

impl Fault {
    /// Returns the index in [`KINDS`].
    pub(crate) const fn kind(self) -> usize {
        match self {
            Self::Hold(_) => 0,
            Self::Release(_) => 1,
            Self::Partition(_) => 2,
            Self::Deaf(_) => 3,
            Self::Mute(_) => 4,
            Self::Latency(..) => 5,
            Self::Crash(_) => 6,
            Self::Bounce(_) => 7,
            Self::ShutDownServer => 8,
            Self::ShutDownClient(_) => 9,
            Self::Close => 10,
            Self::Drain => 11,
        }
    }

    /// Applies faults of the network and the hosts. Returns false for those that the hosts apply
    /// themselves.
    pub(crate) fn apply(self, sim: &mut Sim<'_>) -> bool {
        match self {
            Self::Hold(client) => sim.hold(name(client), SERVER),
            Self::Release(client) => sim.release(name(client), SERVER),
            Self::Partition(client) => sim.partition(name(client), SERVER),
            Self::Deaf(client) => sim.partition_oneway(name(client), SERVER),
            Self::Mute(client) => sim.partition_oneway(SERVER, name(client)),
            Self::Latency(client, millis) => {
                let longest = Duration::from_millis(millis);
                sim.set_link_max_message_latency(name(client), SERVER, longest);
            }
            Self::Crash(host) => sim.crash(host_name(host)),
            Self::Bounce(host) => sim.bounce(host_name(host)),
            _ => return false,
        }
        true
    }
}

/// Returns the host name of a client.
pub(crate) fn name(client: usize) -> String {
    format!("client{client}")
}

/// Returns the host name of a client, or of the server.
pub(crate) fn host_name(host: Option<usize>) -> String {
    host.map_or_else(|| SERVER.to_owned(), name)
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self, f)
    }
}

/// Returns graceful ends of connections within `time`, in order.
pub(crate) fn graceful_ends(dice: &mut Dice, time: Duration) -> Vec<(Duration, Fault)> {
    let mut ends: Vec<_> = (0..dice.within(3..12))
        .map(|_| {
            let at = dice.millis(0..time.as_millis() as u64);
            (at, if dice.percent(30) { Fault::ShutDownServer } else { Fault::Drain })
        })
        .collect();
    ends.sort();
    ends
}

/// Returns faults within `time`, in order, each followed by its repair.
pub(crate) fn schedule(
    dice: &mut Dice,
    clients: usize,
    time: Duration,
    latency: u64,
) -> Vec<(Duration, Fault)> {
    let mut faults = Vec::new();
    for _ in 0..dice.within(2..14) {
        let at = dice.millis(0..time.as_millis() as u64);
        let client = dice.index(clients);
        let until = at + dice.millis(20..1_500);
        let some = if dice.percent(60) { None } else { Some(client) };
        let (fault, repair) = match dice.within(0..12) {
            0 | 1 => (Fault::Hold(client), Some(Fault::Release(client))),
            2 | 3 => (Fault::Partition(client), Some(Fault::Release(client))),
            4 => (Fault::Deaf(client), Some(Fault::Release(client))),
            5 => (Fault::Mute(client), Some(Fault::Release(client))),
            6 => {
                let slow = Fault::Latency(client, dice.within(100..1_500));
                (slow, Some(Fault::Latency(client, latency)))
            }
            7 => (Fault::Crash(some), Some(Fault::Bounce(some))),
            8 => (Fault::Bounce(some), None),
            9 => (Fault::ShutDownServer, None),
            10 => (Fault::ShutDownClient(client), None),
            _ if dice.percent(50) => (Fault::Close, None),
            _ => (Fault::Drain, None),
        };
        faults.push((at, fault));
        faults.extend(repair.map(|repair| (until, repair)));
    }
    faults.sort();
    faults
}
