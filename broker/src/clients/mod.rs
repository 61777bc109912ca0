//! Who is there: producers and consumers by their groups, as their heartbeats say, for as long as
//! their connections last.

mod group;
pub(crate) mod heart_beat;
mod locks;
mod reaper;

use group::{ConsumerGroup, GroupMembers};
pub(crate) use group::{GroupUpdate, Subscription};
pub(crate) use locks::{QueueLocks, QueueName};
pub(crate) use reaper::ClientReaper;
use rocketmq_tower::{Channel, RemotingCommand, RequestCode};
use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// GroupMembers that have not been heard of for this long are taken out: Java's `channelExpiredTimeout`.
const EXPIRY: Duration = Duration::from_secs(120);

/// More groups of either kind than this are not kept.
const MAX_GROUPS: usize = 100_000;

/// The table of clients.
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
        self.tables.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Notes that a producer is there.
    pub(crate) fn producer_beats(&self, group: &str, client: &str, channel: &Channel) {
        let mut tables = self.lock();
        if tables.producers.len() < MAX_GROUPS || tables.producers.contains_key(group) {
            tables.producers.entry(group.to_owned()).or_default().beats(client, channel);
        }
    }

    /// Notes that a consumer is there, and to what its group has subscribed, if it says so. All
    /// members of the group are told when that changes the group.
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
        let told = update.changed.then(|| members.channels());
        drop(tables);
        tell(group, told.unwrap_or_default());
        update
    }

    /// Takes a client out of a group of producers and one of consumers.
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

    /// Takes out the consumers that `gone` says, and tells those that are left in their groups.
    fn remove_consumers(&self, gone: impl Fn(&str, &str, &group::GroupMember) -> bool) {
        let mut left = Vec::new();
        self.lock().consumers.retain(|name, group| {
            if group.members.remove(|id, member| gone(name, id, member)) {
                left.push((name.clone(), group.channels()));
            }
            !group.members.is_empty()
        });
        for (group, channels) in left {
            tell(&group, channels);
        }
    }

    /// Takes out whom nobody has heard of for long, such as clients that ended without a word on a
    /// connection that others use, too.
    pub(crate) fn expire(&self) {
        let old = |member: &group::GroupMember| member.seen.elapsed() > EXPIRY;
        self.lock().producers.retain(|_, members| {
            members.remove(|_, member| old(member));
            !members.is_empty()
        });
        self.remove_consumers(|_, _, member| old(member));
    }

    /// Takes out the clients of a connection that has ended.
    pub(crate) fn remove_connection(&self, channel: &Channel) {
        self.lock().producers.retain(|_, members| {
            members.remove(|_, member| member.channel == *channel);
            !members.is_empty()
        });
        self.remove_consumers(|_, _, member| member.channel == *channel);
    }

    /// To what a group has subscribed.
    pub(crate) fn subscription(&self, group: &str, topic: &str) -> Option<Subscription> {
        self.lock().consumers.get(group)?.subscriptions.get(topic).cloned()
    }

    /// The ids of a group's consumers, sorted.
    pub(crate) fn consumers(&self, group: &str) -> Vec<String> {
        self.lock().consumers.get(group).map(|group| group.members.ids()).unwrap_or_default()
    }

    /// A connection to one of a group's producers; another one each time.
    pub(crate) fn any_producer(&self, group: &str, turn: usize) -> Option<Channel> {
        let tables = self.lock();
        let mut channels = tables.producers.get(group)?.channels();
        let turn = turn.checked_rem(channels.len())?;
        Some(channels.swap_remove(turn))
    }

    /// The connection of a client, whatever its group.
    pub(crate) fn channel_of(&self, client: &str) -> Option<Channel> {
        let tables = self.lock();
        let consumers = tables.consumers.values().map(|group| &group.members);
        tables.producers.values().chain(consumers).find_map(|members| members.channel(client))
    }
}

/// Tells consumers that their group has changed, so that they share the queues anew. Whoever can't
/// be told looks by itself, every 20 s.
fn tell(group: &str, consumers: Vec<Channel>) {
    for channel in consumers {
        let changed = RemotingCommand::request(RequestCode::NOTIFY_CONSUMER_IDS_CHANGED);
        let changed = changed.with_ext_field("consumerGroup", group);
        if let Err(error) = channel.try_invoke_oneway(changed) {
            tracing::debug!(group, peer = %channel.peer_addr(), %error, "a consumer was not told");
        }
    }
}
