//! The requests to a broker, and those that it has acknowledged.

use crate::support::peer::{Message, Peer};
use crate::support::requests::Sent;
use std::collections::HashMap;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};

/// The results of all requests over several lives of a broker.
#[derive(Default)]
pub(super) struct Ledger {
    next: AtomicU64,
    pub(super) sent: Mutex<Vec<(String, Sent)>>,
    pub(super) delayed: Mutex<Vec<String>>,
    /// Transactions that are open for sure: bodies, and positions of the messages.
    pub(super) open: Mutex<Vec<(String, Sent)>>,
    /// Transactions that are committed for sure.
    pub(super) committed: Mutex<Vec<(String, Sent)>>,
    /// Transactions whose commit was requested and not acknowledged.
    pub(super) unsure: Mutex<Vec<(String, Sent)>>,
    /// The last offset that was committed for sure.
    pub(super) consumed: AtomicU64,
}

impl Ledger {
    /// Returns a text that is different each time.
    pub(super) fn text(&self) -> String {
        format!("message {}", self.next.fetch_add(1, Ordering::Relaxed))
    }
}

/// Returns all messages of a topic. Their offsets have no gaps, and no message is there twice.
pub(super) async fn all(client: &Peer, topic: &str, queues: i32) -> HashMap<String, Message> {
    let mut all = HashMap::new();
    for queue in 0..queues {
        // More may arrive in the meantime.
        let max = client.max(topic, queue).await;
        let messages = client.all(topic, queue).await;
        let offsets = messages.iter().map(|message| message.queue_offset);
        assert!(offsets.eq(0..messages.len() as i64), "{topic} has gaps");
        assert!(messages.len() as i64 >= max);
        for message in messages {
            let twice = all.insert(message.body.clone(), message);
            assert!(twice.is_none(), "{twice:?} is there twice");
        }
    }
    all
}
