//! Settings that tools can change while the broker runs. They are lost when it ends: its options say how
//! it begins.

use crate::config::{BrokerConfig, StoreConfig};
use rocketmq_tower::protocol::perm;
use std::sync::atomic::{AtomicI32, AtomicU64, Ordering::Relaxed};
use std::time::Duration;

/// The settings of a running broker.
#[derive(Debug)]
pub(crate) struct RuntimeSettings {
    /// The age at which messages are deleted, in seconds.
    retention: AtomicU64,
    /// The permissions of clients: to read, to write.
    permission: AtomicI32,
    /// How often a setting was changed.
    changes: AtomicU64,
    /// The options with which the broker was started.
    pub(crate) options: BrokerConfig,
}

impl RuntimeSettings {
    pub(crate) fn new(options: &BrokerConfig) -> Self {
        Self {
            retention: options.retention.as_secs().into(),
            permission: (perm::READ | perm::WRITE).into(),
            changes: AtomicU64::new(0),
            options: options.clone(),
        }
    }

    pub(crate) fn retention(&self) -> Duration {
        Duration::from_secs(self.retention.load(Relaxed))
    }

    pub(crate) fn set_retention(&self, age: Duration) {
        self.retention.store(age.as_secs(), Relaxed);
        self.changes.fetch_add(1, Relaxed);
    }

    pub(crate) fn permission(&self) -> i32 {
        self.permission.load(Relaxed)
    }

    pub(crate) fn set_permission(&self, permission: i32) {
        self.permission.store(permission, Relaxed);
        self.changes.fetch_add(1, Relaxed);
    }

    /// Returns whether clients may send.
    pub(crate) fn is_writable(&self) -> bool {
        self.permission() & perm::WRITE != 0
    }

    /// Returns whether clients may pull.
    pub(crate) fn is_readable(&self) -> bool {
        self.permission() & perm::READ != 0
    }

    pub(crate) fn changes(&self) -> u64 {
        self.changes.load(Relaxed)
    }

    /// Returns the folder of the store; empty if it is in memory.
    pub(crate) fn folder(&self) -> String {
        match &self.options.store {
            StoreConfig::Memory => String::new(),
            StoreConfig::Folder(path) => path.display().to_string(),
        }
    }
}
