//! Topics that belong to a group.

/// The names of topics with messages that a group gets again begin with this.
pub const RETRY_TOPIC_PREFIX: &str = "%RETRY%";

/// The names of topics with messages that a group could not consume begin with this.
pub const DLQ_TOPIC_PREFIX: &str = "%DLQ%";

/// Returns the group to which a retry topic or a dead-letter topic belongs, and `None` for any other
/// topic.
///
/// Groups that pop have a retry topic for each topic, `%RETRY%group_topic`, or `%RETRY%group+topic` with
/// `enableRetryTopicV2` in Java. The part after `+` is cut off, as no name holds this character. An
/// `_` may belong to the group, so what follows it stays.
///
/// ```
/// use rocketmq_tower_core::subject::group_of_topic;
///
/// assert_eq!(group_of_topic("%RETRY%billing"), Some("billing"));
/// assert_eq!(group_of_topic("%DLQ%billing"), Some("billing"));
/// assert_eq!(group_of_topic("%RETRY%billing+orders"), Some("billing"));
/// assert_eq!(group_of_topic("%RETRY%billing_orders"), Some("billing_orders"));
/// assert_eq!(group_of_topic("orders"), None);
/// ```
#[must_use]
pub fn group_of_topic(topic: &str) -> Option<&str> {
    let rest =
        topic.strip_prefix(RETRY_TOPIC_PREFIX).or_else(|| topic.strip_prefix(DLQ_TOPIC_PREFIX))?;
    Some(rest.split_once('+').map_or(rest, |(group, _)| group))
}
