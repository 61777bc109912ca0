//! Filters of subscriptions.

use crate::clients::{Charge, ConnectionAccount};
use crate::log::index;
use crate::refusal::refuse;
use rocketmq_tower::{BoxError, ResponseCode};
use std::sync::Arc;

/// The maximum length of an expression, in bytes.
pub(crate) const MAX_EXPRESSION: usize = 16 * 1024;

/// The bytes of a filter that is kept, beside its tags and its text, as they count in the account.
const BYTES: usize = 128;

/// A filter of messages by tag.
#[derive(Debug, Default)]
pub(crate) struct Filter {
    /// Messages with one of the tags that have these hashes, sorted; without them, all messages.
    /// Another tag may have the same hash: clients compare the tags again, as Java's broker leaves it to
    /// them, too.
    tags: Option<Box<[u32]>>,
    /// The room of a filter that is kept.
    charge: Option<Charge>,
    /// The expression, if it has to be told from others.
    expression: Option<Box<str>>,
}

impl Filter {
    /// Parses `A || B`. `*` and an empty expression accept all messages. Kinds of expressions other than
    /// `TAG` are refused.
    pub(crate) fn parse(kind: &str, expression: &str) -> Result<Self, BoxError> {
        if !is_supported(kind) {
            return Err(unsupported(kind));
        }
        if expression.len() > MAX_EXPRESSION {
            let length = expression.len();
            let text = format!("an expression has at most {MAX_EXPRESSION} bytes, not {length}");
            return Err(refuse(ResponseCode::SUBSCRIPTION_PARSE_FAILED, text));
        }
        let tags = expression.split("||").map(str::trim).filter(|tag| !tag.is_empty());
        let mut hashes = Vec::new();
        for tag in tags {
            if tag == "*" {
                return Ok(Self::default());
            }
            hashes.push(index::tag_hash(tag));
        }
        hashes.sort_unstable();
        hashes.dedup();
        let tags = (!hashes.is_empty()).then(|| hashes.into_boxed_slice());
        Ok(Self { tags, ..Self::default() })
    }

    /// Takes room for the filter in an account.
    pub(crate) fn keep(mut self, account: &Arc<ConnectionAccount>) -> Result<Arc<Self>, BoxError> {
        let hashes = self.tags.as_ref().map_or(0, |tags| size_of_val(&**tags));
        let text = self.expression.as_ref().map_or(0, |expression| expression.len());
        self.charge = Some(account.charge(BYTES + hashes + text)?);
        Ok(Arc::new(self))
    }

    /// Keeps its expression, too.
    pub(crate) fn with_expression(mut self, expression: &str) -> Self {
        self.expression = Some(expression.into());
        self
    }

    /// Returns whether this is its expression, and it keeps it.
    pub(crate) fn has_expression(&self, expression: &str) -> bool {
        self.expression.as_deref() == Some(expression)
    }

    /// Returns whether it accepts all messages.
    pub(crate) fn accepts_all(&self) -> bool {
        self.tags.is_none()
    }

    /// Returns whether it accepts a message whose tag has this hash; 0 stands for no tag.
    pub(crate) fn accepts(&self, tag: u32) -> bool {
        self.tags.as_ref().is_none_or(|hashes| hashes.binary_search(&tag).is_ok())
    }
}

/// Returns whether the broker can filter by this kind of expression.
pub(crate) fn is_supported(kind: &str) -> bool {
    matches!(kind, "" | "TAG")
}

/// Returns the refusal of a kind of expressions.
pub(crate) fn unsupported(kind: &str) -> BoxError {
    let text = format!("messages can be filtered by tag only, not by {kind}");
    refuse(ResponseCode::SYSTEM_ERROR, text)
}

#[cfg(test)]
mod tests {
    use super::{Filter, MAX_EXPRESSION, index};
    use rocketmq_tower::message::Properties;

    fn accepts(filter: &Filter, properties: &str) -> bool {
        filter.accepts(index::hashes("T", Properties::new(properties)).0)
    }

    #[test]
    fn tags_are_split_and_trimmed() {
        let filter = Filter::parse("TAG", "A ||  B||A").unwrap();
        assert_eq!(filter.tags.as_ref().map(|tags| tags.len()), Some(2));
        for tag in ["A", "B"] {
            assert!(accepts(&filter, &format!("TAGS\u{1}{tag}\u{2}")));
        }
        assert!(!accepts(&filter, "TAGS\u{1}AB\u{2}"));
        assert!(!accepts(&filter, ""));
    }

    #[test]
    fn a_star_or_an_empty_expression_accepts_all() {
        for all in ["", "*", " * ", "A || *"] {
            let filter = Filter::parse("", all).unwrap();
            assert!(filter.accepts_all() && filter.accepts(7), "{all:?}");
        }
    }

    #[test]
    fn sql_is_refused_and_so_is_a_long_expression() {
        assert!(Filter::parse("SQL92", "a > 1").is_err());
        Filter::parse("TAG", &"x".repeat(MAX_EXPRESSION)).unwrap();
        let error = Filter::parse("TAG", &"x".repeat(MAX_EXPRESSION + 1)).unwrap_err();
        assert!(error.to_string().contains("16384"), "{error}");
    }
}
