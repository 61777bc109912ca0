//! One connection, with its clients and their groups.

use super::account::{Charge, ConnectionAccount};
use super::group::Role;
use crate::filter::Filter;
use rocketmq_tower::{BoxError, Channel};
use rocketmq_tower_core::sync::lock;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, Weak};
use std::time::Instant;
use tokio::sync::Semaphore;

/// The bytes of a filter that is kept beside its hashes and its text, as they count in the account.
const FILTER_BYTES: usize = 256;

/// A connection with clients.
#[derive(Debug)]
pub(crate) struct ClientConnection {
    pub(super) channel: Channel,
    account: Arc<ConnectionAccount>,
    clients: Mutex<ConnectionClients>,
    /// For its requests with long bodies: one at a time.
    pub(crate) turn: Semaphore,
    /// The filters of its pulls' long expressions, as long as they are in use.
    filters: Mutex<HashMap<Box<str>, Weak<Filter>>>,
}

/// The clients of a connection.
#[derive(Debug, Default)]
pub(super) struct ConnectionClients {
    /// The connection has ended: it gets no more clients.
    pub(super) gone: bool,
    pub(super) by_id: HashMap<Arc<str>, ClientGroups>,
}

/// The groups of a client, by their names.
#[derive(Debug)]
pub(super) struct ClientGroups {
    producers: HashMap<Arc<str>, Membership>,
    consumers: HashMap<Arc<str>, Membership>,
    _charge: Charge,
}

/// The membership of a client in a group.
#[derive(Debug)]
pub(super) struct Membership {
    /// The time of the last heartbeat.
    pub(super) seen: Instant,
    pub(super) _charge: Charge,
}

impl ClientConnection {
    pub(super) fn new(channel: Channel, account: Arc<ConnectionAccount>) -> Self {
        let turn = Semaphore::new(1);
        Self { channel, account, clients: Mutex::default(), turn, filters: Mutex::default() }
    }

    /// Returns the account of what is kept for this connection.
    pub(crate) fn account(&self) -> &Arc<ConnectionAccount> {
        &self.account
    }

    pub(super) fn lock(&self) -> MutexGuard<'_, ConnectionClients> {
        lock(&self.clients)
    }

    /// Returns the filter of a pull with a long expression. Pulls of the connection share it.
    pub(crate) fn filter(&self, kind: &str, expression: &str) -> Result<Arc<Filter>, BoxError> {
        if let Some(known) = lock(&self.filters).get(expression).and_then(Weak::upgrade) {
            return Ok(known);
        }
        let filter = Filter::parse(kind, expression)?;
        if filter.accepts_all() {
            return Ok(Arc::new(filter));
        }
        let filter = filter.keep(&self.account, FILTER_BYTES + expression.len())?;
        let mut filters = lock(&self.filters);
        if filters.len() == filters.capacity() {
            // Instead of growing, if that makes room.
            filters.retain(|_, filter| filter.strong_count() > 0);
        }
        filters.insert(expression.into(), Arc::downgrade(&filter));
        Ok(filter)
    }
}

impl ClientGroups {
    pub(super) fn new(charge: Charge) -> Self {
        Self { producers: HashMap::new(), consumers: HashMap::new(), _charge: charge }
    }

    pub(super) fn of(&mut self, role: Role) -> &mut HashMap<Arc<str>, Membership> {
        match role {
            Role::Producer => &mut self.producers,
            Role::Consumer => &mut self.consumers,
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.producers.is_empty() && self.consumers.is_empty()
    }
}
