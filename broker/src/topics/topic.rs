//! One topic.

use crate::log::Queue;
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// What may be done with a topic: bits of `perm`.
pub(crate) mod perm {
    pub(crate) const INHERIT: u32 = 1;
    pub(crate) const WRITE: u32 = 2;
    pub(crate) const READ: u32 = 4;
    pub(crate) const READ_WRITE: u32 = READ | WRITE;
}

/// What is known of a topic, as it is stored.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct TopicSettings {
    pub(crate) read_queues: u32,
    pub(crate) write_queues: u32,
    pub(crate) perm: u32,
    pub(crate) topic_sys_flag: i32,
    pub(crate) order: bool,
}

impl TopicSettings {
    /// To be read and written, by these queues.
    pub(crate) const fn with_queues(queues: u32) -> Self {
        Self {
            read_queues: queues,
            write_queues: queues,
            perm: perm::READ_WRITE,
            topic_sys_flag: 0,
            order: false,
        }
    }

    /// How many queues there have to be.
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

/// A topic: it does not change; another one takes its place.
#[derive(Debug)]
pub(crate) struct Topic {
    pub(crate) name: String,
    pub(crate) settings: TopicSettings,
    /// By id. There may be more than are in use now.
    pub(super) queues: Vec<Arc<Queue>>,
}

impl Topic {
    /// The queue with this id, if it may be read.
    pub(crate) fn queue_to_read(&self, id: i32) -> Option<&Arc<Queue>> {
        self.queue(id, self.settings.read_queues)
    }

    /// The queue with this id, if it may be written.
    pub(crate) fn queue_to_write(&self, id: i32) -> Option<&Arc<Queue>> {
        self.queue(id, self.settings.write_queues)
    }

    fn queue(&self, id: i32, end: u32) -> Option<&Arc<Queue>> {
        let id = u32::try_from(id).ok().filter(|&id| id < end)?;
        self.queues.get(id as usize)
    }

    pub(crate) fn queues(&self) -> &[Arc<Queue>] {
        &self.queues
    }
}
