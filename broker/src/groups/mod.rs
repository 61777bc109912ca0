//! The settings of groups of consumers, in memory and in the store.
//!
//! A group exists from its first use on, with Java's default settings, or since a tool has created it.

mod deletion;
mod settings;
#[cfg(test)]
mod tests;

use crate::attributes::{AttributeChanges, OF_GROUPS};
use crate::data_version::TableVersion;
use crate::log::{Log, LogError, LogWrite};
use crate::refusal::refuse;
use crate::sharded::{Sharded, shrink};
use crate::storage::{StorageBatch, StorageTable};
use crate::topics::names;
pub(crate) use deletion::delete;
use rocketmq_tower::protocol::json;
use rocketmq_tower::{BoxError, ResponseCode};
use rocketmq_tower_core::sync::lock;
pub(crate) use settings::{GroupRules, GroupSettings};
use std::collections::HashMap;
use std::ops::ControlFlow;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::sync::{Arc, Mutex};
use tokio::sync::Notify;

/// The bounds of the table.
#[derive(Clone, Copy, Debug)]
pub(crate) struct GroupLimits {
    /// The maximum number of groups.
    pub(crate) groups: usize,
    /// The maximum size of the settings that are not the default ones, in bytes.
    pub(crate) bytes: usize,
}

impl GroupLimits {
    pub(crate) const DEFAULT: Self = Self { groups: 100_000, bytes: 64 * 1024 * 1024 };
}

/// The maximum number of rows that are written at a time.
const MAX_ROWS: usize = 4096;

/// The groups that exist from the start, as in Java's `SubscriptionGroupManager`.
const SYSTEM: [&str; 8] = [
    "TOOLS_CONSUMER",
    "FILTERSRV_CONSUMER",
    "SELF_TEST_C_GROUP",
    "CID_ONS-HTTP-PROXY",
    "CID_ONSAPI_PULL",
    "CID_ONSAPI_PERMISSION",
    "CID_ONSAPI_OWNER",
    "CID_RMQ_SYS_TRANS",
];

/// Returns whether a group is one of those.
#[cfg(feature = "console")]
pub(crate) fn is_system(group: &str) -> bool {
    SYSTEM.contains(&group)
}

/// All groups.
pub(crate) struct ConsumerGroups {
    by_name: Sharded<HashMap<Box<str>, Group>>,
    limits: GroupLimits,
    count: AtomicUsize,
    bytes: AtomicUsize,
    /// Groups that were created by their use, and are not stored yet.
    unstored: Mutex<Vec<Box<str>>>,
    created: Notify,
    /// Held while rows are written.
    writes: tokio::sync::Mutex<()>,
    pub(crate) version: TableVersion,
    log: Arc<Log>,
}

#[derive(Debug, Default)]
struct Group {
    rules: GroupRules,
    /// `None` if all settings are the default ones.
    settings: Option<Arc<GroupSettings>>,
    /// The size of the settings.
    bytes: usize,
}

impl Group {
    fn new(settings: GroupSettings, bytes: usize) -> Self {
        Self { rules: settings.rules(), settings: Some(Arc::new(settings)), bytes }
    }
}

impl ConsumerGroups {
    /// Reads the stored groups. All of them are kept, also if they are more than the limits.
    pub(crate) fn open(log: Arc<Log>, limits: GroupLimits) -> Result<Self, BoxError> {
        let mut rows = Vec::new();
        log.storage().scan(StorageTable::Groups, b""..b"\xff", &mut |name, row| {
            rows.push((name.to_vec(), row.to_vec()));
            ControlFlow::Continue(())
        })?;
        let groups = Self {
            by_name: Sharded::default(),
            limits,
            count: AtomicUsize::new(0),
            bytes: AtomicUsize::new(0),
            unstored: Mutex::default(),
            created: Notify::new(),
            writes: tokio::sync::Mutex::default(),
            version: TableVersion::default(),
            log,
        };
        for (name, row) in rows {
            let name = String::from_utf8(name)?;
            let group = match row.is_empty() {
                true => Group::default(),
                false => Group::new(GroupSettings::read(&row)?, row.len()),
            };
            groups.insert(&name, group);
        }
        for name in SYSTEM.into_iter().filter(|name| !groups.contains(name)) {
            groups.insert(name, Group::default());
        }
        Ok(groups)
    }

    /// Returns what a group may do, and creates it if it does not exist and may have its name. If there is
    /// no room, it is not kept, but has the default settings as well.
    pub(crate) fn used(&self, name: &str) -> GroupRules {
        let mut groups = self.by_name.of(name);
        if let Some(group) = groups.get(name) {
            return group.rules;
        }
        if names::check_group(name).is_ok() && self.take(name.len()).is_ok() {
            groups.insert(name.into(), Group::default());
            drop(groups);
            self.version.changed();
            lock(&self.unstored).push(name.into());
            self.created.notify_one();
        }
        GroupRules::default()
    }

    pub(crate) fn contains(&self, name: &str) -> bool {
        self.by_name.of(name).contains_key(name)
    }

    /// Returns the settings of a group, if it exists.
    pub(crate) fn get(&self, name: &str) -> Option<Arc<GroupSettings>> {
        let groups = self.by_name.of(name);
        let settings = groups.get(name)?.settings.clone();
        drop(groups);
        Some(settings.unwrap_or_else(|| GroupSettings::of(name).into()))
    }

    /// Returns the names of all groups, sorted. For threads that may block.
    pub(crate) fn names(&self) -> Vec<Box<str>> {
        let mut names = Vec::new();
        for groups in self.by_name.each() {
            names.extend(groups.keys().cloned());
        }
        names.sort_unstable();
        names
    }

    /// Returns the number of groups.
    pub(crate) fn len(&self) -> usize {
        self.count.load(Relaxed)
    }

    /// Creates a group, or replaces its settings, and waits until that is stored. It keeps its attributes,
    /// except for those that are changed.
    pub(crate) async fn update(&self, mut settings: GroupSettings) -> Result<(), BoxError> {
        let name = settings.config.group_name.clone();
        names::check_group(&name)?;
        let _writes = self.writes.lock().await;
        let known = self.get(&name);
        let changes = AttributeChanges::of(std::mem::take(&mut settings.config.attributes));
        let before = known.as_ref().map(|known| &known.config.attributes);
        settings.config.attributes = changes.apply(OF_GROUPS, before)?;
        if known.as_deref() == Some(&settings) {
            return Ok(());
        }
        let row = json::to_bytes(&settings)?;
        let old = self.by_name.of(&name).get(&*name).map_or(0, |group| group.bytes);
        let full = || {
            let GroupLimits { groups, bytes } = self.limits;
            let text = format!(
                "the broker has at most {groups} groups of consumers, and {bytes} bytes of settings"
            );
            refuse(ResponseCode::SYSTEM_BUSY, text)
        };
        let is_full = known.is_none() && self.len() >= self.limits.groups;
        if is_full || self.bytes.load(Relaxed) + row.len() > self.limits.bytes + old {
            return Err(full());
        }
        let mut rows = StorageBatch::default();
        rows.put(StorageTable::Groups, &name, row.clone());
        self.log.write(LogWrite::rows(rows)).await?;
        self.insert(&name, Group::new(settings, row.len()));
        self.version.changed();
        tracing::info!(group = name, "the settings of a group have changed");
        Ok(())
    }

    /// Deletes a group, and waits until that is stored. Its next use creates it again.
    pub(crate) async fn delete(&self, name: &str) -> Result<(), LogError> {
        let _writes = self.writes.lock().await;
        if !self.contains(name) {
            return Ok(());
        }
        let mut rows = StorageBatch::default();
        rows.delete(StorageTable::Groups, name);
        self.log.write(LogWrite::rows(rows)).await?;
        let mut groups = self.by_name.of(name);
        if let Some(group) = groups.remove(name) {
            self.count.fetch_sub(1, Relaxed);
            self.bytes.fetch_sub(name.len() + group.bytes, Relaxed);
        }
        shrink(&mut groups);
        drop(groups);
        self.version.changed();
        Ok(())
    }

    /// Resolves when groups were created by their use.
    pub(crate) async fn created(&self) {
        self.created.notified().await;
    }

    /// Stores groups that were created by their use. They are tried again after an error.
    pub(crate) async fn store_created(&self) -> Result<(), LogError> {
        let _writes = self.writes.lock().await;
        let mut names = std::mem::take(&mut *lock(&self.unstored));
        while !names.is_empty() {
            let batch = names.split_off(names.len().saturating_sub(MAX_ROWS));
            let mut rows = StorageBatch::default();
            for name in &batch {
                // Not those that were deleted, or have other settings, meanwhile.
                let groups = self.by_name.of(name);
                if groups.get(name).is_some_and(|group| group.settings.is_none()) {
                    rows.put(StorageTable::Groups, &**name, Vec::new());
                }
            }
            if let Err(error) = self.log.write(LogWrite::rows(rows)).await {
                names.extend(batch);
                lock(&self.unstored).append(&mut names);
                return Err(error);
            }
        }
        Ok(())
    }

    fn insert(&self, name: &str, group: Group) {
        let mut groups = self.by_name.of(name);
        let new = group.bytes;
        match groups.insert(name.into(), group) {
            Some(old) => _ = self.bytes.fetch_sub(old.bytes, Relaxed),
            None => {
                self.count.fetch_add(1, Relaxed);
                self.bytes.fetch_add(name.len(), Relaxed);
            }
        }
        self.bytes.fetch_add(new, Relaxed);
    }

    /// Takes room for a group with the default settings.
    fn take(&self, bytes: usize) -> Result<(), ()> {
        let count = self.count.fetch_add(1, Relaxed);
        let size = self.bytes.fetch_add(bytes, Relaxed) + bytes;
        if count < self.limits.groups && size <= self.limits.bytes {
            return Ok(());
        }
        self.count.fetch_sub(1, Relaxed);
        self.bytes.fetch_sub(bytes, Relaxed);
        Err(())
    }
}
