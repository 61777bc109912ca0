//! What was asked of a broker, and what it has acknowledged.

use crate::support::peer::{Message, Peer};
use crate::support::requests::Sent;
use std::collections::HashMap;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};

/// All that is known over several lives of a broker.
#[derive(Default)]
pub(super) struct Ledger {
    next: AtomicU64,
    pub(super) sent: Mutex<Vec<(String, Sent)>>,
    pub(super) delayed: Mutex<Vec<String>>,
    /// Transactions that are open for sure: their bodies, and where their halves are.
    pub(super) open: Mutex<Vec<(String, Sent)>>,
    /// Those that are committed for sure.
    pub(super) committed: Mutex<Vec<(String, Sent)>>,
    /// Those whose end was asked for and not acknowledged.
    pub(super) unsure: Mutex<Vec<(String, Sent)>>,
    /// The last offset that was committed for sure.
    pub(super) consumed: AtomicU64,
}

impl Ledger {
    /// A text that is another one each time.
    pub(super) fn text(&self) -> String {
        format!("message {}", self.next.fetch_add(1, Ordering::Relaxed))
    }
}

/// All messages of a topic. Their offsets have no holes, and no message is there twice.
pub(super) async fn all(client: &Peer, topic: &str, queues: i32) -> HashMap<String, Message> {
    let mut all = HashMap::new();
    for queue in 0..queues {
        // More may come meanwhile.
        let max = client.max(topic, queue).await;
        let messages = client.all(topic, queue).await;
        let offsets = messages.iter().map(|message| message.queue_offset);
        assert!(offsets.eq(0..messages.len() as i64), "{topic} has holes");
        assert!(messages.len() as i64 >= max);
        for message in messages {
            let twice = all.insert(message.body.clone(), message);
            assert!(twice.is_none(), "{twice:?} is there twice");
        }
    }
    all
}
