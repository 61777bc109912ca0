use super::Rule;
use super::rule::Sender;
use rocketmq_tower_core::subject::{Action, Kind};
use rocketmq_tower_core::{Abort, ResponseCode};
use std::fmt;

/// The intention of a sender.
#[derive(Clone, Copy, Debug)]
pub(super) struct Target<'a> {
    pub(super) action: Action,
    pub(super) name: Option<(Kind, &'a str)>,
}

/// Why a request is refused.
#[derive(Clone, Copy, Debug)]
pub(super) struct Refusal<'a> {
    /// The rule that denies it; `None` if none is about it.
    pub(super) rule: Option<&'a Rule>,
    pub(super) sender: Sender<'a>,
    pub(super) target: Target<'a>,
}

impl From<Refusal<'_>> for Abort {
    fn from(refusal: Refusal<'_>) -> Self {
        Self::new(ResponseCode::NO_PERMISSION, refusal.to_string())
    }
}

/// `rule "no archives" denies user shop: send, topic archive_1`.
impl fmt::Display for Refusal<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.rule {
            Some(rule) => write!(f, "rule \"{}\" denies ", rule.name())?,
            None => f.write_str("no rule allows ")?,
        }
        match (self.sender.user, self.sender.ip) {
            (Some(user), _) => write!(f, "user {user}")?,
            (None, Some(ip)) => write!(f, "address {ip}")?,
            (None, None) => f.write_str("an unknown sender")?,
        }
        write!(f, ": {}", self.target.action)?;
        match self.target.name {
            Some((kind, name)) => write!(f, ", {kind} {name}"),
            None => Ok(()),
        }
    }
}
