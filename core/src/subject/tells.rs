//! Where answers hold names, by the names of Java's classes.

use super::Kind;
use super::bodies::{CLIENT, GROUP, GROUP_CONFIG, OFFSETS, PRODUCERS, TOPIC, WITH_TOPIC};
use super::entry::{Body, Tells};
use crate::protocol::json::places::Places::{self, Each, Entries, Hidden, Members, Other, Single};

/// A body without names.
pub(super) const NAMELESS: Tells = Tells::body(Body::Nameless);

/// Stored messages.
pub(super) const MESSAGES: Tells = Tells::body(Body::Stored);

/// Messages, with the state of the index of all of them.
pub(super) const FOUND_MESSAGES: Tells = MESSAGES
    .masked(&[("indexLastUpdateTimestamp", Some("0")), ("indexLastUpdatePhyoffset", Some("0"))]);

/// `TopicRouteData`.
pub(super) const ROUTE: Tells =
    Tells::json(Members(&[("topicQueueMappingByBroker", Entries(&Other, &WITH_TOPIC))]));

/// `TopicList`.
pub(super) const TOPIC_LIST: Tells = Tells::json(Members(&[("topicList", Each(&TOPIC))]));

/// `GroupList`.
pub(super) const GROUP_LIST: Tells = Tells::json(Members(&[("groupList", Each(&GROUP))]));

/// `KVTable`.
pub(super) const TOPIC_TABLE: Tells = Tells::json(Members(&[("table", Entries(&TOPIC, &Other))]));

/// `GetConsumerListByGroupResponseBody`.
pub(super) const CLIENT_LIST: Tells = Tells::json(Members(&[("consumerIdList", Each(&CLIENT))]));

/// `TopicConfigAndMappingSerializeWrapper`. The version counts the changes of all topics.
pub(super) const TOPIC_CONFIGS: Tells = Tells::json(Members(&[
    ("dataVersion", Hidden),
    ("mappingDataVersion", Hidden),
    ("topicConfigTable", Entries(&TOPIC, &Members(&[("topicName", TOPIC)]))),
    ("topicQueueMappingDetailMap", Entries(&TOPIC, &WITH_TOPIC)),
    ("topicQueueMappingInfoMap", Entries(&TOPIC, &WITH_TOPIC)),
]))
.masked(&[("totalTopicNum", None)]);

/// `TopicConfigAndQueueMapping`.
pub(super) const TOPIC_CONFIG: Tells = Tells::json(Members(&[
    ("topicName", TOPIC),
    ("mappingDetail", WITH_TOPIC),
    ("topicQueueMappingDetail", WITH_TOPIC),
]));

/// `SubscriptionGroupWrapper`.
pub(super) const GROUP_CONFIGS: Tells = Tells::json(Members(&[
    ("dataVersion", Hidden),
    ("subscriptionGroupTable", Entries(&GROUP, &GROUP_CONFIG)),
    ("forbiddenTable", Entries(&GROUP, &Entries(&TOPIC, &Other))),
]))
.masked(&[("totalGroupNum", None)]);

pub(super) const ONE_GROUP_CONFIG: Tells = Tells::json(GROUP_CONFIG);

/// `TopicStatsTable`, `ConsumeStats`.
const STATS: Places<Kind> = Members(&[("offsetTable", Entries(&WITH_TOPIC, &Other))]);

pub(super) const QUEUES: Tells = Tells::json(STATS);

/// `ConsumeStatsList`. The totals are those of all groups.
pub(super) const ALL_STATS: Tells = Tells::json(Members(&[
    ("consumeStatsList", Each(&Single(&GROUP, &Each(&STATS)))),
    ("totalDiff", Hidden),
    ("totalInflightDiff", Hidden),
]));

const CONNECTIONS: Places<Kind> = Each(&Members(&[("clientId", CLIENT)]));

/// `ConsumerConnection`, `ProducerConnection`.
pub(super) const GROUP_CONNECTIONS: Tells = Tells::json(Members(&[
    ("connectionSet", CONNECTIONS),
    ("subscriptionTable", Entries(&TOPIC, &WITH_TOPIC)),
]));

/// `ProducerTableInfo`.
pub(super) const ALL_PRODUCERS: Tells =
    Tells::json(Members(&[("data", Entries(&PRODUCERS, &CONNECTIONS))]));

/// `LockBatchResponseBody`.
pub(super) const LOCKED: Tells = Tells::json(Members(&[("lockOKMQSet", Each(&WITH_TOPIC))]));

/// `ResetOffsetBody`.
pub(super) const RESET: Tells = Tells::json(OFFSETS);

/// `GetConsumerStatusBody`.
pub(super) const STATUS: Tells = Tells::json(Members(&[
    ("messageQueueTable", Entries(&WITH_TOPIC, &Other)),
    ("consumerTable", Entries(&CLIENT, &Entries(&WITH_TOPIC, &Other))),
]));

/// `ConsumerRunningInfo`.
pub(super) const RUNNING: Tells = Tells::json(Members(&[
    ("mqTable", Entries(&WITH_TOPIC, &Other)),
    ("mqPopTable", Entries(&WITH_TOPIC, &Other)),
    ("statusTable", Entries(&TOPIC, &Other)),
    ("subscriptionSet", Each(&WITH_TOPIC)),
]));

/// `QueryConsumeTimeSpanBody`.
pub(super) const TIME_SPANS: Tells = Tells::json(Members(&[(
    "consumeTimeSpanSet",
    Each(&Members(&[("messageQueue", WITH_TOPIC)])),
)]));

/// `QueryConsumeQueueResponseBody`. The text of the filter names the topic and the group once more.
pub(super) const QUEUE_INDEX: Tells =
    Tells::json(Members(&[("subscriptionData", WITH_TOPIC), ("filterData", Hidden)]));

/// `QuerySubscriptionResponseBody`, `GroupForbidden`.
pub(super) const OF_GROUP: Tells = Tells::json(Members(&[
    ("group", GROUP),
    ("topic", TOPIC),
    ("subscriptionData", Each(&WITH_TOPIC)),
]));

/// `QueryAssignmentResponseBody`.
pub(super) const ASSIGNED: Tells = Tells::json(Members(&[(
    "messageQueueAssignments",
    Each(&Members(&[("messageQueue", WITH_TOPIC)])),
)]));
