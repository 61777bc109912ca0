//! Heartbeats, and the end of a client.

use crate::clock::now_ms;
use serde::{Deserialize, Serialize};

/// The groups of a client: the body of `HEART_BEAT`.
///
/// Clients in Java, Go and Node write names where those in C++ write ordinals. C++ leaves out empty lists.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct HeartbeatData {
    /// The id of the client.
    #[serde(rename = "clientID")]
    pub client_id: String,
    /// The groups of consumers that it belongs to.
    #[serde(default)]
    pub consumer_data_set: Vec<ConsumerData>,
    /// Not 0 if the client wants to send its subscriptions only when they change.
    #[serde(default)]
    pub heartbeat_fingerprint: i32,
    /// The groups of producers that it belongs to.
    #[serde(default)]
    pub producer_data_set: Vec<ProducerData>,
    /// The subscriptions are left out, as they have not changed.
    #[serde(default)]
    pub without_sub: bool,
}

/// A group of producers.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ProducerData {
    /// The name of the group.
    pub group_name: String,
}

/// A group of consumers.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ConsumerData {
    /// Where a group without an offset begins.
    #[serde(default)]
    pub consume_from_where: ConsumeFromWhere,
    /// How messages get to the consumer.
    #[serde(default)]
    pub consume_type: ConsumeType,
    /// The name of the group.
    pub group_name: String,
    /// Which consumers of the group get a message.
    #[serde(default)]
    pub message_model: MessageModel,
    /// The subscriptions.
    #[serde(default)]
    pub subscription_data_set: Vec<SubscriptionData>,
    /// Whether the client belongs to a unit.
    #[serde(default)]
    pub unit_mode: bool,
}

/// The subscription of a consumer to a topic.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct SubscriptionData {
    /// The expression is a class that filters. Brokers of today do not have such filters.
    pub class_filter_mode: bool,
    /// The hash codes of the tags. Do not trust them: C++ sends zeros.
    pub code_set: Vec<i32>,
    /// The type of the expression: `TAG` or `SQL92`. `TAG` if absent.
    pub expression_type: String,
    /// The expression: tags separated by `||`, or `*` for all messages. `*` if absent.
    pub sub_string: String,
    /// The version of the subscription: a time, in milliseconds or, from Go, nanoseconds. 0 if absent.
    pub sub_version: i64,
    /// The tags.
    pub tags_set: Vec<String>,
    /// The topic.
    pub topic: String,
}

impl SubscriptionData {
    /// The expression for all messages.
    pub const ALL: &'static str = "*";

    /// Creates a subscription to messages with one of the tags in `tags`, which `||` separates; `*` and
    /// an empty text stand for all messages. The version is the current time.
    ///
    /// ```
    /// use rocketmq_tower_core::protocol::SubscriptionData;
    ///
    /// let subscription = SubscriptionData::tags("TopicTest", "TagA || TagB");
    /// assert_eq!(subscription.tags_set, ["TagA", "TagB"]);
    /// assert_eq!(subscription.code_set, [2_598_919, 2_598_920]);
    /// ```
    #[must_use]
    pub fn tags(topic: impl Into<String>, tags: &str) -> Self {
        let all = tags.is_empty() || tags == Self::ALL;
        let tags_set: Vec<String> = match all {
            true => Vec::new(),
            false => tags
                .split("||")
                .map(str::trim)
                .filter(|tag| !tag.is_empty())
                .map(Into::into)
                .collect(),
        };
        Self {
            code_set: tags_set.iter().map(|tag| java_hash(tag)).collect(),
            sub_string: if all { Self::ALL.into() } else { tags.into() },
            sub_version: now_ms(),
            tags_set,
            topic: topic.into(),
            ..Self::default()
        }
    }
}

impl Default for SubscriptionData {
    /// Returns a subscription to all messages, with version 0.
    fn default() -> Self {
        Self {
            class_filter_mode: false,
            code_set: Vec::new(),
            expression_type: "TAG".into(),
            sub_string: Self::ALL.into(),
            sub_version: 0,
            tags_set: Vec::new(),
            topic: String::new(),
        }
    }
}

/// Returns the hash code of a Java string.
fn java_hash(text: &str) -> i32 {
    text.encode_utf16().fold(0, |hash: i32, unit| hash.wrapping_mul(31).wrapping_add(unit.into()))
}

/// How messages get to a consumer.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
#[non_exhaustive]
pub enum ConsumeType {
    /// The application pulls.
    ConsumeActively,
    /// The client pulls, and hands messages to the application's listener. The default if absent.
    #[default]
    ConsumePassively,
    /// The client pops.
    ConsumePop,
    /// A type that this library does not know.
    #[serde(other)]
    Unknown,
}

/// Which consumers of a group get a message.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
#[non_exhaustive]
pub enum MessageModel {
    /// All of them.
    Broadcasting,
    /// One of them. The default if absent.
    #[default]
    Clustering,
    /// A model that this library does not know.
    #[serde(other)]
    Unknown,
}

/// Where a group without an offset begins.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
#[non_exhaustive]
pub enum ConsumeFromWhere {
    /// After the last message of the queue. The default if absent.
    #[default]
    ConsumeFromLastOffset,
    /// Deprecated; as `ConsumeFromLastOffset`.
    ConsumeFromLastOffsetAndFromMinWhenBootFirst,
    /// Deprecated; as `ConsumeFromFirstOffset`.
    ConsumeFromMinOffset,
    /// Deprecated; as `ConsumeFromLastOffset`.
    ConsumeFromMaxOffset,
    /// At the first message of the queue.
    ConsumeFromFirstOffset,
    /// At a time that the client knows.
    ConsumeFromTimestamp,
    /// A place that this library does not know.
    #[serde(other)]
    Unknown,
}

/// The header of the response to `HEART_BEAT`, in version 2: for a client that sent a fingerprint.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub struct HeartbeatResponseHeader {
    /// Whether the client may leave out its subscriptions from now on.
    pub is_support_heart_beat_v2: Option<bool>,
    /// Whether the client must send its subscriptions again.
    pub is_sub_change: Option<bool>,
}

/// The header of `UNREGISTER_CLIENT`: the client leaves these groups.
///
/// C++ sends the group that it does not have as an empty text.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct UnregisterClientRequestHeader<T = String> {
    /// The id of the client.
    #[serde(rename = "clientID")]
    pub client_id: T,
    /// The group of producers.
    pub producer_group: Option<T>,
    /// The group of consumers.
    pub consumer_group: Option<T>,
}
