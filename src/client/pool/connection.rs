//! A connection of a client.

use rocketmq_tower_core::Channel;
use rocketmq_tower_core::sync::lock;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::time::Instant;

/// A connection that ends earlier than this, and before its first response, was of no use.
const SOON: Duration = Duration::from_secs(1);

/// A connection to an address. Its clones keep it open.
#[derive(Clone)]
pub(in crate::client) struct PooledConnection {
    pub(in crate::client) channel: Channel,
    history: Arc<History>,
}

struct History {
    /// The number of the attempt that made the connection. Later attempts have higher numbers.
    number: u64,
    opened: Instant,
    /// Whether a call was answered.
    answered: AtomicBool,
    silence: Mutex<Silence>,
}

/// Time in which callers waited, gave up, and nothing was heard from the peer.
#[derive(Default)]
struct Silence {
    /// The channel's mark of what had been heard by then.
    heard: u64,
    waited: Duration,
    /// Up to when it is counted: callers that wait at the same time count once.
    until: Option<Instant>,
}

impl PooledConnection {
    pub(super) fn new(channel: Channel, number: u64) -> Self {
        let history = History {
            number,
            opened: Instant::now(),
            answered: AtomicBool::new(false),
            silence: Mutex::default(),
        };
        Self { channel, history: Arc::new(history) }
    }

    pub(in crate::client) fn is_usable(&self) -> bool {
        !self.channel.is_closed() && !self.channel.is_draining()
    }

    /// Returns its number: connections that the pool began to make later have higher ones.
    pub(in crate::client) fn number(&self) -> u64 {
        self.history.number
    }

    /// Whether it is of use, if it ends now.
    pub(super) fn was_of_use(&self) -> bool {
        self.has_answered() || self.history.opened.elapsed() >= SOON
    }

    /// Whether a call over it was answered.
    pub(in crate::client) fn has_answered(&self) -> bool {
        self.history.answered.load(Ordering::Relaxed)
    }

    pub(in crate::client) fn answered(&self) {
        self.history.answered.store(true, Ordering::Relaxed);
    }

    /// Whether nothing has arrived since `heard` was the channel's [mark](Channel::heard).
    pub(in crate::client) fn is_silent_since(&self, heard: u64) -> bool {
        self.channel.heard() == heard
    }

    /// Records that a caller gave up, who had waited since `since`, when `heard` was the channel's
    /// mark. Returns how long such callers have waited in all since anything was heard.
    pub(in crate::client) fn gave_up(&self, since: Instant, heard: u64) -> Duration {
        if !self.is_silent_since(heard) {
            return Duration::ZERO;
        }
        let mut silence = lock(&self.history.silence);
        if silence.heard != heard {
            *silence = Silence { heard, ..Silence::default() };
        }
        let now = Instant::now();
        let from = silence.until.map_or(since, |until| until.max(since));
        silence.waited += now.saturating_duration_since(from);
        silence.until = Some(now);
        silence.waited
    }
}
