//! Topics that a tool has deleted in the name server alone.

use super::Topics;
use crate::refusal::refuse;
use rocketmq_tower::{BoxError, ResponseCode};
use rocketmq_tower_core::sync::lock;
use std::collections::HashMap;
use std::sync::Mutex;

/// The time after which Java's broker registers all of its topics again, in ms.
pub(super) const REGISTRATION: i64 = 30_000;

/// The maximum number of such topics.
pub(super) const MAX: usize = 1024;

/// The topics that have no route, and when they have one again: at the next registration of a Java broker, or when they
/// are changed or created.
#[derive(Default)]
pub(super) struct Unlisted(Mutex<HashMap<String, i64>>);

impl Unlisted {
    pub(super) fn remove(&self, name: &str) {
        lock(&self.0).remove(name);
    }
}

impl Topics {
    /// Takes a topic out of the name server's table for the next 30 s, or until it is changed.
    ///
    /// # Errors
    /// If there are too many of them.
    pub(crate) fn unlist(&self, name: &str, now_ms: i64) -> Result<(), BoxError> {
        let mut unlisted = lock(&self.unlisted.0);
        if unlisted.len() >= MAX {
            unlisted.retain(|_, until| *until > now_ms);
        }
        if unlisted.len() >= MAX && !unlisted.contains_key(name) {
            let text =
                format!("{MAX} topics that their broker still has were deleted: wait for 30 s");
            return Err(refuse(ResponseCode::SYSTEM_ERROR, text));
        }
        unlisted.insert(name.to_owned(), now_ms.saturating_add(REGISTRATION));
        Ok(())
    }

    /// Returns whether the name server has the topic, if the broker has it.
    pub(crate) fn is_listed(&self, name: &str, now_ms: i64) -> bool {
        lock(&self.unlisted.0).get(name).is_none_or(|until| *until <= now_ms)
    }
}
