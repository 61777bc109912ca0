//! The topic of messages that a group gets again, as a request that waits sees it.

use crate::topics::{Topic, Topics};
use std::sync::Arc;

pub(super) struct RetryTopic<'a> {
    topics: &'a Topics,
    name: &'a str,
    /// `None` until a message makes it.
    topic: Option<Arc<Topic>>,
}

impl<'a> RetryTopic<'a> {
    /// Returns the topic of this name as it is now.
    pub(super) fn of(topics: &'a Topics, name: &'a str) -> Self {
        Self { topics, name, topic: topics.get(name) }
    }

    /// Returns a future that resolves when there may be more messages than at the time of this call.
    pub(super) fn arrived(&self) -> impl Future<Output = ()> {
        let arrived = self.topic.as_ref().map(|topic| topic.arrived());
        async move {
            match arrived {
                Some(arrived) => arrived.await,
                None => _ = self.topics.created(self.name).await,
            }
        }
    }
}
