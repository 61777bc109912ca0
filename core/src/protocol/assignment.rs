//! The assignment of queues to consumers by the broker.

use super::{MessageModel, MessageQueue};
use serde::{Deserialize, Serialize};

/// The body of `QUERY_ASSIGNMENT`: a consumer asks for its queues.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct QueryAssignmentRequestBody {
    /// The id of the client.
    pub client_id: String,
    /// The group.
    pub consumer_group: String,
    /// Which consumers of the group get a message.
    pub message_model: MessageModel,
    /// The name of the strategy, such as `AVG`.
    pub strategy_name: Option<String>,
    /// The topic.
    pub topic: String,
}

/// The body of the response to `QUERY_ASSIGNMENT`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct QueryAssignmentResponseBody {
    /// The queues.
    pub message_queue_assignments: Vec<MessageQueueAssignment>,
}

/// A queue, and how to get its messages.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct MessageQueueAssignment {
    /// The queue; its number is -1 for all of the broker.
    pub message_queue: MessageQueue,
    /// Whether to pull or to pop.
    pub mode: MessageRequestMode,
}

/// The body of `SET_MESSAGE_REQUEST_MODE`: how a group gets the messages of a topic.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct SetMessageRequestModeRequestBody {
    /// The group.
    pub consumer_group: String,
    /// Whether to pull or to pop.
    pub mode: MessageRequestMode,
    /// The number of consumers that share the queues of each other when they pop; 0 for all.
    pub pop_share_queue_num: i32,
    /// The topic.
    pub topic: String,
}

/// How a consumer gets messages.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
#[non_exhaustive]
pub enum MessageRequestMode {
    /// By pulls. The default if absent.
    #[default]
    Pull,
    /// By pops.
    Pop,
    /// A mode that this library does not know.
    #[serde(other)]
    Unknown,
}
