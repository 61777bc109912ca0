//! A group of producers or of consumers, and its members.

use super::subscriptions::Subscriptions;
use crate::refusal::refuse;
use rocketmq_tower::protocol::{ConsumeFromWhere, ConsumeType, MessageModel};
use rocketmq_tower::{BoxError, Channel, ResponseCode};
use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

/// The maximum number of members of a group.
const MAX_MEMBERS: usize = 10_000;

/// The role of a group's members.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Role {
    Producer,
    Consumer,
}

/// Some of the groups, by their names.
#[derive(Debug, Default)]
pub(super) struct Groups {
    producers: HashMap<Arc<str>, Group>,
    consumers: HashMap<Arc<str>, Group>,
}

/// One group.
#[derive(Debug, Default)]
pub(super) struct Group {
    /// A member is a client on a connection. Several clients may share a connection, and several
    /// connections a client's id, such as in containers.
    members: BTreeMap<(Arc<str>, u64), Channel>,
    /// `None` until a member has sent them.
    pub(super) subscriptions: Option<Subscriptions>,
    /// How its consumers consume, from the last heartbeat.
    pub(super) kind: ConsumerKind,
}

/// How the consumers of a group consume.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct ConsumerKind {
    pub(crate) consume_type: ConsumeType,
    pub(crate) message_model: MessageModel,
    pub(crate) consume_from_where: ConsumeFromWhere,
}

impl Groups {
    fn of(&mut self, role: Role) -> &mut HashMap<Arc<str>, Group> {
        match role {
            Role::Producer => &mut self.producers,
            Role::Consumer => &mut self.consumers,
        }
    }

    pub(super) fn producers(&self, name: &str) -> Option<&Group> {
        self.producers.get(name)
    }

    pub(super) fn consumers(&self, name: &str) -> Option<&Group> {
        self.consumers.get(name)
    }

    pub(super) fn consumers_mut(&mut self, name: &str) -> Option<&mut Group> {
        self.consumers.get_mut(name)
    }

    /// Returns the groups of consumers that have subscribed to a topic.
    pub(super) fn subscribers(&self, topic: &str) -> impl Iterator<Item = &str> {
        let all = self.consumers.iter();
        all.filter(move |(_, group)| {
            group.subscriptions.as_ref().is_some_and(|known| known.get(topic).is_some())
        })
        .map(|(name, _)| &**name)
    }

    /// Adds a member, and returns the shared name of the group.
    pub(super) fn join(
        &mut self,
        role: Role,
        name: &str,
        client: &Arc<str>,
        channel: &Channel,
    ) -> Result<Arc<str>, BoxError> {
        let groups = self.of(role);
        let shared =
            groups.get_key_value(name).map_or_else(|| name.into(), |(name, _)| Arc::clone(name));
        let group = groups.entry(Arc::clone(&shared)).or_default();
        if group.members.len() >= MAX_MEMBERS {
            let text = format!("the group {name} has its maximum of {MAX_MEMBERS} members");
            return Err(refuse(ResponseCode::SYSTEM_BUSY, text));
        }
        group.members.insert((Arc::clone(client), channel.id()), channel.clone());
        Ok(shared)
    }

    /// Removes a member, and returns whether the ids of the group's clients have changed.
    pub(super) fn leave(
        &mut self,
        role: Role,
        name: &str,
        client: &Arc<str>,
        connection: u64,
    ) -> bool {
        let groups = self.of(role);
        let Some(group) = groups.get_mut(name) else { return false };
        let was_there = group.members.remove(&(Arc::clone(client), connection)).is_some();
        let changed = was_there && group.connections(client).next().is_none();
        if group.members.is_empty() {
            groups.remove(name);
        }
        changed
    }
}

impl Group {
    /// Returns the connections that have a client with this id.
    pub(super) fn connections(&self, client: &Arc<str>) -> impl Iterator<Item = u64> {
        let ids = (Arc::clone(client), 0)..=(Arc::clone(client), u64::MAX);
        self.members.range(ids).map(|((_, connection), _)| *connection)
    }

    /// Returns the ids of its members, sorted, and their connections.
    pub(super) fn members(&self) -> impl Iterator<Item = (&Arc<str>, &Channel)> {
        self.members.iter().map(|((client, _), channel)| (client, channel))
    }

    /// Returns the latest connection that has a client with this id.
    pub(super) fn channel_of(&self, client: &str) -> Option<&Channel> {
        let client: Arc<str> = client.into();
        let ids = (Arc::clone(&client), 0)..=(client, u64::MAX);
        self.members.range(ids).next_back().map(|(_, channel)| channel)
    }

    /// Returns the ids of its clients, sorted, each once.
    pub(super) fn ids(&self) -> Vec<Arc<str>> {
        let mut ids: Vec<_> = self.members.keys().map(|(client, _)| Arc::clone(client)).collect();
        ids.dedup();
        ids
    }

    /// Returns the connections of its members, some several times.
    pub(super) fn channels(&self) -> impl ExactSizeIterator<Item = &Channel> {
        self.members.values()
    }
}

#[cfg(test)]
mod tests {
    use super::{Groups, MAX_MEMBERS, Role};
    use rocketmq_tower::{Channel, ChannelInfo, Connection};

    fn channel() -> Channel {
        Connection::new(tokio::io::empty(), ChannelInfo::default()).channel()
    }

    #[test]
    fn a_client_leaves_its_group_with_its_last_connection() {
        let (mut groups, client) = (Groups::default(), "client".into());
        let (one, two) = (channel(), channel());
        for channel in [&one, &two] {
            groups.join(Role::Consumer, "g", &client, channel).unwrap();
        }
        assert_eq!(groups.consumers("g").unwrap().ids(), ["client".into()]);
        let mut leaves =
            |channel: &Channel| groups.leave(Role::Consumer, "g", &client, channel.id());
        assert_eq!([&one, &one, &two, &two].map(&mut leaves), [false, false, true, false]);
        assert!(groups.consumers("g").is_none());
    }

    #[test]
    fn a_group_has_at_most_10_000_members() {
        let (mut groups, channel) = (Groups::default(), channel());
        let mut join = |n: usize| {
            let client = n.to_string().as_str().into();
            groups.join(Role::Producer, "g", &client, &channel)
        };
        (0..MAX_MEMBERS).for_each(|n| drop(join(n).unwrap()));
        let error = join(MAX_MEMBERS).unwrap_err().to_string();
        assert!(error.contains("10000 members"), "{error}");
    }
}
