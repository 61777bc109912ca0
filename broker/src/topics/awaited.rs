//! Topics that pulls wait for before they exist.

use crate::sharded::Sharded;
use std::collections::HashMap;
use std::sync::{Arc, Weak};
use tokio::sync::Notify;
use tokio::sync::futures::Notified;

/// The topics that are waited for, by their names: as many as pulls wait at most.
#[derive(Default)]
pub(super) struct AwaitedTopics(Sharded<HashMap<Box<str>, Weak<Notify>>>);

/// Notifies that a topic was created, as long as it is kept.
pub(super) struct AwaitedTopic<'a> {
    name: &'a str,
    created: Arc<Notify>,
    all: &'a AwaitedTopics,
}

impl AwaitedTopics {
    pub(super) fn watch<'a>(&'a self, name: &'a str) -> AwaitedTopic<'a> {
        let mut topics = self.0.of(name);
        let known = topics.get(name).and_then(Weak::upgrade);
        let created = known.unwrap_or_else(|| {
            let new = Arc::new(Notify::new());
            topics.insert(name.into(), Arc::downgrade(&new));
            new
        });
        AwaitedTopic { name, created, all: self }
    }

    /// Notifies those that wait for the topic.
    pub(super) fn created(&self, name: &str) {
        let waiting = self.0.of(name).get(name).and_then(Weak::upgrade);
        if let Some(waiting) = waiting {
            waiting.notify_waiters();
        }
    }

    #[cfg(test)]
    pub(super) fn len(&self) -> usize {
        self.0.each().map(|topics| topics.len()).sum()
    }
}

impl AwaitedTopic<'_> {
    /// Resolves when the topic is created after this call.
    pub(super) fn created(&self) -> Notified<'_> {
        self.created.notified()
    }
}

impl Drop for AwaitedTopic<'_> {
    fn drop(&mut self) {
        // With the lock, so that nobody begins to watch meanwhile, or drops another one.
        let mut topics = self.all.0.of(self.name);
        self.created = Arc::default();
        if topics.get(self.name).is_some_and(|topic| topic.strong_count() == 0) {
            topics.remove(self.name);
        }
    }
}
