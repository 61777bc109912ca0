use super::Rule;
use super::refusal::{Refusal, Target};
use super::rule::Sender;
use rocketmq_tower_core::RequestCode;
use rocketmq_tower_core::subject::{Action, Kind, RETRY_TOPIC_PREFIX, Subject, group_of_topic};

/// An ordered list of rules. See the [module's documentation](super).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Rules(Box<[Rule]>);

impl Rules {
    /// Creates a list of rules. An empty one refuses all but the sessions of producers.
    #[must_use]
    pub fn new(rules: impl IntoIterator<Item = Rule>) -> Self {
        rules.into_iter().collect()
    }

    /// Returns the rules in order.
    pub fn iter(&self) -> impl Iterator<Item = &Rule> {
        self.0.iter()
    }

    /// Decides whether `sender` may do what `subject` says.
    pub(super) fn check<'a>(
        &'a self,
        sender: Sender<'a>,
        subject: &'a Subject<'a>,
    ) -> Result<(), Refusal<'a>> {
        let mut named = false;
        if speaks_of_names(subject.action()) {
            for (kind, name) in subject.names() {
                let Some((action, kind, name)) = target(subject, kind, name) else { continue };
                named = true;
                let about_name = |rule: &&Rule| rule.covers_name(kind, name);
                let target = Target { action, name: Some((kind, name)) };
                self.decide(sender, target, about_name)?;
            }
        }
        let action = subject.action();
        let target = Target { action, name: None };
        match action {
            _ if named => Ok(()),
            Action::Session => Ok(()),
            // Clients before 5.0 do not say which topic a transaction has sent to.
            Action::Send if subject.code() == RequestCode::END_TRANSACTION => {
                self.decide(sender, target, |rule| rule.allows())
            }
            _ => self.decide(sender, target, |rule| rule.covers_all()),
        }
    }

    /// Applies the first rule about the sender, the action and the name.
    fn decide<'a>(
        &'a self,
        sender: Sender<'a>,
        target: Target<'a>,
        about_name: impl Fn(&&Rule) -> bool,
    ) -> Result<(), Refusal<'a>> {
        let first = self.0.iter().find(|rule| {
            rule.covers_action(target.action) && about_name(rule) && rule.is_about(sender)
        });
        match first {
            Some(rule) if rule.allows() => Ok(()),
            rule => Err(Refusal { rule, sender, target }),
        }
    }
}

impl From<Vec<Rule>> for Rules {
    fn from(rules: Vec<Rule>) -> Self {
        Self(rules.into())
    }
}

impl<const N: usize> From<[Rule; N]> for Rules {
    fn from(rules: [Rule; N]) -> Self {
        Self(rules.into())
    }
}

impl FromIterator<Rule> for Rules {
    fn from_iter<I: IntoIterator<Item = Rule>>(rules: I) -> Self {
        Self(rules.into_iter().collect())
    }
}

/// Whether requests with this action are decided by the names in them.
fn speaks_of_names(action: Action) -> bool {
    use Action::{AdminGroup, AdminTopic, Describe, Receive, Send, Session};
    matches!(action, Send | Receive | Describe | Session | AdminTopic | AdminGroup)
}

/// Returns what a name in a request stands for, and what is to be done with it. `None` if it needs no
/// permission of its own.
fn target<'a>(subject: &Subject<'_>, kind: Kind, name: &'a str) -> Option<(Action, Kind, &'a str)> {
    let action = match subject.action() {
        Action::Session => Action::Receive,
        action => action,
    };
    match (kind, group_of_topic(name)) {
        (Kind::Topic, Some(group)) if !is_pop_retry(subject, name) => {
            let action = match action {
                Action::Send => Action::Receive,
                Action::AdminTopic => Action::AdminGroup,
                action => action,
            };
            Some((action, Kind::Group, group))
        }
        (Kind::Topic, Some(_)) => None,
        // To move a group's offsets needs no power over the topic.
        (Kind::Topic, None) if action == Action::AdminGroup => Some((Action::Describe, kind, name)),
        (Kind::Topic, None) | (Kind::Group, _) => Some((action, kind, name)),
        _ => None,
    }
}

/// Whether a message is acknowledged that a group of the request has popped from its retry topic,
/// `%RETRY%group_topic`: the name does not show where the group ends, but the request names the group.
fn is_pop_retry(subject: &Subject<'_>, topic: &str) -> bool {
    use RequestCode as Code;
    let code = subject.code();
    let acks = [Code::ACK_MESSAGE, Code::CHANGE_MESSAGE_INVISIBLETIME, Code::BATCH_ACK_MESSAGE];
    acks.contains(&code)
        && topic.strip_prefix(RETRY_TOPIC_PREFIX).is_some_and(|rest| {
            let is_of = |group| rest.strip_prefix(group).is_some_and(|rest| rest.starts_with('_'));
            subject.groups().any(is_of)
        })
}
