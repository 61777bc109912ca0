//! Lists of clients, as tools ask for them.

use super::group::{ConsumerKind, Group, Role};
use super::subscriptions::SubscriptionText;
use super::{ClientConnection, Clients};
use rocketmq_tower::{Channel, LanguageCode, MqVersion};
use rocketmq_tower_core::clock;
use rocketmq_tower_core::sync::lock;
use std::sync::Arc;

/// A client on a connection.
#[derive(Clone, Debug)]
pub(crate) struct ClientReport {
    pub(crate) id: Arc<str>,
    pub(crate) address: String,
    pub(crate) language: LanguageCode,
    pub(crate) version: MqVersion,
}

/// A group of consumers that has members.
#[derive(Clone, Debug)]
pub(crate) struct ConsumersReport {
    pub(crate) clients: Vec<ClientReport>,
    pub(crate) kind: ConsumerKind,
    pub(crate) subscriptions: Vec<SubscriptionText>,
}

/// A producer.
#[derive(Clone, Debug)]
pub(crate) struct ProducerReport {
    pub(crate) group: Arc<str>,
    pub(crate) client: ClientReport,
    /// The time of its last heartbeat, in ms since 1970.
    pub(crate) seen: i64,
}

/// A member of a group: the client's id, and its connection.
type Member = (Arc<str>, Channel);

impl Clients {
    /// Returns a group of consumers; `None` if it has no members.
    pub(crate) fn report(&self, group: &str) -> Option<ConsumersReport> {
        let groups = self.groups.of(group);
        let group = groups.consumers(group)?;
        let (members, kind) = (members(group), group.kind);
        let subscriptions = group.subscriptions.as_ref();
        let subscriptions = subscriptions.map(|known| known.texts().collect()).unwrap_or_default();
        drop(groups);
        Some(ConsumersReport { clients: self.clients(members), kind, subscriptions })
    }

    /// Returns the producers of a group; `None` if it has no members.
    pub(crate) fn producers(&self, group: &str) -> Option<Vec<ClientReport>> {
        let groups = self.groups.of(group);
        let members = members(groups.producers(group)?);
        drop(groups);
        Some(self.clients(members))
    }

    /// Returns all producers, in no particular order. For threads that may block.
    pub(crate) fn all_producers(&self) -> Vec<ProducerReport> {
        let mut all = Vec::new();
        for connection in self.connections() {
            let clients: Vec<_> = {
                let mut clients = connection.lock();
                let of = clients.by_id.iter_mut().flat_map(|(id, groups)| {
                    let groups = groups.of(Role::Producer).iter();
                    groups.map(|(group, member)| (id.clone(), group.clone(), member.seen.elapsed()))
                });
                of.collect()
            };
            let now = clock::now_ms();
            all.extend(clients.into_iter().map(|(id, group, ago)| {
                let seen = now - clock::millis(ago);
                ProducerReport { group, client: client(id, &connection.channel, &connection), seen }
            }));
        }
        all
    }

    /// Returns the members of a group of consumers, each with its connection.
    pub(crate) fn members(&self, group: &str) -> Vec<Member> {
        let groups = self.groups.of(group);
        groups.consumers(group).map(members).unwrap_or_default()
    }

    /// Returns the connection of a client that is a member of a group of consumers.
    pub(crate) fn member(&self, group: &str, client: &str) -> Option<Channel> {
        self.groups.of(group).consumers(group)?.channel_of(client).cloned()
    }

    /// Returns what is known about these members.
    fn clients(&self, members: Vec<Member>) -> Vec<ClientReport> {
        let report = |(id, channel): Member| {
            let known = lock(&self.connections).get(&channel.id()).map(Arc::clone);
            Some(client(id, &channel, &*known?))
        };
        members.into_iter().filter_map(report).collect()
    }
}

fn members(group: &Group) -> Vec<Member> {
    group.members().map(|(id, channel)| (Arc::clone(id), channel.clone())).collect()
}

fn client(id: Arc<str>, channel: &Channel, connection: &ClientConnection) -> ClientReport {
    let (language, version) = connection.program();
    ClientReport { id, address: channel.peer_addr().to_string(), language, version }
}
