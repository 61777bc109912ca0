//! Filters of subscriptions.

use crate::refusal::refuse;
use rocketmq_tower::message::{Properties, property};
use rocketmq_tower::{BoxError, ResponseCode};

/// A filter of messages by tag.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Filter {
    All,
    /// Messages with one of these tags.
    Tags(Vec<String>),
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
        let tags: Vec<_> = tags.map(str::to_owned).collect();
        let all = tags.is_empty() || tags.iter().any(|tag| tag == "*");
        Ok(if all { Self::All } else { Self::Tags(tags) })
    }

    pub(crate) fn accepts(&self, properties: Properties<'_>) -> bool {
        match self {
            Self::All => true,
            Self::Tags(tags) => {
                let tag = properties.get(property::TAGS).map(str::trim);
                tag.is_some_and(|tag| tags.iter().any(|wanted| wanted == tag))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Filter;
    use rocketmq_tower::message::Properties;

    #[test]
    fn tags_are_split_and_trimmed() {
        let filter = Filter::parse("TAG", "A ||  B||").unwrap();
        assert_eq!(filter, Filter::Tags(vec!["A".into(), "B".into()]));
        assert!(filter.accepts(Properties::new("TAGS\u{1}B\u{2}")));
        assert!(!filter.accepts(Properties::new("TAGS\u{1}AB\u{2}")));
        assert!(!filter.accepts(Properties::new("")));
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
