//! The messages and offsets that a broker has acknowledged.

use super::super::peer::{Message, Peer};
use crate::tests::requests::Sent;
use std::collections::{BTreeMap, BTreeSet};

/// The queues to which messages are sent.
pub(super) const QUEUES: [(&str, i32); 5] = [("T", 0), ("T", 1), ("U", 0), ("U", 1), ("U", 2)];

/// The topic from which a group pops.
pub(super) const POPPED: &str = "U";

/// A message of a transaction whose outcome is open.
#[derive(Clone, Debug)]
pub(super) struct Half {
    pub(super) body: String,
    pub(super) sent: Sent,
}

/// Messages by their bodies, which name their queue and differ.
#[derive(Debug, Default)]
pub(super) struct Ledger {
    pub(super) count: u32,
    /// Those with a known offset.
    pub(super) placed: BTreeMap<String, i64>,
    /// Those that are served some time: delayed, or committed.
    pub(super) released: BTreeSet<String>,
    /// Those that are never served: rolled back, or not committed.
    pub(super) hidden: BTreeSet<String>,
    pub(super) halves: Vec<Half>,
    /// Those that were popped and acknowledged.
    pub(super) consumed: BTreeSet<String>,
    /// The offsets that a group may have committed. The first one was acknowledged.
    pub(super) commits: Vec<i64>,
}

impl Ledger {
    /// Returns a body for a queue.
    pub(super) fn body(&mut self, (topic, queue): (&str, i32), padding: usize) -> String {
        self.count += 1;
        format!("{topic}/{queue}/{}/{}", self.count, "x".repeat(padding))
    }

    /// Returns whether a group has got all messages of the topic from which it pops.
    pub(super) fn is_consumed(&self) -> bool {
        let all = self.placed.keys().chain(&self.released);
        let mut popped = all.filter(|body| body.starts_with("U/"));
        popped.all(|body| self.consumed.contains(body))
    }

    /// Compares what the broker serves with the ledger. Returns the number of messages that will be
    /// served and are not yet.
    pub(super) async fn check(&self, client: &Peer, seed: u64) -> usize {
        let mut served = BTreeMap::new();
        for (topic, queue) in QUEUES {
            // Of a topic that does not exist, too.
            if client.max(topic, queue).await == 0 {
                continue;
            }
            for (at, message) in (0..).zip(client.all(topic, queue).await) {
                let Message { queue_offset, body, .. } = message;
                assert_eq!(queue_offset, at, "{topic}/{queue} has a gap, seed {seed}");
                let place = format!("{topic}/{queue}/");
                assert!(body.starts_with(&place), "{body:.20} is in {place}, seed {seed}");
                assert!(!self.hidden.contains(&body), "{body:.20} is served, seed {seed}");
                let twice = served.insert(body, at);
                assert!(twice.is_none(), "a message is served twice, seed {seed}");
            }
        }
        for (body, offset) in &self.placed {
            assert_eq!(served.get(body), Some(offset), "{body:.20} is lost, seed {seed}");
        }
        self.released.iter().filter(|body| !served.contains_key(*body)).count()
    }
}
