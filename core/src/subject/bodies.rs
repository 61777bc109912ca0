//! Where JSON bodies of requests hold names, by the names of Java's classes.

use super::Kind::{self, Client, Group, ProducerGroup, Topic};
use crate::protocol::json::places::Places::{
    self, Each, Entries, ListOrObject, Members, Other, Text,
};

pub(super) const TOPIC: Places<Kind> = Text(Topic);
pub(super) const GROUP: Places<Kind> = Text(Group);
pub(super) const PRODUCERS: Places<Kind> = Text(ProducerGroup);
pub(super) const CLIENT: Places<Kind> = Text(Client);

/// `SubscriptionData`, `MessageQueue`.
pub(super) const WITH_TOPIC: Places<Kind> = Members(&[("topic", TOPIC)]);

/// `HeartbeatData`.
pub(super) const HEARTBEAT: Places<Kind> = Members(&[
    ("clientID", CLIENT),
    (
        "consumerDataSet",
        Each(&Members(&[("groupName", GROUP), ("subscriptionDataSet", Each(&WITH_TOPIC))])),
    ),
    ("producerDataSet", Each(&Members(&[("groupName", PRODUCERS)]))),
]);

/// `LockBatchRequestBody`, `UnlockBatchRequestBody`.
pub(super) const LOCKS: Places<Kind> =
    Members(&[("clientId", CLIENT), ("consumerGroup", GROUP), ("mqSet", Each(&WITH_TOPIC))]);

/// `CheckClientRequestBody`.
pub(super) const CHECK_CLIENT: Places<Kind> =
    Members(&[("clientId", CLIENT), ("group", GROUP), ("subscriptionData", WITH_TOPIC)]);

/// `QueryAssignmentRequestBody`, `SetMessageRequestModeRequestBody`.
pub(super) const ASSIGNMENT: Places<Kind> =
    Members(&[("clientId", CLIENT), ("consumerGroup", GROUP), ("topic", TOPIC)]);

/// `CreateTopicListRequestBody`.
pub(super) const TOPIC_CONFIGS: Places<Kind> =
    Members(&[("topicConfigList", Each(&Members(&[("topicName", TOPIC)])))]);

/// `SubscriptionGroupConfig`.
pub(super) const GROUP_CONFIG: Places<Kind> =
    Members(&[("groupName", GROUP), ("subscriptionDataSet", Each(&WITH_TOPIC))]);

/// `SubscriptionGroupList`.
pub(super) const GROUP_CONFIGS: Places<Kind> = Members(&[("groupConfigList", Each(&GROUP_CONFIG))]);

/// `BatchAckMessageRequestBody`. Clients write the short names; Java reads the long ones, too.
pub(super) const ACKS: Places<Kind> = Members(&[(
    "acks",
    Each(&Members(&[("c", GROUP), ("consumerGroup", GROUP), ("t", TOPIC), ("topic", TOPIC)])),
)]);

/// `ResetOffsetBody`, and `ResetOffsetBodyForC`.
pub(super) const OFFSETS: Places<Kind> =
    Members(&[("offsetTable", ListOrObject(&Each(&WITH_TOPIC), &Entries(&WITH_TOPIC, &Other)))]);
