//! One topic.

use crate::attributes::Attributes;
use crate::log::Queue;
use crate::statistics::TopicPuts;
use rocketmq_tower::protocol::{TopicConfig, TopicFilterType, perm};
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// The settings of a topic, as they are stored.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct TopicSettings {
    pub(crate) read_queues: u32,
    pub(crate) write_queues: u32,
    pub(crate) perm: i32,
    pub(crate) topic_sys_flag: i32,
    pub(crate) order: bool,
    #[serde(default)]
    pub(crate) filter_type: TopicFilterType,
    #[serde(default, skip_serializing_if = "Attributes::is_empty")]
    pub(crate) attributes: Attributes,
}

impl TopicSettings {
    /// Returns settings with this number of queues, for reading and writing.
    pub(crate) const fn with_queues(queues: u32) -> Self {
        Self {
            read_queues: queues,
            write_queues: queues,
            perm: perm::READ | perm::WRITE,
            topic_sys_flag: 0,
            order: false,
            filter_type: TopicFilterType::SingleTag,
            attributes: Attributes::new(),
        }
    }

    /// Returns the settings of the topic with this name, as tools read them.
    pub(crate) fn config(&self, name: &str) -> TopicConfig {
        TopicConfig {
            attributes: self.attributes.clone(),
            order: self.order,
            perm: self.perm,
            read_queue_nums: self.read_queues as i32,
            topic_filter_type: self.filter_type,
            topic_name: name.to_owned(),
            topic_sys_flag: self.topic_sys_flag,
            write_queue_nums: self.write_queues as i32,
        }
    }

    /// Returns the number of queues that have to exist.
    pub(crate) fn queues(&self) -> usize {
        self.read_queues.max(self.write_queues) as usize
    }
}

/// A topic's row in the store.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct TopicRow {
    #[serde(flatten)]
    pub(super) settings: TopicSettings,
    /// The numbers of its queues.
    pub(super) numbers: Vec<u32>,
}

/// A topic. It is immutable: a change replaces it.
#[derive(Debug)]
pub(crate) struct Topic {
    pub(crate) name: String,
    pub(crate) settings: TopicSettings,
    /// By id. Some may not be in use, if the topic had more queues before.
    pub(super) queues: Vec<Arc<Queue>>,
}

/// The number of the queue of topics that do not exist. No queue of a topic has it.
const NO_QUEUE: u32 = u32::MAX;

impl Topic {
    /// Returns a topic that is not stored, with one queue that stays empty.
    pub(super) fn empty(name: &str) -> Self {
        Self {
            name: name.to_owned(),
            settings: TopicSettings::with_queues(1),
            queues: vec![Arc::new(Queue::new(NO_QUEUE, 0, 0, Arc::default()))],
        }
    }

    /// Returns whether it is a topic that exists.
    pub(crate) fn exists(&self) -> bool {
        self.queues.iter().all(|queue| queue.number() != NO_QUEUE)
    }

    /// Returns the queue with this id, if it exists for reading.
    pub(crate) fn queue_to_read(&self, id: i32) -> Option<&Arc<Queue>> {
        self.queue(id).filter(|_| (id as u32) < self.settings.read_queues)
    }

    /// Returns the queue with this id, if it exists for reading or writing. Producers send to a queue
    /// that was closed for writing until they look up the route again, which takes up to 30 s, and
    /// consumers still read it; Java's broker takes that, too.
    pub(crate) fn queue_in_use(&self, id: i32) -> Option<&Arc<Queue>> {
        self.queue(id).filter(|_| (id as usize) < self.settings.queues())
    }

    /// Returns the queue with this id, also if it is closed.
    pub(crate) fn queue(&self, id: i32) -> Option<&Arc<Queue>> {
        self.queues.get(usize::try_from(id).ok()?)
    }

    /// Returns the statistics of what is stored in it.
    pub(crate) fn puts(&self) -> Option<&Arc<TopicPuts>> {
        self.queues.first().map(|queue| queue.puts())
    }

    pub(crate) fn queues(&self) -> &[Arc<Queue>] {
        &self.queues
    }
}
