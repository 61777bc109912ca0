//! Which messages are read.

use crate::options::FilterOptions;
use rocketmq_tower::message::{StoredMessage, property};
use rocketmq_tower::protocol::SubscriptionData;

/// The expression of a subscription.
#[derive(Clone, Debug)]
pub(crate) struct Filter {
    pub(super) expression: String,
    pub(super) expression_type: &'static str,
    /// The tags; empty if all are wanted.
    tags: Vec<String>,
}

impl Filter {
    pub(crate) fn new(options: &FilterOptions) -> Self {
        match (&options.tag, &options.sql) {
            (Some(tags), _) => {
                let data = SubscriptionData::tags("", tags);
                let (expression, tags) = (data.sub_string, data.tags_set);
                Self { expression, expression_type: "TAG", tags }
            }
            (None, Some(sql)) => {
                Self { expression: sql.clone(), expression_type: "SQL92", tags: Vec::new() }
            }
            (None, None) => Self::all(),
        }
    }

    /// Accepts all messages.
    pub(crate) fn all() -> Self {
        let expression = SubscriptionData::ALL.to_owned();
        Self { expression, expression_type: "TAG", tags: Vec::new() }
    }

    /// Returns whether a message that the broker returned is wanted: brokers compare hash codes of tags only.
    pub(crate) fn accepts(&self, message: &StoredMessage<'_>) -> bool {
        let tag = message.properties.get(property::TAGS);
        self.tags.is_empty() || tag.is_some_and(|tag| self.tags.iter().any(|wanted| wanted == tag))
    }
}
