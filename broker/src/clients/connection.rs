//! One connection, with its clients and their groups.

use super::account::{Charge, ConnectionAccount};
use super::group::Role;
use super::kept_filters::KeptFilters;
use crate::filter::Filter;
use crate::sharded::shrink;
use rocketmq_tower::{BoxError, Channel, LanguageCode, MqVersion, RemotingCommand};
use rocketmq_tower_core::sync::lock;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, OnceLock};
use std::time::Instant;
use tokio::sync::Semaphore;

/// A connection with clients.
#[derive(Debug)]
pub(crate) struct ClientConnection {
    pub(super) channel: Channel,
    account: Arc<ConnectionAccount>,
    clients: Mutex<ConnectionClients>,
    /// For its requests with long bodies: one at a time.
    pub(crate) turn: Semaphore,
    filters: KeptFilters,
    /// The language and the version of the program at the other end.
    program: OnceLock<(LanguageCode, MqVersion)>,
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
        Self {
            channel,
            account,
            clients: Mutex::default(),
            turn: Semaphore::new(1),
            filters: KeptFilters::default(),
            program: OnceLock::new(),
        }
    }

    /// Notes which program has sent a request.
    pub(crate) fn note_program(&self, request: &RemotingCommand) {
        self.program.get_or_init(|| (request.language(), request.version()));
    }

    /// Returns the language and the version of the program at the other end.
    pub(super) fn program(&self) -> (LanguageCode, MqVersion) {
        self.program.get().copied().unwrap_or_default()
    }

    /// Returns the account of what is kept for this connection.
    pub(crate) fn account(&self) -> &Arc<ConnectionAccount> {
        &self.account
    }

    pub(super) fn lock(&self) -> MutexGuard<'_, ConnectionClients> {
        lock(&self.clients)
    }

    /// Returns the filter of a pull with a long expression, or with SQL92. Pulls of the connection share it.
    pub(crate) fn filter(&self, kind: &str, expression: &str) -> Result<Arc<Filter>, BoxError> {
        self.filters.get(kind, expression, &self.account)
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

    /// Gives back the memory of memberships that have ended.
    pub(super) fn shrink(&mut self) {
        shrink(&mut self.producers);
        shrink(&mut self.consumers);
    }

    pub(super) fn is_empty(&self) -> bool {
        self.producers.is_empty() && self.consumers.is_empty()
    }
}
