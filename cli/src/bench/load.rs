//! The state that callers share: when to end, and how much is done.

use crate::options::LoadOptions;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};
use tokio_util::sync::CancellationToken;

#[derive(Debug)]
pub(super) struct Load {
    stop: CancellationToken,
    started: Instant,
    /// When the callers are to end.
    until: Option<Instant>,
    /// The time that it took, when it has ended.
    took: OnceLock<Duration>,
    /// The maximum number of messages.
    max: u64,
    /// The number of messages that callers have taken on.
    taken: AtomicU64,
    messages: AtomicU64,
    bytes: AtomicU64,
}

impl Load {
    pub(super) fn new(options: &LoadOptions, stop: CancellationToken) -> Self {
        let started = Instant::now();
        let until = match options.messages {
            Some(_) => None,
            None => Some(started + Duration::from_secs(options.seconds)),
        };
        Self {
            stop,
            started,
            until,
            took: OnceLock::new(),
            max: options.messages.unwrap_or(u64::MAX),
            taken: AtomicU64::new(0),
            messages: AtomicU64::new(0),
            bytes: AtomicU64::new(0),
        }
    }

    /// Takes on at most `wanted` messages. Returns their number; 0 if the caller is to end.
    pub(super) fn take(&self, wanted: u64) -> u64 {
        if self.stop.is_cancelled() || self.until.is_some_and(|until| Instant::now() >= until) {
            return 0;
        }
        let granted = |taken| self.max.saturating_sub(taken).min(wanted);
        let take = |taken| Some(taken + granted(taken));
        let before = self.taken.fetch_update(Ordering::Relaxed, Ordering::Relaxed, take);
        before.map_or(0, granted)
    }

    /// Gives messages back that were taken on and not done.
    pub(super) fn give_back(&self, messages: u64) {
        self.taken.fetch_sub(messages, Ordering::Relaxed);
    }

    /// Counts messages, with the bytes of their bodies.
    pub(super) fn count(&self, messages: u64, bytes: u64) {
        self.messages.fetch_add(messages, Ordering::Relaxed);
        self.bytes.fetch_add(bytes, Ordering::Relaxed);
    }

    /// Ends all callers after what they are doing.
    pub(super) fn stop(&self) {
        self.stop.cancel();
    }

    /// Notes that all callers have ended.
    pub(super) fn end(&self) {
        self.took.get_or_init(|| self.started.elapsed());
    }

    pub(super) fn messages(&self) -> u64 {
        self.messages.load(Ordering::Relaxed)
    }

    pub(super) fn bytes(&self) -> u64 {
        self.bytes.load(Ordering::Relaxed)
    }

    /// Returns how long it took, or has taken so far.
    pub(super) fn seconds(&self) -> f64 {
        self.took.get().copied().unwrap_or_else(|| self.started.elapsed()).as_secs_f64()
    }

    /// Returns the number of messages per second.
    pub(super) fn rate(&self) -> f64 {
        self.messages() as f64 / self.seconds().max(f64::MIN_POSITIVE)
    }
}

#[cfg(test)]
mod tests {
    use super::Load;
    use crate::options::LoadOptions;
    use tokio_util::sync::CancellationToken;

    #[test]
    fn callers_take_on_no_more_messages_than_there_are() {
        let options = LoadOptions {
            topic: "T".into(),
            callers: 1,
            connections: 1,
            seconds: 1,
            messages: Some(50),
        };
        let load = Load::new(&options, CancellationToken::new());
        assert_eq!((load.take(32), load.take(32), load.take(32)), (32, 18, 0));
        let load = Load::new(&options, CancellationToken::new());
        assert_eq!(load.take(40), 40);
        load.give_back(30);
        assert_eq!((load.take(32), load.take(32), load.take(32)), (32, 8, 0));
        load.give_back(8);
        assert_eq!((load.take(32), load.take(32)), (8, 0));
        load.give_back(1);
        load.stop();
        assert_eq!(load.take(1), 0);
    }
}
