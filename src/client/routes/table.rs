//! The table of topics, with a bound.

use super::entry::TopicEntry;
use std::collections::HashMap;
use std::sync::Arc;

#[derive(Default)]
pub(super) struct RouteTable {
    topics: HashMap<Arc<str>, Row>,
    /// The number of look-ups so far.
    uses: u64,
}

struct Row {
    entry: Arc<TopicEntry>,
    /// The number of the last look-up.
    used: u64,
}

impl RouteTable {
    pub(super) fn len(&self) -> usize {
        self.topics.len()
    }

    pub(super) fn get(&self, topic: &str) -> Option<&Arc<TopicEntry>> {
        self.topics.get(topic).map(|row| &row.entry)
    }

    /// Returns the topic's entry. A new one may take the place of those that were not used for longest.
    pub(super) fn get_or_insert(&mut self, topic: &str, max: usize) -> Arc<TopicEntry> {
        self.uses += 1;
        let used = self.uses;
        if let Some(row) = self.topics.get_mut(topic) {
            row.used = used;
            return Arc::clone(&row.entry);
        }
        self.make_room(max);
        let entry = Arc::new(TopicEntry::new(topic));
        self.topics.insert(Arc::clone(&entry.topic), Row { entry: Arc::clone(&entry), used });
        entry
    }

    /// Removes one topic and a sixteenth of the others if there are `max`, so that removing costs little
    /// for each topic.
    fn make_room(&mut self, max: usize) {
        if self.topics.len() < max.max(1) {
            return;
        }
        let mut uses: Vec<u64> = self.topics.values().map(|row| row.used).collect();
        let (_, last, _) = uses.select_nth_unstable(self.topics.len() / 16);
        let last = *last;
        self.topics.retain(|_, row| row.used > last);
    }
}

#[cfg(test)]
mod tests {
    use super::RouteTable;

    #[tokio::test]
    async fn the_topics_that_were_not_used_for_longest_go() {
        let mut table = RouteTable::default();
        for topic in 0..32 {
            table.get_or_insert(&topic.to_string(), 32);
        }
        table.get_or_insert("0", 32);
        assert_eq!(table.len(), 32);
        table.get_or_insert("new", 32);
        assert_eq!(table.len(), 30);
        for topic in ["0", "new", "4", "31"] {
            assert!(table.get(topic).is_some(), "{topic}");
        }
        for topic in ["1", "2", "3"] {
            assert!(table.get(topic).is_none(), "{topic}");
        }
    }

    #[tokio::test]
    async fn there_is_room_for_one() {
        let mut table = RouteTable::default();
        for topic in ["a", "b", "c"] {
            table.get_or_insert(topic, 0);
            assert_eq!(table.len(), 1);
        }
    }
}
