use rocketmq_tower_core::subject::Change;
use rocketmq_tower_core::subject::Kind;
use std::fmt;
use std::sync::Arc;

/// The maximum length of a tenant's name, in bytes. A topic's name has at most 127, this one included.
const MAX_NAME: usize = 64;

/// The prefixes that stay in front, as in Java's `NamespaceUtil`, and that of light queues.
const FIRST: [&str; 3] = ["%RETRY%", "%DLQ%", "%LMQ%"];

/// A tenant, by the name of its namespace.
///
/// ```
/// use rocketmq_tower_layers::namespace::Tenant;
///
/// assert_eq!(Tenant::new("shop")?.name(), "shop");
/// assert!(Tenant::new("a shop%").is_err());
/// # Ok::<(), rocketmq_tower_layers::namespace::InvalidTenant>(())
/// ```
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Tenant {
    /// The name, and the `%` that ends it.
    prefix: Arc<str>,
}

/// A tenant's name is not one of 1 to 64 letters, digits, `_` and `-`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a tenant's name has 1 to 64 letters, digits, _ and -")]
#[non_exhaustive]
pub struct InvalidTenant {}

impl Tenant {
    /// Creates a tenant with this name.
    ///
    /// # Errors
    /// If the name is not one of 1 to 64 letters of ASCII, digits, `_` and `-`, or is that of a prefix of
    /// RocketMQ's: `RETRY`, `DLQ`, `LMQ`.
    pub fn new(name: &str) -> Result<Self, InvalidTenant> {
        let is_reserved = FIRST.iter().any(|first| first.trim_matches('%') == name);
        match (1..=MAX_NAME).contains(&name.len()) && name.bytes().all(is_word) && !is_reserved {
            true => Ok(Self { prefix: format!("{name}%").into() }),
            false => Err(InvalidTenant {}),
        }
    }

    /// Returns the name.
    #[must_use]
    pub fn name(&self) -> &str {
        self.prefix.trim_end_matches('%')
    }

    /// Returns the name in the cluster for one of the tenant's; `None` if the tenant may not use such a
    /// name. `group` is the group that the request acts on: brokers have a retry topic for each topic that
    /// a group pops.
    pub(super) fn inside(&self, kind: Kind, name: &str, group: Option<&str>) -> Option<String> {
        let prefix = &self.prefix;
        if kind == Kind::Client {
            return Some(format!("{prefix}{name}"));
        }
        let (first, rest) = match kind {
            Kind::Topic => split(name),
            _ => ("", name),
        };
        if rest.contains('%') {
            return None;
        }
        let topic = (first == FIRST[0]).then(|| topic_of_retries(rest, group)).flatten();
        Some(match topic {
            Some((group, topic)) => format!("{first}{prefix}{group}{prefix}{topic}"),
            None => format!("{first}{prefix}{rest}"),
        })
    }

    /// Returns the tenant's name for one in the cluster; `None` if it is not the tenant's.
    pub(super) fn outside(&self, kind: Kind, name: &str) -> Option<String> {
        if kind != Kind::Topic {
            return name.strip_prefix(&*self.prefix).map(str::to_owned);
        }
        let (first, rest) = split(name);
        let rest = rest.strip_prefix(&*self.prefix)?;
        if first != FIRST[0] || !rest.contains('%') {
            return Some(format!("{first}{rest}"));
        }
        // The topic that a group pops.
        let mark = |mark: char| rest.find(&format!("{mark}{}", self.prefix));
        let at = mark('+').or_else(|| mark('_'))? + 1;
        let (group, topic) = rest.split_at(at);
        Some(format!("{first}{group}{}", topic.strip_prefix(&*self.prefix)?))
    }

    /// Returns a text for the tenant: its names are plain. `None` if the text has names of another one.
    pub(super) fn text(&self, text: &str) -> Option<String> {
        let mut out = String::with_capacity(text.len());
        let mut rest = text;
        while let Some(at) = rest.find('%') {
            let (before, after) = (&rest[..at], &rest[at + 1..]);
            let start =
                before.len() - before.bytes().rev().take_while(|byte| is_word(*byte)).count();
            let is_first = FIRST.iter().any(|first| first.trim_matches('%') == &before[start..]);
            if before[start..] == *self.name() {
                out.push_str(&before[..start]);
            } else if start < at && after.bytes().next().is_some_and(is_word) && !is_first {
                return None;
            } else {
                out.push_str(&rest[..=at]);
            }
            rest = after;
        }
        out.push_str(rest);
        Some(out)
    }

    pub(super) fn to_outside(&self, kind: Kind, name: &str) -> Change {
        self.outside(kind, name).map_or(Change::Remove, Change::Replace)
    }

    pub(super) fn to_inside(&self, kind: Kind, name: &str) -> Change {
        self.inside(kind, name, None).map_or(Change::Remove, Change::Replace)
    }
}

/// Shows the name.
impl fmt::Debug for Tenant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Tenant").field(&self.name()).finish()
    }
}

/// Splits a prefix of RocketMQ's off a topic.
fn split(topic: &str) -> (&str, &str) {
    let first = FIRST.iter().find(|first| topic.starts_with(**first));
    topic.split_at(first.map_or(0, |first| first.len()))
}

/// Splits the retry topic of a group that pops a topic, `group+topic` or `group_topic`, after the mark.
fn topic_of_retries<'a>(rest: &'a str, group: Option<&str>) -> Option<(&'a str, &'a str)> {
    let at = match rest.find('+') {
        Some(at) => at,
        // The mark may be a part of the group, which must be known.
        None => group
            .filter(|group| rest.strip_prefix(*group).is_some_and(|r| r.starts_with('_')))?
            .len(),
    };
    Some(rest.split_at(at + 1))
}

fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-')
}

#[cfg(test)]
mod tests {
    use super::Tenant;
    use rocketmq_tower_core::subject::Kind::{Client, Group, Topic};

    #[test]
    fn names_have_the_tenant_in_front() {
        let tenant = Tenant::new("A").unwrap();
        for (kind, plain, inside) in [
            (Topic, "T", "A%T"),
            (Topic, "A", "A%A"),
            (Topic, "%RETRY%g", "%RETRY%A%g"),
            (Topic, "%DLQ%g", "%DLQ%A%g"),
            (Topic, "%LMQ%q", "%LMQ%A%q"),
            (Topic, "%RETRY%g+T", "%RETRY%A%g+A%T"),
            (Topic, "%RETRY%pops_T_1", "%RETRY%A%pops_A%T_1"),
            (Topic, "%RETRY%other_T", "%RETRY%A%other_T"),
            (Group, "g", "A%g"),
            (Client, "1.2.3.4@5%6", "A%1.2.3.4@5%6"),
        ] {
            assert_eq!(
                tenant.inside(kind, plain, Some("pops")).as_deref(),
                Some(inside),
                "{plain}"
            );
            assert_eq!(tenant.outside(kind, inside).as_deref(), Some(plain), "{inside}");
        }
        for (kind, plain) in
            [(Topic, "B%T"), (Topic, "%RETRY%B%g"), (Group, "%RETRY%g"), (Topic, "%X%")]
        {
            assert_eq!(tenant.inside(kind, plain, None), None, "{plain}");
        }
        for (kind, inside) in [
            (Topic, "B%T"),
            (Topic, "T"),
            (Topic, "%RETRY%B%g"),
            (Topic, "AA%T"),
            (Group, "A"),
            (Topic, "%RETRY%A%g_B%T"),
        ] {
            assert_eq!(tenant.outside(kind, inside), None, "{inside}");
        }
    }

    #[test]
    fn texts_have_plain_names_and_none_of_others() {
        let tenant = Tenant::new("A-1").unwrap();
        for (text, expected) in [
            ("topic[A-1%T] not exist", Some("topic[T] not exist")),
            ("%RETRY%A-1%g, 85% of A-1%T", Some("%RETRY%g, 85% of T")),
            ("100%", Some("100%")),
            ("topic B%T", None),
            ("topic xA-1%T", None),
            ("%DLQ%B%g", None),
            ("A-1%B%T", None),
        ] {
            assert_eq!(tenant.text(text).as_deref(), expected, "{text}");
        }
    }

    #[test]
    fn names_of_tenants_are_words() {
        for name in ["", "a b", "a%", "RETRY", "DLQ", "é", &"x".repeat(65)] {
            assert!(Tenant::new(name).is_err(), "{name}");
        }
        assert_eq!(format!("{:?}", Tenant::new("shop").unwrap()), "Tenant(\"shop\")");
    }
}
