//! Statistics of what is stored. The log's writer counts, which is one thread.

use super::item::StatsItem;
use super::times::StoreTimes;
use std::sync::Arc;
use std::sync::atomic::AtomicU64;

/// The messages that were stored in all topics.
#[derive(Debug, Default)]
pub(crate) struct Puts {
    pub(crate) all: StatsItem,
    /// Without the broker's own topics.
    pub(crate) of_applications: StatsItem,
    pub(crate) failed: AtomicU64,
    pub(crate) times: StoreTimes,
}

/// The messages that were stored in a topic.
#[derive(Debug, Default)]
pub(crate) struct TopicPuts {
    pub(crate) item: StatsItem,
    all: Arc<Puts>,
    is_system: bool,
}

impl TopicPuts {
    pub(crate) fn new(all: &Arc<Puts>, is_system: bool) -> Self {
        Self { item: StatsItem::default(), all: Arc::clone(all), is_system }
    }

    /// Returns whether the topic is one of the broker's own.
    pub(crate) fn is_system(&self) -> bool {
        self.is_system
    }

    /// Counts a message that was stored.
    pub(crate) fn add(&self, bytes: usize) {
        self.item.add(1, bytes);
        self.all.all.add(1, bytes);
        if !self.is_system {
            self.all.of_applications.add(1, bytes);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Puts, TopicPuts};
    use std::sync::Arc;

    #[test]
    fn stored_messages_are_counted_by_topic() {
        let all = Arc::new(Puts::default());
        let (own, system) = (TopicPuts::new(&all, false), TopicPuts::new(&all, true));
        own.add(5);
        system.add(7);
        assert_eq!((own.item.bytes(), all.all.bytes(), all.of_applications.bytes()), (5, 12, 5));
    }
}
