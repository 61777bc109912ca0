//! The connected clients: producers and consumers by their groups, from their heartbeats until their
//! connections end.
//!
//! A member of a group is a client on a connection. What is kept for a connection counts in its account;
//! when there is no room, what asks for more is refused.
//!
//! Two locks are held at a time only in this order: that of a connection's clients, then that of one
//! part of a table.

mod account;
mod changes;
mod connection;
#[cfg(feature = "console")]
mod connection_report;
mod group;
mod kept_filters;
mod locks;
mod members;
mod reaper;
mod report;
mod subscriptions;
#[cfg(test)]
mod tests;

use account::Account;
#[cfg(feature = "fuzzing")]
pub(crate) use account::OWN;
pub(crate) use account::{Charge, ClientStateLimits, ConnectionAccount};
use changes::ChangedGroups;
pub(crate) use connection::ClientConnection;
pub(crate) use group::ConsumerKind;
use group::Groups;
pub(crate) use locks::{LockOwner, MAX_LOCKS, QueueLocks};
pub(crate) use members::{ConsumerBeat, GroupUpdate};
pub(crate) use reaper::ClientReaper;
pub(crate) use report::ClientReport;
pub(crate) use subscriptions::{SentSubscription, Subscription, SubscriptionText};

use crate::sharded::Sharded;
use rocketmq_tower::Channel;
use rocketmq_tower::protocol::MessageModel;
use rocketmq_tower_core::sync::lock;
use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::{Arc, Mutex};

/// The clients of the broker.
#[derive(Debug)]
pub(crate) struct Clients {
    account: Arc<Account>,
    /// The connections with clients, by their ids.
    connections: Mutex<HashMap<u64, Arc<ClientConnection>>>,
    /// By the name of the group.
    groups: Sharded<Groups>,
    /// The connections of each client, by the client's id and the connection's.
    ids: Sharded<HashMap<Arc<str>, BTreeMap<u64, Channel>>>,
    changed: ChangedGroups,
}

impl Clients {
    pub(crate) fn new(limits: ClientStateLimits) -> Self {
        Self {
            account: Account::new(limits),
            connections: Mutex::default(),
            groups: Sharded::default(),
            ids: Sharded::default(),
            changed: ChangedGroups::default(),
        }
    }

    /// Returns how many bytes are kept for all connections.
    #[cfg(feature = "fuzzing")]
    pub(crate) fn used(&self) -> usize {
        self.account.used()
    }

    /// Returns what is known about a connection.
    pub(crate) fn connection(&self, channel: &Channel) -> Arc<ClientConnection> {
        let known = lock(&self.connections).get(&channel.id()).map(Arc::clone);
        known.unwrap_or_else(|| {
            let new = ClientConnection::new(channel.observer(), self.account.of_connection());
            let new = Arc::clone(
                lock(&self.connections).entry(channel.id()).or_insert_with(|| Arc::new(new)),
            );
            // Its end may have been reported before.
            if channel.is_closed() {
                self.remove_connection(channel);
            }
            new
        })
    }

    /// Returns the number of connections with clients.
    #[cfg(feature = "console")]
    pub(crate) fn connection_count(&self) -> usize {
        lock(&self.connections).len()
    }

    /// Returns all connections with clients.
    pub(crate) fn connections(&self) -> Vec<Arc<ClientConnection>> {
        lock(&self.connections).values().cloned().collect()
    }

    /// Removes the clients of a connection that has ended.
    pub(crate) fn remove_connection(&self, channel: &Channel) {
        let removed = lock(&self.connections).remove(&channel.id());
        if let Some(connection) = removed {
            self.remove(&connection, true, |_| true);
        }
    }

    /// Returns what a group has subscribed to in a topic.
    pub(crate) fn subscribed(&self, group: &str, topic: &str) -> Subscribed {
        let groups = self.groups.of(group);
        match groups.consumers(group).map(|group| &group.subscriptions) {
            None => Subscribed::No,
            Some(None) => Subscribed::Unknown,
            Some(Some(topics)) => {
                topics.get(topic).map_or(Subscribed::No, |known| Subscribed::To(known.clone()))
            }
        }
    }

    /// Returns what a group has subscribed to in a topic, as its members have sent it.
    pub(crate) fn subscription(&self, group: &str, topic: &str) -> Option<SubscriptionText> {
        self.groups.of(group).consumers(group)?.subscriptions.as_ref()?.text(topic)
    }

    /// Returns whether each consumer of a group gets all messages.
    pub(crate) fn broadcasts(&self, group: &str) -> bool {
        let groups = self.groups.of(group);
        let kind = groups.consumers(group).map(|group| group.kind);
        kind.is_some_and(|kind| kind.message_model == MessageModel::Broadcasting)
    }

    /// Returns the ids of a group's consumers, sorted.
    pub(crate) fn consumers(&self, group: &str) -> Vec<Arc<str>> {
        self.groups.of(group).consumers(group).map(|group| group.ids()).unwrap_or_default()
    }

    /// Returns whether a group has consumers.
    pub(crate) fn has_consumers(&self, group: &str) -> bool {
        self.groups.of(group).consumers(group).is_some()
    }

    /// Returns the groups of consumers that have subscribed to a topic, in no particular order.
    pub(crate) fn subscribers(&self, topic: &str) -> Vec<String> {
        let mut names = Vec::new();
        for groups in self.groups.each() {
            names.extend(groups.subscribers(topic).map(str::to_owned));
        }
        names
    }

    /// Returns the other connections on which a client with this id is a member of a group, sorted, if it
    /// is one on this connection, too.
    pub(crate) fn rivals(&self, group: &str, client: &str, connection: u64) -> Vec<u64> {
        let groups = self.groups.of(group);
        let Some(group) = groups.consumers(group) else { return Vec::new() };
        let mut all: Vec<_> = group.connections(&client.into()).collect();
        let before = all.len();
        all.retain(|&other| other != connection);
        if all.len() < before { all } else { Vec::new() }
    }

    /// Returns the connection of one of a group's producers, which `turn` selects.
    pub(crate) fn any_producer(&self, group: &str, turn: usize) -> Option<Channel> {
        let groups = self.groups.of(group);
        let mut channels = groups.producers(group)?.channels();
        let turn = turn.checked_rem(channels.len())?;
        channels.nth(turn).cloned()
    }

    /// Returns a connection of a client of any group.
    pub(crate) fn channel_of(&self, client: &str) -> Option<Channel> {
        self.ids.of(client).get(client)?.values().next_back().cloned()
    }

    /// Waits for the next group of consumers that has changed. For one task only.
    pub(crate) async fn changed(&self) -> Arc<str> {
        self.changed.next().await
    }

    /// Returns the connections of a group's consumers, each once.
    pub(crate) fn channels(&self, group: &str) -> Vec<Channel> {
        let groups = self.groups.of(group);
        let channels = groups.consumers(group).map(|group| group.channels().cloned().collect());
        drop(groups);
        let (mut channels, mut seen): (Vec<Channel>, _) =
            (channels.unwrap_or_default(), HashSet::new());
        channels.retain(|channel| seen.insert(channel.id()));
        channels
    }
}

/// The subscription of a group to a topic, if there is one.
#[derive(Clone, Debug)]
pub(crate) enum Subscribed {
    To(Subscription),
    /// The group has members, and none of them has sent its subscriptions yet.
    Unknown,
    No,
}
