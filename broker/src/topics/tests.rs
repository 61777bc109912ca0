//! Topics and their queues.

use super::unlisted;
use super::{
    MAX_QUEUES, MAX_QUEUES_OF_TOPIC, MAX_TOPICS, MAX_TOPICS_OF_GROUPS, Room, TopicSettings, Topics,
};
use crate::Flush;
use crate::attributes::AttributeChanges;
use crate::log::Log;
use crate::state::BrokerIdentity;
use crate::storage::MemoryStorage;
use std::sync::Arc;
use tokio_test::{assert_pending, assert_ready, task};

fn identity() -> Arc<BrokerIdentity> {
    Arc::new(BrokerIdentity {
        cluster: "DefaultCluster".into(),
        name: "broker-a".into(),
        address: "127.0.0.1:10911".into(),
        stored: ([127, 0, 0, 1], 10911).into(),
    })
}

async fn topics() -> (Arc<Log>, Topics) {
    let log = Arc::new(Log::start(Arc::new(MemoryStorage::default()), Flush::Sync).unwrap());
    (Arc::clone(&log), Topics::open(log, &identity()).await.unwrap())
}

/// Returns the numbers of a topic's queues.
fn numbers(topics: &Topics, name: &str) -> Vec<u32> {
    topics.find(name).unwrap().queues().iter().map(|queue| queue.number()).collect()
}

/// Keeps the attributes.
fn keep() -> AttributeChanges {
    AttributeChanges::default()
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
    topics.update("T", &TopicSettings::with_queues(2), &keep()).await.unwrap();
    let two = numbers(&topics, "T");
    let fewer = topics.update("T", &queues(2, 1), &keep()).await.unwrap();
    assert!(fewer.queue_to_read(1).is_some() && fewer.queue_in_use(1).is_some());
    assert!(fewer.settings.write_queues == 1 && fewer.queue_in_use(2).is_none());
    topics.update("T", &TopicSettings::with_queues(1), &keep()).await.unwrap();
    let more = topics.update("T", &queues(3, 4), &keep()).await.unwrap();
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
        let error = topics.update("T", &queues(read, write), &keep()).await.unwrap_err();
        assert!(error.to_string().contains("1 to 1024"), "{error}");
    }
    assert!(topics.get("T").is_none());
    topics.update("T", &TopicSettings::with_queues(most), &keep()).await.unwrap();
}

#[test]
fn topics_of_groups_are_counted_apart() {
    let room = Room { of_groups: MAX_TOPICS_OF_GROUPS, of_applications: MAX_TOPICS };
    for of_group in [false, true] {
        let error = room.check(of_group, true, 0).unwrap_err().to_string();
        assert!(error.contains("100000 topics"), "{error}");
        room.check(of_group, false, 0).unwrap();
    }
    Room { of_groups: 0, ..room }.check(true, true, 0).unwrap();
    Room { of_applications: 0, ..room }.check(false, true, 0).unwrap();

    // All queues of applications leave one for each topic of a group.
    let room = Room { of_groups: 0, of_applications: 0 };
    let most = MAX_QUEUES - MAX_TOPICS_OF_GROUPS as u32;
    assert!(room.check(false, false, most).is_err() && room.check(true, true, most).is_ok());
    assert!(room.check(true, true, MAX_QUEUES).is_err());
}

#[tokio::test]
async fn a_retry_topic_reads_as_empty_until_it_is_created() {
    let (_, topics) = topics().await;
    assert!(topics.find_to_read("T").is_err() && topics.find_to_read("%RETRY%a b").is_err());
    let empty = topics.find_to_read("%RETRY%g").unwrap();
    assert_eq!((empty.exists(), empty.queues()[0].max()), (false, 0));
    assert!(topics.get("%RETRY%g").is_none());

    let mut waiting = [(); 2].map(|()| task::spawn(topics.created("%RETRY%g")));
    waiting.iter_mut().for_each(|waiting| assert_pending!(waiting.poll()));
    topics.ensure("%RETRY%h", &TopicSettings::with_queues(1)).await.unwrap();
    assert!(!waiting[0].is_woken());
    topics.ensure("%RETRY%g", &TopicSettings::with_queues(1)).await.unwrap();
    for mut waiting in waiting {
        assert!(waiting.is_woken());
        assert!(assert_ready!(waiting.poll()).exists());
    }
    assert!(topics.find_to_read("%RETRY%g").unwrap().exists());
    assert_eq!(topics.awaited.len(), 0, "nothing is left");
}

#[tokio::test]
async fn a_topic_without_a_route_has_one_again_in_time_and_by_a_change() {
    let (_, topics) = topics().await;
    topics.unlist("T", 0).unwrap();
    assert!(!topics.is_listed("T", unlisted::REGISTRATION - 1) && topics.is_listed("U", 0));
    assert!(topics.is_listed("T", unlisted::REGISTRATION));
    for number in 1..3 {
        topics.update("T", &queues(number, 1), &keep()).await.unwrap();
        assert!(topics.is_listed("T", 0));
        topics.unlist("T", 0).unwrap();
    }
    topics.update("T", &queues(2, 1), &keep()).await.unwrap();
    assert!(!topics.is_listed("T", 0), "nothing has changed");
}

#[tokio::test]
async fn the_number_of_topics_without_a_route_is_bounded() {
    let (_, topics) = topics().await;
    for number in 0..unlisted::MAX {
        topics.unlist(&number.to_string(), 0).unwrap();
    }
    topics.unlist("0", 0).unwrap();
    assert!(topics.unlist("more", 0).is_err() && topics.is_listed("more", 0));
    topics.unlist("more", unlisted::REGISTRATION).unwrap();
}
