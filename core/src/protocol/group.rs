//! The members of consumer groups.

use serde::{Deserialize, Serialize};

/// The header of `GET_CONSUMER_LIST_BY_GROUP`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct GetConsumerListByGroupRequestHeader<T = String> {
    /// The group.
    pub consumer_group: T,
}

/// The ids of a group's consumers: the body of the response to `GET_CONSUMER_LIST_BY_GROUP`.
///
/// Each consumer sorts the list, and takes its share of the queues by its own place in it. Java:
/// `GetConsumerListByGroupResponseBody`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ConsumerList {
    /// The ids, that of the client that asks included.
    pub consumer_id_list: Vec<String>,
}

/// The header of `NOTIFY_CONSUMER_IDS_CHANGED`, which a broker sends to the members of a group, oneway.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct NotifyConsumerIdsChangedRequestHeader<T = String> {
    /// The group.
    pub consumer_group: T,
}
