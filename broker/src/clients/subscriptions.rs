//! The subscriptions of a group of consumers.

use super::account::{Charge, ConnectionAccount};
use crate::filter::{self, Filter};
use crate::refusal::refuse;
use crate::sharded::shrink;
use crate::topics::names;
use rocketmq_tower::protocol::SubscriptionData;
use rocketmq_tower::{BoxError, ResponseCode};
use std::collections::HashMap;
use std::sync::Arc;

/// The maximum length of the kind of an expression, in bytes.
const MAX_KIND: usize = 64;

/// The bytes of a subscription beside its texts, as they count in the account.
const BYTES: usize = 128;

/// A subscription as a member sends it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct SentSubscription<'a> {
    pub(crate) topic: &'a str,
    /// The type of the expression, such as `TAG`.
    pub(crate) kind: &'a str,
    pub(crate) expression: &'a str,
    /// A later subscription has a higher version.
    pub(crate) version: i64,
}

/// The subscription of a group to a topic.
#[derive(Clone, Debug)]
pub(crate) struct Subscription {
    pub(crate) version: i64,
    /// The filter, or the kind of the expression if the broker has no such filters.
    filter: Result<Arc<Filter>, Arc<str>>,
}

/// The subscriptions of a group, by topic, with their room.
#[derive(Debug, Default)]
pub(super) struct Subscriptions(HashMap<Arc<str>, KeptSubscription>);

#[derive(Debug)]
struct KeptSubscription {
    subscription: Subscription,
    kind: Arc<str>,
    expression: Arc<str>,
    _charge: Charge,
}

impl KeptSubscription {
    fn text(&self, topic: &Arc<str>) -> SubscriptionText {
        SubscriptionText {
            topic: Arc::clone(topic),
            kind: Arc::clone(&self.kind),
            expression: Arc::clone(&self.expression),
            version: self.subscription.version,
        }
    }
}

/// A subscription as a member has sent it.
#[derive(Clone, Debug)]
pub(crate) struct SubscriptionText {
    topic: Arc<str>,
    kind: Arc<str>,
    expression: Arc<str>,
    version: i64,
}

impl SubscriptionText {
    /// Returns it as tools read it.
    pub(crate) fn data(&self) -> SubscriptionData {
        let tags = if filter::is_supported(&self.kind) { &*self.expression } else { "" };
        SubscriptionData {
            expression_type: (*self.kind).to_owned(),
            sub_string: (*self.expression).to_owned(),
            sub_version: self.version,
            ..SubscriptionData::tags(&*self.topic, tags)
        }
    }
}

impl Subscription {
    pub(crate) fn filter(&self) -> Result<Arc<Filter>, BoxError> {
        self.filter.clone().map_err(|kind| filter::unsupported(&kind))
    }
}

/// A subscription that is about to replace an older one: it is parsed, and has room.
#[derive(Debug)]
pub(super) struct NewSubscription(Arc<str>, KeptSubscription);

impl NewSubscription {
    pub(super) fn parse(
        sent: &SentSubscription<'_>,
        account: &Arc<ConnectionAccount>,
    ) -> Result<Self, BoxError> {
        if sent.topic.len() > names::MAX_TOPIC_OF_GROUP || sent.kind.len() > MAX_KIND {
            let max = names::MAX_TOPIC_OF_GROUP;
            let text = format!(
                "a subscription's topic has at most {max} bytes, and its type at most {MAX_KIND}"
            );
            return Err(refuse(ResponseCode::INVALID_PARAMETER, text));
        }
        if sent.expression.len() > filter::MAX_EXPRESSION {
            let text = format!("an expression has at most {} bytes", filter::MAX_EXPRESSION);
            return Err(refuse(ResponseCode::SUBSCRIPTION_PARSE_FAILED, text));
        }
        let filter = if filter::is_supported(sent.kind) {
            Ok(Filter::parse(sent.kind, sent.expression)?.keep(account)?)
        } else {
            Err(sent.kind.into())
        };
        let texts = sent.topic.len() + sent.kind.len() + sent.expression.len();
        let kept = KeptSubscription {
            _charge: account.charge(BYTES + texts)?,
            subscription: Subscription { version: sent.version, filter },
            kind: sent.kind.into(),
            expression: sent.expression.into(),
        };
        Ok(Self(sent.topic.into(), kept))
    }
}

impl Subscriptions {
    pub(super) fn get(&self, topic: &str) -> Option<&Subscription> {
        self.0.get(topic).map(|kept| &kept.subscription)
    }

    /// Returns all of them as members have sent them.
    pub(super) fn texts(&self) -> impl Iterator<Item = SubscriptionText> + '_ {
        self.0.iter().map(|(topic, kept)| kept.text(topic))
    }

    /// Returns that to a topic as members have sent it.
    pub(super) fn text(&self, topic: &str) -> Option<SubscriptionText> {
        self.0.get_key_value(topic).map(|(topic, kept)| kept.text(topic))
    }

    /// Returns whether there is no subscription to the topic, or an older one.
    pub(super) fn is_older(&self, sent: &SentSubscription<'_>) -> bool {
        self.get(sent.topic).is_none_or(|known| known.version < sent.version)
    }

    pub(super) fn len(&self) -> usize {
        self.0.len()
    }

    /// Replaces the subscriptions to the topics of `new`, unless they are later, and removes those to
    /// topics for which `stays` returns false. Returns whether the topics have changed. All members of a
    /// group have to subscribe to the same topics.
    pub(super) fn replace(
        &mut self,
        new: Vec<NewSubscription>,
        stays: impl Fn(&str) -> bool,
    ) -> bool {
        let before = self.0.len();
        self.0.retain(|topic, _| stays(topic));
        let mut changed = self.0.len() < before;
        for NewSubscription(topic, new) in new {
            match self.0.get_mut(&topic) {
                Some(known) if known.subscription.version >= new.subscription.version => {}
                Some(known) => *known = new,
                None => {
                    self.0.insert(topic, new);
                    changed = true;
                }
            }
        }
        shrink(&mut self.0);
        changed
    }
}

#[cfg(test)]
mod tests {
    use super::super::account::{Account, ClientStateLimits};
    use super::{NewSubscription, SentSubscription, Subscriptions};

    #[test]
    fn only_a_later_subscription_replaces_a_subscription() {
        let account = Account::new(ClientStateLimits::DEFAULT);
        let mut known = Subscriptions::default();
        let mut subscribe = |all: &[(&str, i64)]| {
            let connection = account.of_connection();
            let sent = |&(topic, version): &_| SentSubscription {
                topic,
                kind: "TAG",
                expression: "a",
                version,
            };
            let new =
                all.iter().map(|all| NewSubscription::parse(&sent(all), &connection).unwrap());
            let changed =
                known.replace(new.collect(), |topic| all.iter().any(|new| new.0 == topic));
            (changed, known.len(), known.get(all[0].0).unwrap().version)
        };
        assert_eq!(subscribe(&[("T", 2)]), (true, 1, 2), "a topic more");
        for (version, counts) in [(1, 2), (2, 2), (3, 3)] {
            assert_eq!(subscribe(&[("T", version)]), (false, 1, counts));
        }
        assert_eq!(subscribe(&[("U", 1), ("V", 1)]), (true, 2, 1), "other topics");
        assert_eq!(subscribe(&[("U", 1)]), (true, 1, 1), "a topic less");
        assert!(account.used() > 0);
        drop(known);
        assert_eq!(account.used(), 0, "its room is free again");
    }
}
