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
pub(crate) struct RuleConfig(pub(crate) Rule);

#[derive(Deserialize)]
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
        let rule = match (table.allow, table.deny) {
            (Some(name), None) => Rule::allow(name),
            (None, Some(name)) => Rule::deny(name),
            _ => return Err("a rule needs one of `allow` and `deny`, which is its name"),
        };
        let rule = table.users.into_iter().fold(rule, Rule::user);
        let rule = table.networks.into_iter().fold(rule, |rule, Parsed(net)| rule.network(net));
        let rule = table.actions.into_iter().fold(rule, |rule, name| rule.action(name.0));
        let rule = table.topics.into_iter().fold(rule, Rule::topic);
        Ok(Self(table.groups.into_iter().fold(rule, Rule::group)))
    }
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
