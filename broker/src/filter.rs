//! Filters of subscriptions.

use crate::log::index;
use crate::refusal::refuse;
use rocketmq_tower::{BoxError, ResponseCode};

/// A filter of messages by tag.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Filter {
    All,
    /// Messages with one of the tags that have these hashes. Another tag may have the same hash: clients
    /// compare the tags again, as Java's broker leaves it to them, too.
    Tags(Vec<u32>),
}

impl Filter {
    /// Parses `A || B`. `*` and an empty expression accept all messages. Kinds of expressions other than
    /// `TAG` are refused.
    pub(crate) fn parse(kind: &str, expression: &str) -> Result<Self, BoxError> {
        if !matches!(kind, "" | "TAG") {
            let text = format!("messages can be filtered by tag only, not by {kind}");
            return Err(refuse(ResponseCode::SYSTEM_ERROR, text));
        }
        let tags = expression.split("||").map(str::trim).filter(|tag| !tag.is_empty());
        let mut hashes = Vec::new();
        for tag in tags {
            if tag == "*" {
                return Ok(Self::All);
            }
            hashes.push(index::tag_hash(tag));
        }
        Ok(if hashes.is_empty() { Self::All } else { Self::Tags(hashes) })
    }

    /// Returns whether it accepts a message whose tag has this hash; 0 stands for no tag.
    pub(crate) fn accepts(&self, tag: u32) -> bool {
        match self {
            Self::All => true,
            Self::Tags(hashes) => hashes.contains(&tag),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Filter, index};
    use rocketmq_tower::message::Properties;

    fn accepts(filter: &Filter, properties: &str) -> bool {
        filter.accepts(index::tag_of(Properties::new(properties)))
    }

    #[test]
    fn tags_are_split_and_trimmed() {
        let filter = Filter::parse("TAG", "A ||  B||").unwrap();
        assert_eq!(filter, Filter::Tags(["A", "B"].map(index::tag_hash).to_vec()));
        assert!(accepts(&filter, "TAGS\u{1}B\u{2}"));
        assert!(!accepts(&filter, "TAGS\u{1}AB\u{2}"));
        assert!(!accepts(&filter, ""));
    }

    #[test]
    fn a_star_or_an_empty_expression_accepts_all() {
        for all in ["", "*", " * ", "A || *"] {
            assert_eq!(Filter::parse("", all).unwrap(), Filter::All, "{all:?}");
        }
    }

    #[test]
    fn sql_is_refused() {
        assert!(Filter::parse("SQL92", "a > 1").is_err());
    }
}
