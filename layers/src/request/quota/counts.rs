use super::amount::Amount;
use super::rule::{By, Direction, Quota};
use crate::network::around;
use crate::support::rate::{Bucket, Counted, Keyed, Place};
use rocketmq_tower_core::RemotingCommand;
use rocketmq_tower_core::subject::Subject;
use std::net::IpAddr;
use std::sync::Arc;

/// The messages and bytes of one key.
#[derive(Debug, Default)]
pub(super) struct Counts {
    messages: Bucket,
    bytes: Bucket,
}

impl Counted for Counts {
    fn is_spent(&self, now: u64) -> bool {
        self.messages.is_spent(now) && self.bytes.is_spent(now)
    }
}

impl Counts {
    /// Returns how long it takes until the key may go on, in nanoseconds.
    pub(super) fn wait(&self, now: u64, quota: &Quota) -> u64 {
        let messages = quota.messages.map_or(0, |limit| self.messages.wait(now, limit.rate));
        let bytes = quota.bytes.map_or(0, |limit| self.bytes.wait(now, limit.rate));
        messages.max(bytes)
    }

    pub(super) fn charge(&self, now: u64, quota: &Quota, amount: Amount) {
        if let Some(limit) = quota.messages {
            self.messages.charge(now, limit.rate, amount.messages);
        }
        if let Some(limit) = quota.bytes {
            self.bytes.charge(now, limit.rate, amount.bytes);
        }
    }
}

/// What a request is counted by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Key<'a> {
    Name(&'a str),
    Address(IpAddr),
}

/// The key that a service had last, with its counts.
#[derive(Clone, Debug)]
pub(super) enum Last {
    Name(String, Arc<Counts>),
    Address(IpAddr, Arc<Counts>),
}

impl Last {
    fn of(&self, key: Key<'_>) -> Option<&Arc<Counts>> {
        match (self, key) {
            (Self::Name(name, counts), Key::Name(key)) if name == key => Some(counts),
            (Self::Address(ip, counts), Key::Address(key)) if *ip == key => Some(counts),
            _ => None,
        }
    }

    /// Reuses the allocation of an earlier name.
    fn set(last: &mut Option<Self>, key: Key<'_>, counts: Arc<Counts>) {
        match (last, key) {
            (Some(Self::Name(name, own)), Key::Name(key)) => {
                name.clear();
                name.push_str(key);
                *own = counts;
            }
            (last, Key::Name(key)) => *last = Some(Self::Name(key.into(), counts)),
            (last, Key::Address(ip)) => *last = Some(Self::Address(ip, counts)),
        }
    }
}

/// A quota and its counts.
#[derive(Debug)]
pub(super) struct Counter {
    pub(super) quota: Quota,
    names: Keyed<Box<str>, Counts>,
    addresses: Keyed<IpAddr, Counts>,
}

impl Counter {
    pub(super) fn new(quota: Quota) -> Self {
        let max = quota.max_keys;
        Self { quota, names: Keyed::new(max), addresses: Keyed::new(max) }
    }

    /// Returns the number of keys that have counts.
    pub(super) fn keys(&self) -> usize {
        self.names.len() + self.addresses.len()
    }

    /// Returns what the request is counted by, if the quota is about it.
    pub(super) fn key<'a>(
        &self,
        request: &'a RemotingCommand,
        subject: &'a Subject<'a>,
        user: Option<&'a str>,
    ) -> Option<Key<'a>> {
        let name = match (self.quota.by, self.quota.direction) {
            (By::Topic, _) => subject.topics().next(),
            (By::Group, Direction::Send) => subject.producer_groups().next(),
            (By::Group, Direction::Receive) => subject.groups().next(),
            (By::User, _) => user,
            (By::Address, _) => {
                let ip = request.channel()?.peer_addr().ip()?;
                return Some(Key::Address(around(ip, 64)));
            }
            (By::Nothing, _) => return Some(Key::Name("")),
        };
        let only = &self.quota.only;
        let wanted = |name: &&str| only.is_empty() || only.iter().any(|one| one.matches(name));
        name.filter(wanted).map(Key::Name)
    }

    /// Returns the counts of `key`: those in `last`, which is replaced if they are not there.
    pub(super) fn counts(&self, key: Key<'_>, now: u64, last: &mut Option<Last>) -> Arc<Counts> {
        if let Some(counts) = last.as_ref().and_then(|last| last.of(key)) {
            return Arc::clone(counts);
        }
        let place = match key {
            Key::Name(name) => self.names.place(name, now, |name| name.into()),
            Key::Address(ip) => self.addresses.place(&ip, now, |ip| *ip),
        };
        match place {
            Place::Own(counts) => {
                Last::set(last, key, Arc::clone(&counts));
                counts
            }
            Place::Others(counts) => counts,
        }
    }
}
