//! The topics that exist from the start, as in Java's `TopicConfigManager`: tools and clients expect them.

use super::{DEFAULT_QUEUES, TopicSettings, names};
use crate::state::BrokerIdentity;
use rocketmq_tower::protocol::perm;

/// The end of the name of the topic of a cluster's replies.
const REPLIES: &str = "_REPLY_TOPIC";

/// Those that have the same name everywhere, with their numbers of queues.
const FIXED: [(&str, u32); 9] = [
    (names::SCHEDULED, 18),
    (names::TIMED, 1),
    (names::HALF, 1),
    ("RMQ_SYS_TRANS_OP_HALF_TOPIC", 1),
    (names::GIVEN_UP, 1),
    ("RMQ_SYS_TRACE_TOPIC", 1),
    ("OFFSET_MOVED_EVENT", 1),
    ("SELF_TEST_TOPIC", 1),
    // Java has 1024, which producers do not need to reach the limit of one broker.
    ("BenchmarkTest", 16),
];

/// The beginning of the names of system topics.
const PREFIX: &str = "rmq_sys_";

/// Returns whether tools must not change or delete the topic, as it is one of the broker's.
pub(crate) fn is_system(identity: &BrokerIdentity, name: &str) -> bool {
    let (cluster, broker) = (&identity.cluster, &identity.name);
    names::is_default(name)
        || name.starts_with(PREFIX)
        || name == cluster
        || name == broker
        || name.strip_suffix(REPLIES).is_some_and(|of| of == cluster)
        || FIXED.iter().any(|(fixed, _)| *fixed == name)
}

/// Returns the names of all system topics, sorted.
pub(crate) fn all_names(identity: &BrokerIdentity) -> Vec<String> {
    let mut all: Vec<_> = topics(identity).into_iter().map(|(name, _)| name).collect();
    all.push(names::DEFAULT.to_owned());
    all.sort_unstable();
    all
}

/// Returns the settings of [`names::DEFAULT`], which is not stored.
pub(crate) fn default_topic() -> TopicSettings {
    let perm = perm::READ | perm::WRITE | perm::INHERIT;
    TopicSettings { perm, ..TopicSettings::with_queues(DEFAULT_QUEUES) }
}

/// Returns the names and the settings of all of them. Those that are named after the cluster or the
/// broker are left out if that cannot be a topic's name.
pub(super) fn topics(identity: &BrokerIdentity) -> Vec<(String, TopicSettings)> {
    let (cluster, broker) = (&identity.cluster, &identity.name);
    let fixed = FIXED.map(|(name, queues)| (name.to_owned(), TopicSettings::with_queues(queues)));
    let inherited = |queues| TopicSettings {
        perm: perm::READ | perm::WRITE | perm::INHERIT,
        ..TopicSettings::with_queues(queues)
    };
    let named = [
        (cluster.clone(), inherited(16)),
        (broker.clone(), inherited(1)),
        (format!("{cluster}{REPLIES}"), TopicSettings::with_queues(1)),
        (format!("rmq_sys_REVIVE_LOG_{cluster}"), TopicSettings::with_queues(8)),
    ];
    let named = named.into_iter().filter(|(name, _)| names::check(name).is_ok());
    fixed.into_iter().chain(named).collect()
}
