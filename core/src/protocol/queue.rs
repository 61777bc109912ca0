//! A queue of a topic on a broker.

use serde::{Deserialize, Serialize};

/// The name of a queue. As the key of a map it is an object, see [`json`](super::json).
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct MessageQueue {
    /// The name of the broker.
    pub broker_name: String,
    /// The number of the queue, from 0.
    pub queue_id: i32,
    /// The topic.
    pub topic: String,
}
