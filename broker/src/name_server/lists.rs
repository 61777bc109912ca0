//! Lists of topics.

use super::NameServerState;
use crate::state::BrokerState;
use crate::topics::names;
use rocketmq_tower::protocol::{GetTopicsByClusterRequestHeader, TopicList};
use rocketmq_tower::{BoxError, Header, Json, State};
use std::collections::BTreeSet;
use std::sync::Arc;
use tokio::task::spawn_blocking;

/// The number of lists that are made at a time; more wait.
pub(super) const AT_A_TIME: usize = 2;

/// The size of a list, in bytes, from which on topics of retries that have no messages are left out:
/// clients take frames of at most 16 MiB.
const MAX_BYTES: usize = 8 * 1024 * 1024;

/// The bytes of a name in a list of JSON beside its own.
const QUOTES: usize = 3;

/// `GET_ALL_TOPIC_LIST_FROM_NAMESERVER`
pub(super) async fn topics(
    State(server): State<Arc<NameServerState>>,
) -> Result<Json<TopicList>, BoxError> {
    Ok(Json(server.topic_list().await?))
}

/// `GET_TOPICS_BY_CLUSTER`
pub(super) async fn topics_of_cluster(
    State(server): State<Arc<NameServerState>>,
    Header(header): Header<GetTopicsByClusterRequestHeader>,
) -> Result<Json<TopicList>, BoxError> {
    if header.cluster != server.broker.identity.cluster {
        return Ok(Json(TopicList::default()));
    }
    Ok(Json(server.topic_list().await?))
}

/// `GET_SYSTEM_TOPIC_LIST_FROM_NS`: those that are named after clusters and brokers.
pub(super) async fn system_topics(State(server): State<Arc<NameServerState>>) -> Json<TopicList> {
    let broker = &server.broker.identity;
    Json(TopicList {
        broker_addr: Some(broker.address.clone()),
        topic_list: vec![broker.cluster.clone(), broker.name.clone()],
    })
}

impl NameServerState {
    /// Returns the names of all topics, sorted.
    async fn topic_list(&self) -> Result<TopicList, BoxError> {
        let _turn = self.lists.acquire().await?;
        let broker = Arc::clone(&self.broker);
        // There may be many: sorting them would keep a worker busy.
        let topic_list = spawn_blocking(move || all(&broker, MAX_BYTES)).await?;
        Ok(TopicList { topic_list, ..Default::default() })
    }
}

/// Returns the names of all topics, and those of the topics of retries that exist as soon as they are used:
/// tools find the groups of consumers by them.
fn all(broker: &BrokerState, max_bytes: usize) -> Vec<String> {
    let topics = broker.topics.all();
    let mut list: BTreeSet<_> = topics.iter().map(|topic| topic.name.clone()).collect();
    list.insert(names::DEFAULT.to_owned());
    let mut bytes: usize = list.iter().map(|name| name.len() + QUOTES).sum();
    let with_offsets = broker.offsets.groups();
    for group in broker.groups.names() {
        if !with_offsets.contains(&*group) && !broker.clients.has_consumers(&group) {
            continue;
        }
        let topic = names::retry(&group);
        let size = topic.len() + QUOTES;
        if bytes + size > max_bytes {
            break;
        }
        if list.insert(topic) {
            bytes += size;
        }
    }
    let now = broker.clock.now_ms();
    list.into_iter().filter(|name| broker.topics.is_listed(name, now)).collect()
}

#[cfg(test)]
mod tests {
    use super::{QUOTES, all};
    use crate::Flush;
    use crate::config::BrokerConfig;
    use crate::log::Log;
    use crate::state::{BrokerIdentity, BrokerState};
    use crate::storage::MemoryStorage;
    use std::sync::Arc;

    #[tokio::test]
    async fn topics_of_retries_are_listed_as_far_as_there_is_room() {
        let log = Arc::new(Log::start(Arc::new(MemoryStorage::default()), Flush::Sync).unwrap());
        let identity = Arc::new(BrokerIdentity {
            cluster: "c".into(),
            name: "b".into(),
            address: "127.0.0.1:10911".into(),
            stored: ([127, 0, 0, 1], 10911).into(),
        });
        let broker = BrokerState::open(identity, log, &BrokerConfig::default()).await.unwrap();
        let topics = all(&broker, usize::MAX);
        for group in ["g1", "g2", "unused"] {
            broker.groups.used(group);
        }
        for group in ["g1", "g2", "unknown"] {
            broker.offsets.store(group, "T", 0, 1).await.unwrap();
        }
        let more = |max| {
            let mut list = all(&broker, max);
            list.retain(|name| !topics.contains(name));
            list
        };
        assert_eq!(more(usize::MAX), ["%RETRY%g1", "%RETRY%g2"]);
        let bytes: usize = topics.iter().map(|name| name.len() + QUOTES).sum();
        let one = "%RETRY%g1".len() + QUOTES;
        assert_eq!(more(bytes + 2 * one - 1), ["%RETRY%g1"]);
        assert_eq!(all(&broker, 0), topics, "those that exist are always there");
    }
}
