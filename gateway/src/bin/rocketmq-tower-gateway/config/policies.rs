//! Settings of policies, which may change while the gateway runs.

use super::{Parsed, read};
use rocketmq_tower::BoxError;
use rocketmq_tower::layers::AclVerifyLayer;
use rocketmq_tower::layers::authorize::Rule;
use rocketmq_tower::layers::network::Network;
use rocketmq_tower::layers::quota::{By, Quota};
use rocketmq_tower::subject::Action;
use serde::Deserialize;
use std::collections::HashMap;
use std::num::NonZeroU64;
use std::path::PathBuf;

/// Clients sign their requests.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub(crate) struct AclConfig {
    /// The file with the accounts, a secret key for each access key.
    pub(crate) accounts: PathBuf,
    /// Whether requests without a signature pass.
    #[serde(default)]
    pub(crate) allow_anonymous: bool,
}

impl AclConfig {
    pub(crate) fn layer(&self) -> Result<AclVerifyLayer<HashMap<String, String>>, BoxError> {
        let accounts: HashMap<String, String> = read(&self.accounts)?;
        if let Some((name, _)) = accounts.iter().find(|(_, secret)| secret.is_empty()) {
            let path = self.accounts.display();
            return Err(format!("{path}: the secret key of {name:?} is empty").into());
        }
        let layer = AclVerifyLayer::new(accounts);
        Ok(if self.allow_anonymous { layer.allow_anonymous() } else { layer })
    }
}

/// A rule for requests that clients may or may not send.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(try_from = "RuleTable")]
pub(crate) struct RuleConfig(RuleTable);

#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
struct RuleTable {
    allow: Option<String>,
    deny: Option<String>,
    #[serde(default)]
    users: Vec<String>,
    #[serde(default)]
    networks: Vec<Parsed<Network>>,
    #[serde(default)]
    actions: Vec<ActionName>,
    #[serde(default)]
    topics: Vec<String>,
    #[serde(default)]
    groups: Vec<String>,
}

impl TryFrom<RuleTable> for RuleConfig {
    type Error = &'static str;

    fn try_from(table: RuleTable) -> Result<Self, Self::Error> {
        match (&table.allow, &table.deny) {
            (Some(_), None) | (None, Some(_)) => Ok(Self(table)),
            _ => Err("a rule needs one of `allow` and `deny`, which is its name"),
        }
    }
}

impl RuleConfig {
    pub(crate) fn rule(&self) -> Rule {
        let Self(table) = self.clone();
        let rule = match table.allow {
            Some(name) => Rule::allow(name),
            None => Rule::deny(table.deny.unwrap_or_default()),
        };
        let rule = table.users.into_iter().fold(rule, Rule::user);
        let rule = table.networks.into_iter().fold(rule, |rule, Parsed(net)| rule.network(net));
        let rule = table.actions.into_iter().fold(rule, |rule, name| rule.action(name.0));
        let rule = table.topics.into_iter().fold(rule, Rule::topic);
        table.groups.into_iter().fold(rule, Rule::group)
    }

    /// Returns the rule as a text for people.
    pub(super) fn text(&self) -> String {
        let Self(RuleTable { allow, deny, users, networks, actions, topics, groups }) = self;
        let [networks, actions] = [texts(networks.iter().map(|Parsed(net)| net)), names(actions)];
        let conditions = [
            ("users", &users.join(", ")),
            ("networks", &networks),
            ("actions", &actions),
            ("topics", &topics.join(", ")),
            ("groups", &groups.join(", ")),
        ];
        let conditions = conditions.into_iter().filter(|(_, values)| !values.is_empty());
        let conditions: Vec<_> =
            conditions.map(|(name, values)| format!("{name} {values}")).collect();
        let (word, name) = match (allow, deny) {
            (Some(name), _) => ("allow", name.as_str()),
            (None, name) => ("deny", name.as_deref().unwrap_or_default()),
        };
        match conditions.is_empty() {
            true => format!("{word} {name:?}"),
            false => format!("{word} {name:?}: {}", conditions.join("; ")),
        }
    }
}

/// Returns the names of actions, separated by commas.
pub(super) fn names(actions: &[ActionName]) -> String {
    texts(actions.iter().map(|ActionName(action)| action.name()))
}

/// Returns texts, separated by commas.
pub(super) fn texts<T: ToString>(items: impl Iterator<Item = T>) -> String {
    items.map(|item| item.to_string()).collect::<Vec<_>>().join(", ")
}

/// An action by its name.
#[derive(Clone, Copy, Debug, PartialEq, Deserialize)]
#[serde(try_from = "String")]
pub(crate) struct ActionName(pub(crate) Action);

impl TryFrom<String> for ActionName {
    type Error = String;

    fn try_from(name: String) -> Result<Self, String> {
        name.parse().map(Self).map_err(|_| {
            let all = Action::ALL.map(Action::name).join(", ");
            format!("{name:?} is no action; expected one of {all}")
        })
    }
}

/// A maximum of messages and bytes per second.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(try_from = "QuotaTable")]
pub(crate) struct QuotaConfig(QuotaTable);

#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
struct QuotaTable {
    of: Of,
    by: Key,
    #[serde(default)]
    only: Vec<String>,
    messages: Option<NonZeroU64>,
    message_burst: Option<NonZeroU64>,
    bytes: Option<NonZeroU64>,
    byte_burst: Option<NonZeroU64>,
    max_keys: Option<usize>,
}

#[derive(Clone, Copy, Debug, PartialEq, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Of {
    Sends,
    Receives,
}

#[derive(Clone, Copy, Debug, PartialEq, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Key {
    Topic,
    Group,
    User,
    Address,
    Nothing,
}

impl TryFrom<QuotaTable> for QuotaConfig {
    type Error = &'static str;

    fn try_from(table: QuotaTable) -> Result<Self, Self::Error> {
        match (table.messages, table.bytes) {
            (None, None) => Err("a quota needs `messages`, `bytes` or both"),
            (None, _) if table.message_burst.is_some() => Err("`message-burst` needs `messages`"),
            (_, None) if table.byte_burst.is_some() => Err("`byte-burst` needs `bytes`"),
            _ => Ok(Self(table)),
        }
    }
}

impl QuotaConfig {
    /// Returns the quota as a text for people.
    pub(super) fn text(&self) -> String {
        let Self(table) = self;
        let of = match table.of {
            Of::Sends => "sends",
            Of::Receives => "receives",
        };
        let by = match table.by {
            Key::Topic => "by topic",
            Key::Group => "by group",
            Key::User => "by user",
            Key::Address => "by address",
            Key::Nothing => "all together",
        };
        let limit = |per_second: Option<NonZeroU64>, burst: Option<NonZeroU64>, unit: &str| {
            let burst = burst.map(|burst| format!(", {burst} at once")).unwrap_or_default();
            per_second.map(|rate| format!("{rate} {unit} per second{burst}"))
        };
        let limits = [
            limit(table.messages, table.message_burst, "messages"),
            limit(table.bytes, table.byte_burst, "bytes"),
        ];
        let limits: Vec<_> = limits.into_iter().flatten().collect();
        let only = match table.only.is_empty() {
            true => String::new(),
            false => format!(", only {}", table.only.join(", ")),
        };
        format!("{of} {by}{only}: {}", limits.join("; "))
    }

    pub(crate) fn quota(&self) -> Quota {
        let Self(table) = self;
        let by = match table.by {
            Key::Topic => By::Topic,
            Key::Group => By::Group,
            Key::User => By::User,
            Key::Address => By::Address,
            Key::Nothing => By::Nothing,
        };
        let quota = match table.of {
            Of::Sends => Quota::sends(by),
            Of::Receives => Quota::receives(by),
        };
        let mut quota = table.only.iter().fold(quota, |quota, key| quota.only(key.as_str()));
        if let Some(messages) = table.messages {
            quota = quota.messages(messages.get());
        }
        if let Some(burst) = table.message_burst {
            quota = quota.message_burst(burst.get());
        }
        if let Some(bytes) = table.bytes {
            quota = quota.bytes(bytes.get());
        }
        if let Some(burst) = table.byte_burst {
            quota = quota.byte_burst(burst.get());
        }
        match table.max_keys {
            Some(max) => quota.max_keys(max),
            None => quota,
        }
    }
}

/// Reports of requests.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub(crate) struct AuditConfig {
    /// The file to which lines of JSON are added; without one, they go to the log.
    pub(crate) file: Option<PathBuf>,
    /// The actions that are reported; all if empty.
    #[serde(default)]
    pub(crate) actions: Vec<ActionName>,
    /// The maximum number of events that wait to be written.
    pub(crate) queue: Option<usize>,
    #[serde(default)]
    pub(crate) when_full: WhenFull,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum WhenFull {
    #[default]
    Drop,
    Wait,
}

/// Spans of requests.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub(crate) struct TraceConfig {
    /// One in this number of requests is traced.
    pub(crate) every: NonZeroU64,
}
