//! Where JSON bodies of requests hold names, by the names of Java's classes.

use super::Kind::{Group, ProducerGroup, Topic};
use super::entry::Meaning;
use crate::protocol::json::places::Places::{self, Each, Members, Text};

const TOPIC: Places<Meaning> = Text(Meaning::Name(Topic));
const GROUP: Places<Meaning> = Text(Meaning::Name(Group));
const PRODUCERS: Places<Meaning> = Text(Meaning::Name(ProducerGroup));
const CLIENT: Places<Meaning> = Text(Meaning::Client);

/// `SubscriptionData`, `MessageQueue`.
const WITH_TOPIC: Places<Meaning> = Members(&[("topic", TOPIC)]);

/// `HeartbeatData`.
pub(super) const HEARTBEAT: Places<Meaning> = Members(&[
    ("clientID", CLIENT),
    (
        "consumerDataSet",
        Each(&Members(&[("groupName", GROUP), ("subscriptionDataSet", Each(&WITH_TOPIC))])),
    ),
    ("producerDataSet", Each(&Members(&[("groupName", PRODUCERS)]))),
]);

/// `LockBatchRequestBody`, `UnlockBatchRequestBody`.
pub(super) const LOCKS: Places<Meaning> =
    Members(&[("clientId", CLIENT), ("consumerGroup", GROUP), ("mqSet", Each(&WITH_TOPIC))]);

/// `CheckClientRequestBody`.
pub(super) const CHECK_CLIENT: Places<Meaning> =
    Members(&[("clientId", CLIENT), ("group", GROUP), ("subscriptionData", WITH_TOPIC)]);

/// `QueryAssignmentRequestBody`, `SetMessageRequestModeRequestBody`.
pub(super) const ASSIGNMENT: Places<Meaning> =
    Members(&[("clientId", CLIENT), ("consumerGroup", GROUP), ("topic", TOPIC)]);

/// `CreateTopicListRequestBody`.
pub(super) const TOPIC_CONFIGS: Places<Meaning> =
    Members(&[("topicConfigList", Each(&Members(&[("topicName", TOPIC)])))]);

/// `SubscriptionGroupConfig`.
pub(super) const GROUP_CONFIG: Places<Meaning> = Members(&[("groupName", GROUP)]);

/// `SubscriptionGroupList`.
pub(super) const GROUP_CONFIGS: Places<Meaning> =
    Members(&[("groupConfigList", Each(&GROUP_CONFIG))]);

/// `BatchAckMessageRequestBody`. Clients write the short names; Java reads the long ones, too.
pub(super) const ACKS: Places<Meaning> = Members(&[(
    "acks",
    Each(&Members(&[("c", GROUP), ("consumerGroup", GROUP), ("t", TOPIC), ("topic", TOPIC)])),
)]);
