//! The loads that all brokers get.

use super::running::Running;
use crate::broker::figures::Figures;
use crate::broker::{pulls, sends};
use rocketmq_tower::BoxError;

/// When a message counts as stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::compare) enum Flush {
    /// When the kernel has it.
    Async,
    /// When it is on the disk.
    Sync,
}

impl Flush {
    /// Its name on the command line.
    pub(in crate::compare) const fn key(self) -> &'static str {
        match self {
            Self::Async => "async",
            Self::Sync => "sync",
        }
    }
}

/// Sends.
#[derive(Clone, Copy, Debug)]
pub(in crate::compare) struct Sends {
    /// Its name on the command line.
    pub(in crate::compare) key: &'static str,
    pub(in crate::compare) flush: Flush,
    pub(in crate::compare) connections: usize,
    pub(in crate::compare) depth: u32,
    /// Length of bodies, in bytes.
    pub(in crate::compare) body: usize,
}

const fn sends(
    key: &'static str,
    flush: Flush,
    (connections, depth): (usize, u32),
    body: usize,
) -> Sends {
    Sends { key, flush, connections, depth, body }
}

/// 64 callers with a connection each, 8 connections with 32 sends in flight, and a caller alone.
pub(in crate::compare) const CALLERS: [(usize, u32); 3] = [EACH, PIPELINED, ALONE];
const EACH: (usize, u32) = (64, 1);
const PIPELINED: (usize, u32) = (8, 32);
const ALONE: (usize, u32) = (1, 1);

pub(in crate::compare) const ASYNC_EACH: &str = "async-64x1-1k";
pub(in crate::compare) const ASYNC_PIPELINED: &str = "async-8x32-1k";
pub(in crate::compare) const SYNC_EACH: &str = "sync-64x1-1k";
pub(in crate::compare) const SYNC_PIPELINED: &str = "sync-8x32-1k";
pub(in crate::compare) const SYNC_ALONE: &str = "sync-1x1-1k";

pub(in crate::compare) const SENDS: [Sends; 18] = [
    sends("async-64x1-128", Flush::Async, EACH, 128),
    sends(ASYNC_EACH, Flush::Async, EACH, 1024),
    sends("async-64x1-64k", Flush::Async, EACH, 65536),
    sends("async-8x32-128", Flush::Async, PIPELINED, 128),
    sends(ASYNC_PIPELINED, Flush::Async, PIPELINED, 1024),
    sends("async-8x32-64k", Flush::Async, PIPELINED, 65536),
    sends("async-1x1-128", Flush::Async, ALONE, 128),
    sends("async-1x1-1k", Flush::Async, ALONE, 1024),
    sends("async-1x1-64k", Flush::Async, ALONE, 65536),
    sends("sync-64x1-128", Flush::Sync, EACH, 128),
    sends(SYNC_EACH, Flush::Sync, EACH, 1024),
    sends("sync-64x1-64k", Flush::Sync, EACH, 65536),
    sends("sync-8x32-128", Flush::Sync, PIPELINED, 128),
    sends(SYNC_PIPELINED, Flush::Sync, PIPELINED, 1024),
    sends("sync-8x32-64k", Flush::Sync, PIPELINED, 65536),
    sends("sync-1x1-128", Flush::Sync, ALONE, 128),
    sends(SYNC_ALONE, Flush::Sync, ALONE, 1024),
    sends("sync-1x1-64k", Flush::Sync, ALONE, 65536),
];

/// Consumption of what was just sent, and of what has to be read from the disk.
pub(in crate::compare) const HOT: &str = "hot";
pub(in crate::compare) const COLD: &str = "cold";

/// The number of messages that are consumed, each with a body of 1 KiB.
pub(super) const MESSAGES: u64 = 100_000;

/// The bodies of a load have at most this length altogether, in MiB, since the kernel slows writers
/// down when too much waits to be written to the disk.
const AT_MOST: u64 = 128;

impl Sends {
    pub(super) fn run(
        &self,
        broker: &Running,
        seconds: f64,
        warm_up: f64,
    ) -> Result<Figures, BoxError> {
        sends::run(&sends::Options { seconds, warm_up, ..self.options(broker) })
    }

    /// Runs for a time that no length limits. Returns the broker's processor time per send.
    pub(super) fn warm_up(&self, broker: &Running, seconds: f64) -> Result<f64, BoxError> {
        let at_most = u64::MAX >> 20;
        let figures = sends::run(&sends::Options { seconds, at_most, ..self.options(broker) })?;
        Ok(figures.outcome.server)
    }

    fn options(&self, broker: &Running) -> sends::Options {
        let Self { connections, depth, body, .. } = *self;
        let (address, pid) = (broker.address(), broker.pid());
        let (seconds, warm_up, at_most) = (0.0, 0.0, AT_MOST);
        sends::Options {
            address,
            pid,
            broker: None,
            connections,
            depth,
            body,
            seconds,
            warm_up,
            at_most,
        }
    }
}

/// Sends messages to a new topic.
pub(super) fn fill(broker: &Running, messages: u64) -> Result<pulls::Filled, BoxError> {
    let (address, pid) = (broker.address(), broker.pid());
    pulls::fill(&pulls::Options { address, pid, messages, body: 1024 })
}

/// Consumes them.
pub(super) fn pull(broker: &Running, filled: &pulls::Filled) -> Result<Figures, BoxError> {
    pulls::pull(broker.address(), broker.pid(), filled)
}
