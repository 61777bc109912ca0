//! Statistics of what is stored. The log's writer counts, which is one thread.

use super::item::StatsItem;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::time::Duration;

/// The messages that were stored in all topics.
#[derive(Debug, Default)]
pub(crate) struct Puts {
    pub(crate) all: StatsItem,
    /// Without the broker's own topics.
    pub(crate) of_applications: StatsItem,
    pub(crate) failed: AtomicU64,
    /// How many messages were stored within the times of [`LIMITS`], and later.
    within: [AtomicU64; LIMITS.len() + 1],
    slowest_ms: AtomicU64,
}

/// The times of Java's distribution, in ms, and their names.
const LIMITS: [(u64, &str); 12] = [
    (1, "<=0ms"),
    (10, "0~10ms"),
    (50, "10~50ms"),
    (100, "50~100ms"),
    (200, "100~200ms"),
    (500, "200~500ms"),
    (1000, "500ms~1s"),
    (2000, "1~2s"),
    (3000, "2~3s"),
    (4000, "3~4s"),
    (5000, "4~5s"),
    (10_000, "5~10s"),
];
const BEYOND: &str = "10s~";

impl Puts {
    /// Counts the messages of a round of the writer, which took this time.
    pub(crate) fn took(&self, time: Duration, messages: usize) {
        let ms = u64::try_from(time.as_millis()).unwrap_or(u64::MAX);
        let place = LIMITS.iter().take_while(|(limit, _)| ms >= *limit).count();
        self.within[place].fetch_add(messages as u64, Relaxed);
        self.slowest_ms.fetch_max(ms, Relaxed);
    }

    /// Returns the longest time of a round, in ms.
    pub(crate) fn slowest_ms(&self) -> u64 {
        self.slowest_ms.load(Relaxed)
    }

    /// Returns the distribution of times, as Java writes it.
    pub(crate) fn distribution(&self) -> String {
        let names = LIMITS.iter().map(|(_, name)| *name).chain([BEYOND]);
        let counts = self.within.iter().map(|count| count.load(Relaxed));
        names.zip(counts).map(|(name, count)| format!("[{name}]:{count} ")).collect()
    }
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
    use std::time::Duration;

    #[test]
    fn stored_messages_are_counted_by_topic_and_by_time() {
        let all = Arc::new(Puts::default());
        let (own, system) = (TopicPuts::new(&all, false), TopicPuts::new(&all, true));
        own.add(5);
        system.add(7);
        assert_eq!((own.item.bytes(), all.all.bytes(), all.of_applications.bytes()), (5, 12, 5));
        for (ms, count) in [(0, 1), (3, 2), (12_000, 3)] {
            all.took(Duration::from_millis(ms), count);
        }
        let text = all.distribution();
        assert!(text.starts_with("[<=0ms]:1 [0~10ms]:2 [10~50ms]:0 "), "{text}");
        assert!(text.ends_with("[5~10s]:0 [10s~]:3 ") && all.slowest_ms() == 12_000, "{text}");
    }
}
