//! Filters of subscriptions.

pub(crate) mod sql;

use crate::clients::{Charge, ConnectionAccount};
use crate::log::index;
use crate::refusal::refuse;
use rocketmq_tower::{BoxError, ResponseCode};
use sql::Expression;
use std::sync::Arc;

/// The maximum length of an expression, in bytes.
pub(crate) const MAX_EXPRESSION: usize = 16 * 1024;

/// The bytes of a filter that is kept, beside its rule and its text, as they count in the account.
const BYTES: usize = 256;

/// A filter of messages.
#[derive(Debug, Default)]
pub(crate) struct Filter {
    rule: Rule,
    /// The room of a filter that is kept.
    charge: Option<Charge>,
    /// The expression, if it has to be told from others.
    expression: Option<Box<str>>,
}

#[derive(Debug, Default)]
enum Rule {
    #[default]
    All,
    /// Messages with one of the tags that have these hashes, sorted. Another tag may have the same hash:
    /// clients compare the tags again, as Java's broker leaves it to them, too.
    Tags(Box<[u32]>),
    /// Messages whose properties match.
    Sql(Expression),
}

impl Filter {
    /// Parses `A || B`, of which `*` and an empty text accept all messages, or SQL92. Other kinds of
    /// expressions are refused.
    pub(crate) fn parse(kind: &str, expression: &str) -> Result<Self, BoxError> {
        if !is_supported(kind) {
            return Err(unsupported(kind));
        }
        if expression.len() > MAX_EXPRESSION {
            let length = expression.len();
            let text = format!("an expression has at most {MAX_EXPRESSION} bytes, not {length}");
            return Err(refuse(ResponseCode::SUBSCRIPTION_PARSE_FAILED, text));
        }
        let rule = if is_sql(kind) {
            let parsed = Expression::parse(expression).map_err(|error| {
                let text = format!("the expression is not correct: {error}");
                refuse(ResponseCode::SUBSCRIPTION_PARSE_FAILED, text)
            })?;
            Rule::Sql(parsed)
        } else {
            tags(expression)
        };
        Ok(Self { rule, ..Self::default() })
    }

    /// Takes room for the filter in an account.
    pub(crate) fn keep(mut self, account: &Arc<ConnectionAccount>) -> Result<Arc<Self>, BoxError> {
        let rule = match &self.rule {
            Rule::All => 0,
            Rule::Tags(hashes) => size_of_val(&**hashes),
            Rule::Sql(expression) => expression.heap_size(),
        };
        let text = self.expression.as_ref().map_or(0, |expression| expression.len());
        self.charge = Some(account.charge(BYTES + rule + text)?);
        Ok(Arc::new(self))
    }

    /// Keeps its expression, too.
    pub(crate) fn with_expression(mut self, expression: &str) -> Self {
        self.expression = Some(expression.into());
        self
    }

    /// Returns whether this is its expression, and it keeps it.
    pub(crate) fn has_expression(&self, kind: &str, expression: &str) -> bool {
        self.sql().is_some() == is_sql(kind) && self.expression.as_deref() == Some(expression)
    }

    /// Returns whether it accepts all messages.
    pub(crate) fn accepts_all(&self) -> bool {
        matches!(self.rule, Rule::All)
    }

    /// Returns whether it accepts a message whose tag has this hash, if that tells it; 0 stands for no tag.
    pub(crate) fn accepts(&self, tag: u32) -> bool {
        match &self.rule {
            Rule::Tags(hashes) => hashes.binary_search(&tag).is_ok(),
            Rule::All | Rule::Sql(_) => true,
        }
    }

    /// Returns the expression that properties have to match.
    pub(crate) fn sql(&self) -> Option<&Expression> {
        match &self.rule {
            Rule::Sql(expression) => Some(expression),
            Rule::All | Rule::Tags(_) => None,
        }
    }
}

fn tags(expression: &str) -> Rule {
    let tags = expression.split("||").map(str::trim).filter(|tag| !tag.is_empty());
    let mut hashes = Vec::new();
    for tag in tags {
        if tag == "*" {
            return Rule::All;
        }
        hashes.push(index::tag_hash(tag));
    }
    hashes.sort_unstable();
    hashes.dedup();
    if hashes.is_empty() { Rule::All } else { Rule::Tags(hashes.into()) }
}

/// Returns whether the broker can filter by this kind of expression.
pub(crate) fn is_supported(kind: &str) -> bool {
    is_sql(kind) || matches!(kind, "" | "TAG")
}

/// Returns whether this kind of expression is about properties.
pub(crate) fn is_sql(kind: &str) -> bool {
    kind == "SQL92"
}

/// Returns the refusal of a kind of expressions.
pub(crate) fn unsupported(kind: &str) -> BoxError {
    let text = format!("messages can be filtered by TAG or SQL92, not by {kind}");
    refuse(ResponseCode::SYSTEM_ERROR, text)
}

#[cfg(test)]
mod tests {
    use super::{Filter, MAX_EXPRESSION, Rule, index};
    use rocketmq_tower::message::Properties;

    fn accepts(filter: &Filter, properties: &str) -> bool {
        filter.accepts(index::hashes("T", Properties::new(properties)).0)
    }

    #[test]
    fn tags_are_split_and_trimmed() {
        let filter = Filter::parse("TAG", "A ||  B||A").unwrap();
        assert!(matches!(&filter.rule, Rule::Tags(tags) if tags.len() == 2));
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
    fn sql_is_about_properties_and_not_about_the_tags_hash() {
        let filter = Filter::parse("SQL92", "a > 1").unwrap();
        assert!(filter.accepts(7) && !filter.accepts_all());
        let matches = |text| filter.sql().unwrap().matches(str::as_bytes(text));
        assert!(matches("a\u{1}2") && !matches("a\u{1}1") && !matches(""));
    }

    #[test]
    fn wrong_sql_long_expressions_and_other_kinds_are_refused() {
        let refused = |kind, text: &str| Filter::parse(kind, text).unwrap_err().to_string();
        let error = refused("SQL92", "a >");
        assert!(error.contains("expected a value, found the end, at byte 3"), "{error}");
        assert!(refused("sql92", "a > 1").contains("not by sql92"));
        Filter::parse("TAG", &"x".repeat(MAX_EXPRESSION)).unwrap();
        for kind in ["TAG", "SQL92"] {
            let error = refused(kind, &"x".repeat(MAX_EXPRESSION + 1));
            assert!(error.contains("16384"), "{error}");
        }
    }
}
