//! The newest rounds in memory.

use bytes::Bytes;
use rocketmq_tower_core::sync::{read, write};
use std::collections::VecDeque;
use std::sync::RwLock;
use std::sync::atomic::{AtomicU64, Ordering};

/// The maximum size of the rounds, in bytes.
const MAX: usize = 8 * 1024 * 1024;

/// An allowance for handling a round.
const EACH: usize = 64;

/// The newest rounds, without gaps up to the end of the log.
#[derive(Debug)]
pub(super) struct Recent {
    rounds: RwLock<Rounds>,
    /// The offset of the first round.
    start: AtomicU64,
}

#[derive(Debug, Default)]
struct Rounds {
    rounds: VecDeque<(u64, Bytes)>,
    bytes: usize,
}

impl Recent {
    pub(super) fn new(end: u64) -> Self {
        Self { rounds: RwLock::default(), start: end.into() }
    }

    /// Returns the offset in the log from which on all is in memory.
    pub(super) fn start(&self) -> u64 {
        self.start.load(Ordering::Acquire)
    }

    /// Adds the next round, and drops the oldest ones that there is no room for.
    pub(super) fn push(&self, base: u64, round: Bytes) {
        let mut rounds = write(&self.rounds);
        rounds.bytes += round.len() + EACH;
        rounds.rounds.push_back((base, round));
        while rounds.bytes > MAX {
            let Some((base, oldest)) = rounds.rounds.pop_front() else { break };
            rounds.bytes -= oldest.len() + EACH;
            self.start.store(base + oldest.len() as u64, Ordering::Release);
        }
    }

    /// Calls `take` with each of these parts of the log, which are an offset and a length, until one
    /// is not in memory. Returns the number of calls.
    pub(super) fn parts(
        &self,
        parts: impl IntoIterator<Item = (u64, usize)>,
        take: impl FnMut(Bytes),
    ) -> usize {
        let rounds = read(&self.rounds);
        let found = parts.into_iter().map_while(|(at, length)| rounds.part(at, length));
        found.map(take).count()
    }

    /// Returns the bytes from `at` to the end of their round.
    pub(super) fn from(&self, at: u64) -> Option<Bytes> {
        let rounds = read(&self.rounds);
        let (base, round) = rounds.find(at)?;
        let start = (at - base) as usize;
        (start < round.len()).then(|| round.slice(start..))
    }
}

impl Rounds {
    fn find(&self, at: u64) -> Option<&(u64, Bytes)> {
        let next = self.rounds.partition_point(|(base, _)| *base <= at);
        self.rounds.get(next.checked_sub(1)?)
    }

    fn part(&self, at: u64, length: usize) -> Option<Bytes> {
        let (base, round) = self.find(at)?;
        let start = (at - base) as usize;
        let end = start.checked_add(length)?;
        (end <= round.len()).then(|| round.slice(start..end))
    }
}
