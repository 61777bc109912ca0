//! The table of groups.

use super::{ConsumerGroups, GroupLimits, GroupRules, GroupSettings, SYSTEM};
use crate::Flush;
use crate::log::Log;
use crate::storage::MemoryStorage;
use std::sync::Arc;

fn log() -> Arc<Log> {
    Arc::new(Log::start(Arc::new(MemoryStorage::default()), Flush::Sync).unwrap())
}

fn settings(text: &str) -> GroupSettings {
    GroupSettings::read(text.as_bytes()).unwrap()
}

#[tokio::test]
async fn a_group_exists_from_its_first_use_also_after_a_restart() {
    let log = log();
    let groups = ConsumerGroups::open(Arc::clone(&log), GroupLimits::DEFAULT).unwrap();
    assert_eq!(groups.len(), SYSTEM.len());
    assert!(groups.get("g").is_none());
    let version = groups.version.get();
    assert_eq!(groups.used("g"), GroupRules::default());
    assert_eq!(groups.used("a b"), GroupRules::default());
    groups.created().await;
    groups.store_created().await.unwrap();
    assert!(!groups.contains("a b"));
    assert_ne!(groups.version.get().counter, version.counter);

    let set = settings(
        r#"{"groupName":"h","consumeEnable":false,"attributes":{"+priority.factor":"3"}}"#,
    );
    groups.update(set).await.unwrap();
    let again = ConsumerGroups::open(Arc::clone(&log), GroupLimits::DEFAULT).unwrap();
    assert_eq!(again.len(), SYSTEM.len() + 2);
    assert_eq!(*again.get("g").unwrap(), GroupSettings::of("g"));
    assert!(!again.used("h").consume);
    assert_eq!(again.get("h").unwrap().config.attributes["priority.factor"], "3");

    again.update(settings(r#"{"groupName":"h"}"#)).await.unwrap();
    assert!(again.used("h").consume);
    assert_eq!(again.get("h").unwrap().config.attributes.len(), 1, "they are kept");
    again.delete("h").await.unwrap();
    again.delete("h").await.unwrap();
    let again = ConsumerGroups::open(log, GroupLimits::DEFAULT).unwrap();
    assert!(!again.contains("h") && again.contains("g"));
    assert!(again.names().is_sorted());
}

#[tokio::test]
async fn a_group_that_was_deleted_or_changed_is_not_stored_as_it_was_created() {
    let log = log();
    let groups = ConsumerGroups::open(Arc::clone(&log), GroupLimits::DEFAULT).unwrap();
    groups.used("deleted");
    groups.used("changed");
    groups.delete("deleted").await.unwrap();
    groups.update(settings(r#"{"groupName":"changed","retryMaxTimes":1}"#)).await.unwrap();
    groups.store_created().await.unwrap();
    let again = ConsumerGroups::open(log, GroupLimits::DEFAULT).unwrap();
    assert!(!again.contains("deleted"));
    assert_eq!(again.used("changed").retry_max_times, 1);
}

#[tokio::test]
async fn groups_are_bounded_and_one_without_room_has_the_default_settings() {
    let limits = GroupLimits { groups: SYSTEM.len() + 1, ..GroupLimits::DEFAULT };
    let groups = ConsumerGroups::open(log(), limits).unwrap();
    groups.used("g");
    assert_eq!(groups.used("h"), GroupRules::default());
    assert!(groups.contains("g") && !groups.contains("h"));
    let error = groups.update(settings(r#"{"groupName":"h"}"#)).await.unwrap_err().to_string();
    assert!(error.contains("at most 9 groups"), "{error}");
    groups.update(settings(r#"{"groupName":"g","retryMaxTimes":1}"#)).await.unwrap();
    groups.delete("g").await.unwrap();
    groups.update(settings(r#"{"groupName":"h"}"#)).await.unwrap();

    let limits = GroupLimits { bytes: 700, ..GroupLimits::DEFAULT };
    let groups = ConsumerGroups::open(log(), limits).unwrap();
    groups.update(settings(r#"{"groupName":"g"}"#)).await.unwrap();
    for _ in 0..9 {
        groups.update(settings(r#"{"groupName":"g","retryMaxTimes":1}"#)).await.unwrap();
        groups.update(settings(r#"{"groupName":"g","retryMaxTimes":2}"#)).await.unwrap();
    }
    let error = groups.update(settings(r#"{"groupName":"h"}"#)).await.unwrap_err().to_string();
    assert!(error.contains("700 bytes of settings"), "{error}");
}
