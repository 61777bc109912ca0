//! Attributes of topics and groups, such as `message.type`, and their changes as tools write them.

use rocketmq_tower::BoxError;
use std::collections::{BTreeMap, BTreeSet};

/// Attributes, by their names.
pub(crate) type Attributes = BTreeMap<String, String>;

/// The values of an attribute.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Values {
    /// One of these texts. The second list has those of Java that this broker does not implement.
    OneOf(&'static [&'static str], &'static [&'static str]),
    /// A whole number in this range.
    Range(i64, i64),
}

/// An attribute that exists: the name, whether it can be changed later, and its values.
type Attribute = (&'static str, bool, Values);

/// Those of groups, as in Java's `SubscriptionGroupAttributes`, without those of lite topics.
pub(crate) const OF_GROUPS: &[Attribute] = &[("priority.factor", true, Values::Range(0, 100))];

/// Those of topics, as in Java's `TopicAttributes`.
pub(crate) const OF_TOPICS: &[Attribute] = &[
    ("queue.type", false, Values::OneOf(&["SimpleCQ"], &["BatchCQ"])),
    ("cleanup.policy", false, Values::OneOf(&["DELETE"], &["COMPACTION"])),
    (
        "message.type",
        true,
        Values::OneOf(
            &["UNSPECIFIED", "NORMAL", "FIFO", "DELAY", "TRANSACTION", "PRIORITY"],
            &["LITE", "MIXED"],
        ),
    ),
    ("reserve.time", true, Values::Range(-1, i64::MAX)),
    // In minutes: at most 30 days.
    ("lite.topic.expiration", true, Values::Range(-1, 30 * 24 * 60)),
];

/// The maximum length of a list of changes, in bytes.
const MAX_LENGTH: usize = 1024;

/// Changes of attributes: `+name` with a value sets it, `-name` removes it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct AttributeChanges(Vec<(String, String)>);

impl AttributeChanges {
    /// Reads `+name=value,-name`.
    ///
    /// # Errors
    /// If it is malformed, with Java's text.
    pub(crate) fn parse(text: &str) -> Result<Self, BoxError> {
        if text.len() > MAX_LENGTH {
            return Err(format!("the attributes have at most {MAX_LENGTH} bytes").into());
        }
        let parts = text.split(',').filter(|part| !part.is_empty()).map(|part| {
            Ok(match part.split_once('=') {
                Some((key, _)) if !key.contains('+') => {
                    return Err(format!("add/alter attribute format is wrong: {key}"));
                }
                Some((key, value)) => (key.to_owned(), value.to_owned()),
                None if !part.contains('-') => {
                    return Err(format!("delete attribute format is wrong: {part}"));
                }
                None => (part.to_owned(), String::new()),
            })
        });
        Ok(Self(parts.collect::<Result<_, _>>()?))
    }

    /// Takes changes by name, as the body of a list of topics has them.
    pub(crate) fn of(changes: BTreeMap<String, String>) -> Self {
        Self(changes.into_iter().collect())
    }

    /// Returns the attributes after the changes. `known` are those before; `None` for something new, whose
    /// attributes can be those in `all`.
    ///
    /// # Errors
    /// If a change is not possible, with Java's text. Then none is made.
    pub(crate) fn apply(
        &self,
        all: &[Attribute],
        known: Option<&Attributes>,
    ) -> Result<Attributes, BoxError> {
        let mut after = known.cloned().unwrap_or_default();
        let mut names = BTreeSet::new();
        for (key, value) in &self.0 {
            let sign = key.chars().next().unwrap_or(' ');
            let name = key.get(sign.len_utf8()..).unwrap_or_default();
            if name.is_empty() || name.contains(['+', '-']) {
                return Err("kv string format wrong.".into());
            }
            if !names.insert(name) {
                return Err(format!("alter duplication key. key: {name}").into());
            }
            let change = match (sign, known) {
                ('+', _) => Some(value),
                (_, None) => {
                    let text = "only add attribute is supported while creating topic. key:";
                    return Err(format!("{text} {name}").into());
                }
                ('-', Some(known)) if !known.contains_key(name) => {
                    return Err(format!("attempt to delete a nonexistent key: {name}").into());
                }
                ('-', Some(_)) => None,
                _ => return Err(format!("wrong format key: {name}").into()),
            };
            check(all, name, change, known.is_none())?;
            match change {
                Some(value) => after.insert(name.to_owned(), value.clone()),
                None => after.remove(name),
            };
        }
        Ok(after)
    }
}

/// Fails if the attribute cannot be set to this value, or removed if it is `None`.
fn check(
    all: &[Attribute],
    name: &str,
    value: Option<&String>,
    is_new: bool,
) -> Result<(), BoxError> {
    let Some((_, changeable, values)) = all.iter().find(|attribute| attribute.0 == name) else {
        return Err(format!("unsupported key: {name}").into());
    };
    if !is_new && !changeable {
        let text = "attempt to update an unchangeable attribute. key:";
        return Err(format!("{text} {name}").into());
    }
    let Some(value) = value.map(String::as_str) else { return Ok(()) };
    match *values {
        Values::OneOf(of, _) if of.contains(&value) => Ok(()),
        Values::OneOf(_, java) if java.contains(&value) => {
            Err(format!("this broker does not have {name}={value}").into())
        }
        Values::OneOf(of, _) => Err(format!("value is not in set: [{}]", of.join(", ")).into()),
        Values::Range(min, max) => match value.parse::<i64>() {
            Ok(number) if (min..=max).contains(&number) => Ok(()),
            Ok(_) => Err(format!("value is not in range({min}, {max})").into()),
            Err(_) => Err(format!("the value of {name} is not a number: {value}").into()),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::{AttributeChanges, Attributes, OF_TOPICS};

    fn change(known: Option<&Attributes>, text: &str) -> Result<Attributes, String> {
        let changes = AttributeChanges::parse(text).map_err(|error| error.to_string())?;
        changes.apply(OF_TOPICS, known).map_err(|error| error.to_string())
    }

    #[test]
    fn attributes_are_set_and_removed() {
        let new = change(None, "+message.type=FIFO,+reserve.time=5,+queue.type=SimpleCQ").unwrap();
        assert_eq!(new.len(), 3);
        let next = change(Some(&new), "+message.type=DELAY,-reserve.time").unwrap();
        assert_eq!((next["message.type"].as_str(), next.len()), ("DELAY", 2));
        assert_eq!(change(Some(&next), "").unwrap(), next);
        assert!(change(None, "").unwrap().is_empty());
    }

    #[test]
    fn changes_that_are_not_possible_are_refused_as_in_java() {
        let known = change(None, "+message.type=FIFO,+queue.type=SimpleCQ").unwrap();
        for (text, error) in [
            ("message.type=FIFO", "add/alter attribute format is wrong: message.type"),
            ("message.type", "delete attribute format is wrong: message.type"),
            ("+color=red", "unsupported key: color"),
            ("+message.type=RED", "value is not in set"),
            ("+reserve.time=-2", "value is not in range(-1, 9223372036854775807)"),
            ("+reserve.time=x", "not a number"),
            ("+message.type=FIFO,+message.type=DELAY", "alter duplication key"),
            ("-reserve.time", "attempt to delete a nonexistent key: reserve.time"),
            ("-queue.type", "attempt to update an unchangeable attribute"),
            ("+queue.type=SimpleCQ", "attempt to update an unchangeable attribute"),
            ("+", "delete attribute format is wrong"),
            ("-", "kv string format wrong."),
            ("++message.type=FIFO", "kv string format wrong."),
            ("+cleanup.policy=COMPACTION", "unchangeable"),
            (&"+x=1,".repeat(300), "at most 1024 bytes"),
        ] {
            let refused = change(Some(&known), text).unwrap_err();
            assert!(refused.contains(error), "{text}: {refused}");
        }
        for (text, error) in [
            ("-message.type", "only add attribute is supported while creating topic"),
            ("+cleanup.policy=COMPACTION", "does not have cleanup.policy=COMPACTION"),
            ("+message.type=LITE", "does not have message.type=LITE"),
        ] {
            let refused = change(None, text).unwrap_err();
            assert!(refused.contains(error), "{text}: {refused}");
        }
    }
}
