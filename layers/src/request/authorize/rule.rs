use super::Pattern;
use crate::network::{Network, contains};
use rocketmq_tower_core::subject::{Action, Kind};
use std::net::IpAddr;

/// Allows or denies some senders some actions on some topics and groups.
///
/// A condition that is not set is always fulfilled. A rule with topics but without groups is about
/// topics only, and the other way round; one with neither is about all topics, all groups, and
/// requests that name none.
///
/// ```
/// use rocketmq_tower_layers::authorize::Rule;
/// use rocketmq_tower_core::subject::Action;
///
/// let shop = Rule::allow("the shop sends orders").user("shop").action(Action::Send).topic("orders*");
/// # _ = shop;
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rule {
    name: Box<str>,
    allows: bool,
    users: Vec<Pattern>,
    networks: Vec<Network>,
    actions: Vec<Action>,
    topics: Vec<Pattern>,
    groups: Vec<Pattern>,
}

/// The sender of a request.
#[derive(Clone, Copy, Debug)]
pub(super) struct Sender<'a> {
    pub(super) user: Option<&'a str>,
    pub(super) ip: Option<IpAddr>,
}

impl Rule {
    /// Creates a rule that allows. A refusal by a rule has its name in the response's remark.
    #[must_use]
    pub fn allow(name: impl Into<String>) -> Self {
        Self::new(name.into(), true)
    }

    /// Creates a rule that denies.
    #[must_use]
    pub fn deny(name: impl Into<String>) -> Self {
        Self::new(name.into(), false)
    }

    fn new(name: String, allows: bool) -> Self {
        Self {
            name: name.into(),
            allows,
            users: Vec::new(),
            networks: Vec::new(),
            actions: Vec::new(),
            topics: Vec::new(),
            groups: Vec::new(),
        }
    }

    /// Limits the rule to users with this name, in addition to those given before. `*` means any
    /// user, but not a sender who is no user.
    #[must_use]
    pub fn user(mut self, user: impl Into<Pattern>) -> Self {
        self.users.push(user.into());
        self
    }

    /// Limits the rule to senders in this network, in addition to those given before.
    #[must_use]
    pub fn network(mut self, network: impl Into<Network>) -> Self {
        self.networks.push(network.into());
        self
    }

    /// Limits the rule to this action, in addition to those given before.
    #[must_use]
    pub fn action(mut self, action: Action) -> Self {
        self.actions.push(action);
        self
    }

    /// Limits the rule to topics with this name, in addition to those given before.
    #[must_use]
    pub fn topic(mut self, topic: impl Into<Pattern>) -> Self {
        self.topics.push(topic.into());
        self
    }

    /// Limits the rule to groups of consumers with this name, in addition to those given before.
    #[must_use]
    pub fn group(mut self, group: impl Into<Pattern>) -> Self {
        self.groups.push(group.into());
        self
    }

    /// Returns the name of the rule.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Whether the rule allows what it is about.
    #[must_use]
    pub fn allows(&self) -> bool {
        self.allows
    }

    /// Whether the rule is about this sender.
    pub(super) fn is_about(&self, sender: Sender<'_>) -> bool {
        let user = |user| self.users.iter().any(|pattern| pattern.matches(user));
        (self.users.is_empty() || sender.user.is_some_and(user))
            && (self.networks.is_empty()
                || sender.ip.is_some_and(|ip| contains(&self.networks, ip)))
    }

    /// Whether the rule is about this action. One that allows to use a name allows to ask about it.
    pub(super) fn covers_action(&self, action: Action) -> bool {
        let uses = |action: &Action| {
            use Action::{AdminGroup, AdminTopic, Receive, Send};
            matches!(action, Send | Receive | AdminTopic | AdminGroup)
        };
        self.actions.is_empty()
            || self.actions.contains(&action)
            || (action == Action::Describe && self.allows && self.actions.iter().any(uses))
    }

    /// Whether the rule is about this name.
    pub(super) fn covers_name(&self, kind: Kind, name: &str) -> bool {
        let patterns = if kind == Kind::Topic { &self.topics } else { &self.groups };
        self.covers_all() || patterns.iter().any(|pattern| pattern.matches(name))
    }

    /// Whether the rule is about all names.
    pub(super) fn covers_all(&self) -> bool {
        self.topics.is_empty() && self.groups.is_empty()
    }
}
