//! How clients join and leave groups.

use super::connection::{ClientConnection, ClientGroups, Membership};
use super::group::{ConsumerKind, Role};
use super::subscriptions::{NewSubscription, SentSubscription, Subscriptions};
use super::{Channel, Clients};
use crate::refusal::{Refused, refuse};
use crate::sharded::shrink;
use rocketmq_tower::{BoxError, ResponseCode};
use std::collections::HashMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// The time without a heartbeat after which a member is removed: Java's `channelExpiredTimeout`.
const EXPIRY: Duration = Duration::from_secs(120);

/// The bytes of a member of a group, and of a client, beside their names, as they count in the account.
const MEMBER_BYTES: usize = 768;
const CLIENT_BYTES: usize = 512;

/// A heartbeat of a consumer.
#[derive(Clone, Copy, Debug)]
pub(crate) struct ConsumerBeat<'a> {
    pub(crate) client: &'a str,
    pub(crate) group: &'a str,
    pub(crate) kind: ConsumerKind,
    /// The subscriptions of the group, if it has sent them.
    pub(crate) subscriptions: Option<&'a [SentSubscription<'a>]>,
}

/// The effect of a heartbeat on a group.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct GroupUpdate {
    /// The members or the topics have changed.
    pub(crate) changed: bool,
    /// The subscriptions of the group are unknown.
    pub(crate) needs_subscriptions: bool,
}

impl Clients {
    /// Notes a heartbeat of a producer.
    pub(crate) fn producer_beats(
        &self,
        connection: &ClientConnection,
        client: &str,
        group: &str,
    ) -> Result<(), BoxError> {
        self.join(connection, Role::Producer, client, group).map(drop)
    }

    /// Notes a heartbeat of a consumer. If that changes the group, its members will be notified. Subscriptions that are refused do not fail the others.
    pub(crate) fn consumer_beats(
        &self,
        connection: &ClientConnection,
        beat: &ConsumerBeat<'_>,
        refused: &mut Refused,
    ) -> Result<GroupUpdate, BoxError> {
        let &ConsumerBeat { client, group, kind, subscriptions } = beat;
        let mut changed = self.join(connection, Role::Consumer, client, group)?;
        if let Some(sent) = subscriptions {
            changed |= self.subscribe(connection, group, sent, refused);
        }
        let mut groups = self.groups.of(group);
        let known = groups.consumers_mut(group).is_some_and(|group| {
            group.kind = kind;
            group.subscriptions.is_some()
        });
        drop(groups);
        if changed {
            self.changed.add(&group.into());
        }
        Ok(GroupUpdate { changed, needs_subscriptions: !known })
    }

    /// Notes that a client is a member of a group, and returns whether it is new.
    fn join(
        &self,
        connection: &ClientConnection,
        role: Role,
        client: &str,
        group: &str,
    ) -> Result<bool, BoxError> {
        let mut clients = connection.lock();
        if clients.gone {
            return Err(refuse(ResponseCode::SYSTEM_BUSY, "the connection has ended"));
        }
        let seen = Instant::now();
        let known = clients.by_id.get_mut(client).and_then(|groups| groups.of(role).get_mut(group));
        if let Some(membership) = known {
            membership.seen = seen;
            return Ok(false);
        }
        let account = connection.account();
        let _charge = account.charge(MEMBER_BYTES + group.len())?;
        let of_client = match clients.by_id.contains_key(client) {
            true => None,
            false => Some(account.charge(CLIENT_BYTES + client.len())?),
        };
        let known = clients.by_id.get_key_value(client).map(|(id, _)| Arc::clone(id));
        let id = known.unwrap_or_else(|| client.into());
        let channel = &connection.channel;
        let group = self.groups.of(group).join(role, group, &id, channel)?;
        if let Some(charge) = of_client {
            clients.by_id.insert(Arc::clone(&id), ClientGroups::new(charge));
            let mut ids = self.ids.of(&id);
            ids.entry(Arc::clone(&id)).or_default().insert(channel.id(), channel.clone());
        }
        if let Some(groups) = clients.by_id.get_mut(&id) {
            groups.of(role).insert(group, Membership { seen, _charge });
        }
        Ok(true)
    }

    /// Replaces the subscriptions of a group, and returns whether the topics have changed.
    fn subscribe(
        &self,
        connection: &ClientConnection,
        group: &str,
        sent: &[SentSubscription<'_>],
        refused: &mut Refused,
    ) -> bool {
        let mut topics: HashMap<&str, &SentSubscription<'_>> = HashMap::with_capacity(sent.len());
        for sent in sent {
            let latest = topics.entry(sent.topic).or_insert(sent);
            if latest.version < sent.version {
                *latest = sent;
            }
        }
        let newer: Vec<_> = {
            let groups = self.groups.of(group);
            let Some(group) = groups.consumers(group) else { return false };
            let all = topics.values().copied();
            match &group.subscriptions {
                Some(known) => {
                    let newer: Vec<_> = all.filter(|sent| known.is_older(sent)).collect();
                    if newer.is_empty() && known.len() == topics.len() {
                        return false;
                    }
                    newer
                }
                None => all.collect(),
            }
        };
        // Parsed without a lock: expressions may be long.
        let new = newer.into_iter();
        let new =
            new.filter_map(|sent| refused.note(NewSubscription::parse(sent, connection.account())));
        let new: Vec<_> = new.collect();
        let mut groups = self.groups.of(group);
        let Some(group) = groups.consumers_mut(group) else { return false };
        let known = group.subscriptions.get_or_insert_with(Subscriptions::default);
        known.replace(new, |topic| topics.contains_key(topic))
    }

    /// Removes a client of a connection from a group of producers and from a group of consumers.
    pub(crate) fn leaves(
        &self,
        channel: &Channel,
        client: &str,
        producer: Option<&str>,
        consumer: Option<&str>,
    ) {
        let connection = self.connection(channel);
        let mut clients = connection.lock();
        let Some((id, _)) = clients.by_id.get_key_value(client) else { return };
        let id = Arc::clone(id);
        let Some(groups) = clients.by_id.get_mut(client) else { return };
        for (role, name) in [(Role::Producer, producer), (Role::Consumer, consumer)] {
            let left = name.and_then(|name| groups.of(role).remove_entry(name));
            if let Some((group, _)) = left {
                self.part(role, &group, &id, channel.id());
            }
        }
        groups.shrink();
        if groups.is_empty() {
            clients.by_id.remove(client);
            shrink(&mut clients.by_id);
            self.forget(&id, channel.id());
        }
    }

    /// Removes the members of a connection that have no heartbeats any more.
    pub(crate) fn expire(&self, connection: &ClientConnection) {
        self.remove(connection, false, |membership| membership.seen.elapsed() > EXPIRY);
    }

    /// Removes the members of a connection for which `gone` returns true; `for_good` if it ends.
    pub(super) fn remove(
        &self,
        connection: &ClientConnection,
        for_good: bool,
        gone: impl Fn(&Membership) -> bool,
    ) {
        let id = connection.channel.id();
        let mut clients = connection.lock();
        clients.gone |= for_good;
        clients.by_id.retain(|client, groups| {
            for role in [Role::Producer, Role::Consumer] {
                groups.of(role).retain(|group, membership| {
                    let gone = gone(membership);
                    if gone {
                        self.part(role, group, client, id);
                    }
                    !gone
                });
            }
            groups.shrink();
            if groups.is_empty() {
                self.forget(client, id);
            }
            !groups.is_empty()
        });
        shrink(&mut clients.by_id);
    }

    /// Removes a member from its group. If that changes the consumers of the group, the others will be
    /// notified.
    fn part(&self, role: Role, group: &Arc<str>, client: &Arc<str>, connection: u64) {
        let changed = self.groups.of(group).leave(role, group, client, connection);
        if changed && role == Role::Consumer {
            self.changed.add(group);
        }
    }

    /// Removes a connection of a client.
    fn forget(&self, client: &Arc<str>, connection: u64) {
        let mut ids = self.ids.of(client);
        if let Some(connections) = ids.get_mut(client) {
            connections.remove(&connection);
            if connections.is_empty() {
                ids.remove(client);
            }
        }
    }
}
