//! The topics that exist from the start, as in Java's `TopicConfigManager`: tools and clients expect them.

use super::{TopicSettings, names};
use crate::state::BrokerIdentity;
use rocketmq_tower::protocol::perm;

/// Returns the names and the settings of all of them. Those that are named after the cluster or the
/// broker are left out if that cannot be a topic's name.
pub(super) fn topics(identity: &BrokerIdentity) -> Vec<(String, TopicSettings)> {
    let (cluster, broker) = (&identity.cluster, &identity.name);
    let fixed = [
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
    let fixed = fixed.map(|(name, queues)| (name.to_owned(), TopicSettings::with_queues(queues)));
    let inherited = |queues| TopicSettings {
        perm: perm::READ | perm::WRITE | perm::INHERIT,
        ..TopicSettings::with_queues(queues)
    };
    let named = [
        (cluster.clone(), inherited(16)),
        (broker.clone(), inherited(1)),
        (format!("{cluster}_REPLY_TOPIC"), TopicSettings::with_queues(1)),
        (format!("rmq_sys_REVIVE_LOG_{cluster}"), TopicSettings::with_queues(8)),
    ];
    let named = named.into_iter().filter(|(name, _)| names::check(name).is_ok());
    fixed.into_iter().chain(named).collect()
}
