//! A group and its members.

use rocketmq_tower::Channel;
use rocketmq_tower::protocol::SubscriptionData;
use std::collections::{BTreeMap, HashMap};
use std::time::Instant;

/// The maximum number of members of a group.
const MAX_MEMBERS: usize = 10_000;

/// The clients of a group, by their ids. Several clients may share a connection.
#[derive(Debug, Default)]
pub(super) struct GroupMembers(BTreeMap<String, GroupMember>);

#[derive(Debug)]
pub(super) struct GroupMember {
    pub(super) channel: Channel,
    pub(super) seen: Instant,
}

impl GroupMembers {
    /// Notes a heartbeat, and returns whether the client is new or has a new connection.
    pub(super) fn beats(&mut self, client: &str, channel: &Channel) -> bool {
        let seen = Instant::now();
        let full = self.0.len() >= MAX_MEMBERS;
        match self.0.get_mut(client) {
            Some(member) => {
                member.seen = seen;
                let moved = member.channel != *channel;
                if moved {
                    member.channel = channel.clone();
                }
                moved
            }
            None if full => false,
            None => {
                self.0.insert(client.to_owned(), GroupMember { channel: channel.clone(), seen });
                true
            }
        }
    }

    /// Removes members, and returns whether there were any to remove.
    pub(super) fn remove(&mut self, mut gone: impl FnMut(&str, &GroupMember) -> bool) -> bool {
        let before = self.0.len();
        self.0.retain(|id, member| !gone(id, member));
        self.0.len() < before
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(super) fn ids(&self) -> Vec<String> {
        self.0.keys().cloned().collect()
    }

    pub(super) fn channel(&self, client: &str) -> Option<Channel> {
        self.0.get(client).map(|member| member.channel.clone())
    }

    pub(super) fn channels(&self) -> Vec<Channel> {
        self.0.values().map(|member| member.channel.clone()).collect()
    }
}

/// The subscription of a group to a topic.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Subscription {
    pub(crate) topic: String,
    /// The type of the expression, such as `TAG`.
    pub(crate) kind: String,
    pub(crate) expression: String,
    /// A later subscription has a higher version.
    pub(crate) version: i64,
}

impl From<SubscriptionData> for Subscription {
    fn from(data: SubscriptionData) -> Self {
        Self {
            topic: data.topic,
            kind: data.expression_type,
            expression: data.sub_string,
            version: data.sub_version,
        }
    }
}

/// A group of consumers.
#[derive(Debug, Default)]
pub(super) struct ConsumerGroup {
    pub(super) members: GroupMembers,
    /// By topic.
    pub(super) subscriptions: HashMap<String, Subscription>,
}

/// The effect of a heartbeat on a group.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct GroupUpdate {
    /// The members or the topics have changed.
    pub(crate) changed: bool,
    /// The subscriptions of the group are unknown.
    pub(crate) needs_subscriptions: bool,
}

impl ConsumerGroup {
    pub(super) fn beats(
        &mut self,
        client: &str,
        channel: &Channel,
        subscriptions: Option<Vec<Subscription>>,
    ) -> GroupUpdate {
        let mut changed = self.members.beats(client, channel);
        if let Some(subscriptions) = subscriptions {
            changed |= self.subscribe(subscriptions);
        }
        GroupUpdate { changed, needs_subscriptions: self.subscriptions.is_empty() }
    }

    /// Replaces the subscriptions, and returns whether the topics changed. All members of a group have
    /// to subscribe to the same topics.
    fn subscribe(&mut self, subscriptions: Vec<Subscription>) -> bool {
        let before = self.subscriptions.len();
        self.subscriptions.retain(|topic, _| subscriptions.iter().any(|new| new.topic == *topic));
        let mut changed = self.subscriptions.len() < before;
        for new in subscriptions {
            match self.subscriptions.get_mut(&new.topic) {
                Some(known) if known.version >= new.version => {}
                Some(known) => *known = new,
                None => {
                    self.subscriptions.insert(new.topic.clone(), new);
                    changed = true;
                }
            }
        }
        changed
    }

    pub(super) fn channels(&self) -> Vec<Channel> {
        self.members.channels()
    }
}

#[cfg(test)]
mod tests {
    use super::{ConsumerGroup, GroupMembers, Subscription};
    use rocketmq_tower::{Channel, ChannelInfo, Connection};

    fn channel() -> Channel {
        Connection::new(tokio::io::empty(), ChannelInfo::default()).channel()
    }

    fn subscription(topic: &str, expression: &str, version: i64) -> Subscription {
        let (topic, kind, expression) = (topic.into(), "TAG".into(), expression.into());
        Subscription { topic, kind, expression, version }
    }

    #[test]
    fn only_a_later_subscription_replaces_a_subscription() {
        let mut group = ConsumerGroup::default();
        assert!(group.subscribe(vec![subscription("T", "a", 2)]), "a topic more");
        for (version, expression, counts) in [(1, "b", "a"), (2, "c", "a"), (3, "d", "d")] {
            assert!(!group.subscribe(vec![subscription("T", expression, version)]));
            assert_eq!(group.subscriptions["T"].expression, counts);
        }
        assert!(group.subscribe(vec![subscription("U", "a", 1)]), "another topic");
        assert_eq!(group.subscriptions.keys().collect::<Vec<_>>(), ["U"]);
        assert!(group.subscribe(Vec::new()), "a topic less");
    }

    #[test]
    fn a_member_is_new_at_its_first_heartbeat_on_each_connection() {
        let (mut members, old, new) = (GroupMembers::default(), channel(), channel());
        for (channel, is_new) in [(&old, true), (&old, false), (&new, true), (&new, false)] {
            assert_eq!(members.beats("client", channel), is_new);
        }
        assert_eq!(members.channel("client"), Some(new));
        assert!(!members.remove(|_, member| member.channel == old));
        assert!(members.remove(|id, _| id == "client"));
        assert!(members.is_empty());
    }
}
