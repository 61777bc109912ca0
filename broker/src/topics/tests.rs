//! Topics and their queues.

use super::{MAX_QUEUES_OF_TOPIC, TopicSettings, Topics};
use crate::Flush;
use crate::log::Log;
use crate::state::BrokerIdentity;
use crate::storage::MemoryStorage;
use std::sync::Arc;

fn identity() -> BrokerIdentity {
    BrokerIdentity {
        cluster: "DefaultCluster".into(),
        name: "broker-a".into(),
        address: "127.0.0.1:10911".into(),
        stored: ([127, 0, 0, 1], 10911).into(),
    }
}

async fn topics() -> (Arc<Log>, Topics) {
    let log = Arc::new(Log::start(Arc::new(MemoryStorage::default()), Flush::Sync).unwrap());
    (Arc::clone(&log), Topics::open(log, &identity()).await.unwrap())
}

/// Returns the numbers of a topic's queues.
fn numbers(topics: &Topics, name: &str) -> Vec<u32> {
    topics.find(name).unwrap().queues().iter().map(|queue| queue.number()).collect()
}

fn queues(read_queues: u32, write_queues: u32) -> TopicSettings {
    TopicSettings { read_queues, write_queues, ..TopicSettings::with_queues(0) }
}

#[tokio::test]
async fn topics_never_share_a_queue_not_even_after_a_restart() {
    let (log, topics) = topics().await;
    topics.ensure("T", &TopicSettings::with_queues(3)).await.unwrap();
    topics.ensure("U", &TopicSettings::with_queues(2)).await.unwrap();
    let again = Topics::open(log, &identity()).await.unwrap();
    again.ensure("V", &TopicSettings::with_queues(2)).await.unwrap();
    let mut all: Vec<_> =
        again.all().iter().flat_map(|topic| numbers(&again, &topic.name)).collect();
    let count = all.len();
    all.sort_unstable();
    all.dedup();
    assert_eq!(all.len(), count);
    assert_eq!(numbers(&again, "T"), numbers(&topics, "T"));
}

#[tokio::test]
async fn a_topic_keeps_its_queues_when_it_is_changed() {
    let (_, topics) = topics().await;
    topics.update("T", &TopicSettings::with_queues(2)).await.unwrap();
    let two = numbers(&topics, "T");
    let fewer = topics.update("T", &queues(2, 1)).await.unwrap();
    assert!(fewer.queue_to_read(1).is_some() && fewer.queue_in_use(1).is_some());
    assert!(fewer.settings.write_queues == 1 && fewer.queue_in_use(2).is_none());
    topics.update("T", &TopicSettings::with_queues(1)).await.unwrap();
    let more = topics.update("T", &queues(3, 4)).await.unwrap();
    assert!(more.queue_in_use(3).is_some() && more.queue_to_read(3).is_none());
    let four = numbers(&topics, "T");
    assert_eq!((&four[..2], four.len()), (&two[..], 4));
    for none in [-1, 4, i32::MIN, i32::MAX] {
        assert!(more.queue_in_use(none).is_none());
    }
    // A topic that exists is not created again.
    let same = topics.ensure("T", &TopicSettings::with_queues(9)).await.unwrap();
    assert_eq!(same.settings, queues(3, 4));
}

#[tokio::test]
async fn a_topic_has_1_to_1024_queues() {
    let (_, topics) = topics().await;
    let most = MAX_QUEUES_OF_TOPIC as u32;
    for (read, write) in [(0, 0), (most + 1, 1), (1, most + 1), (u32::MAX, u32::MAX)] {
        let error = topics.update("T", &queues(read, write)).await.unwrap_err();
        assert!(error.to_string().contains("1 to 1024"), "{error}");
    }
    assert!(topics.get("T").is_none());
    topics.update("T", &TopicSettings::with_queues(most)).await.unwrap();
}
