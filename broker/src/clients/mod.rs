//! The connected clients: producers and consumers by their groups, from their heartbeats until their
//! connections end.

mod group;
mod locks;
mod reaper;

use group::{ConsumerGroup, GroupMembers};
pub(crate) use group::{GroupUpdate, Subscription};
pub(crate) use locks::QueueLocks;
pub(crate) use reaper::ClientReaper;
use rocketmq_tower::{Channel, RemotingCommand, RequestCode};
use rocketmq_tower_core::sync::lock;
use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard};
use std::time::Duration;

/// The time without a heartbeat after which a member is removed: Java's `channelExpiredTimeout`.
const EXPIRY: Duration = Duration::from_secs(120);

/// The maximum number of groups of producers, and of groups of consumers.
const MAX_GROUPS: usize = 100_000;

/// The clients of the broker.
#[derive(Debug, Default)]
pub(crate) struct Clients {
    tables: Mutex<Tables>,
}

#[derive(Debug, Default)]
struct Tables {
    producers: HashMap<String, GroupMembers>,
    consumers: HashMap<String, ConsumerGroup>,
}

impl Clients {
    fn lock(&self) -> MutexGuard<'_, Tables> {
        lock(&self.tables)
    }

    /// Notes a heartbeat of a producer.
    pub(crate) fn producer_beats(&self, group: &str, client: &str, channel: &Channel) {
        let mut tables = self.lock();
        if tables.producers.len() < MAX_GROUPS || tables.producers.contains_key(group) {
            tables.producers.entry(group.to_owned()).or_default().beats(client, channel);
        }
    }

    /// Notes a heartbeat of a consumer, with the subscriptions of its group if it has any. If that changes
    /// the group, all its members are notified.
    pub(crate) fn consumer_beats(
        &self,
        group: &str,
        client: &str,
        channel: &Channel,
        subscriptions: Option<Vec<Subscription>>,
    ) -> GroupUpdate {
        let mut tables = self.lock();
        if tables.consumers.len() >= MAX_GROUPS && !tables.consumers.contains_key(group) {
            return GroupUpdate::default();
        }
        let members = tables.consumers.entry(group.to_owned()).or_default();
        let update = members.beats(client, channel, subscriptions);
        let notified = update.changed.then(|| members.channels());
        drop(tables);
        notify(group, notified.unwrap_or_default());
        update
    }

    /// Removes a client from a group of producers and from a group of consumers.
    pub(crate) fn leaves(&self, client: &str, producer: Option<&str>, consumer: Option<&str>) {
        if let Some(group) = producer {
            self.retain(|tables| &mut tables.producers, group, client);
        }
        let Some(group) = consumer else { return };
        self.remove_consumers(|name, id, _| name == group && id == client);
    }

    fn retain(
        &self,
        table: impl Fn(&mut Tables) -> &mut HashMap<String, GroupMembers>,
        group: &str,
        client: &str,
    ) {
        let mut tables = self.lock();
        let groups = table(&mut tables);
        if let Some(members) = groups.get_mut(group) {
            members.remove(|id, _| id == client);
            if members.is_empty() {
                groups.remove(group);
            }
        }
    }

    /// Removes the consumers for which `gone` returns true, and notifies the other members of their
    /// groups.
    fn remove_consumers(&self, gone: impl Fn(&str, &str, &group::GroupMember) -> bool) {
        let mut left = Vec::new();
        self.lock().consumers.retain(|name, group| {
            if group.members.remove(|id, member| gone(name, id, member)) {
                left.push((name.clone(), group.channels()));
            }
            !group.members.is_empty()
        });
        for (group, channels) in left {
            notify(&group, channels);
        }
    }

    /// Removes clients without heartbeats, such as those that have ended on a connection that they shared
    /// with others.
    pub(crate) fn expire(&self) {
        let old = |member: &group::GroupMember| member.seen.elapsed() > EXPIRY;
        self.lock().producers.retain(|_, members| {
            members.remove(|_, member| old(member));
            !members.is_empty()
        });
        self.remove_consumers(|_, _, member| old(member));
    }

    /// Removes the clients of a connection that has ended.
    pub(crate) fn remove_connection(&self, channel: &Channel) {
        self.lock().producers.retain(|_, members| {
            members.remove(|_, member| member.channel == *channel);
            !members.is_empty()
        });
        self.remove_consumers(|_, _, member| member.channel == *channel);
    }

    /// Returns the subscription of a group to a topic.
    pub(crate) fn subscription(&self, group: &str, topic: &str) -> Option<Subscription> {
        self.lock().consumers.get(group)?.subscriptions.get(topic).cloned()
    }

    /// Returns the ids of a group's consumers, sorted.
    pub(crate) fn consumers(&self, group: &str) -> Vec<String> {
        self.lock().consumers.get(group).map(|group| group.members.ids()).unwrap_or_default()
    }

    /// Returns the connection of one of a group's producers, which `turn` selects.
    pub(crate) fn any_producer(&self, group: &str, turn: usize) -> Option<Channel> {
        let tables = self.lock();
        let mut channels = tables.producers.get(group)?.channels();
        let turn = turn.checked_rem(channels.len())?;
        Some(channels.swap_remove(turn))
    }

    /// Returns the connection of a client of any group.
    pub(crate) fn channel_of(&self, client: &str) -> Option<Channel> {
        let tables = self.lock();
        let consumers = tables.consumers.values().map(|group| &group.members);
        tables.producers.values().chain(consumers).find_map(|members| members.channel(client))
    }
}

/// Notifies consumers that their group has changed, so that they rebalance the queues. A consumer that
/// cannot be notified looks at the group every 20 s.
fn notify(group: &str, consumers: Vec<Channel>) {
    for channel in consumers {
        let changed = RemotingCommand::request(RequestCode::NOTIFY_CONSUMER_IDS_CHANGED);
        let changed = changed.with_ext_field("consumerGroup", group);
        if let Err(error) = channel.try_invoke_oneway(changed) {
            tracing::debug!(group, peer = %channel.peer_addr(), %error, "a consumer was not notified");
        }
    }
}
