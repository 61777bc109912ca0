//! Expressions of SQL92 by themselves, for the fuzz target and for the comparison with Java's.

use crate::filter::sql::{Expression, Found};
use rocketmq_tower::BoxError;
use rocketmq_tower::message::{MessageOutline, Properties};

/// An expression that was parsed.
#[derive(Debug)]
pub struct SqlExpression(Expression);

/// The properties of a message that an expression names.
#[derive(Debug)]
pub struct SqlFound<'a>(Found<'a>);

/// The result of an evaluation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SqlOutcome {
    /// The message matches.
    True,
    /// It does not, like in all other cases.
    False,
    /// A value is missing.
    Null,
    /// Java throws an exception.
    Failed,
}

impl SqlExpression {
    /// Parses an expression of any length.
    ///
    /// # Errors
    /// If the broker refuses it.
    pub fn parse(text: &str) -> Result<Self, BoxError> {
        Ok(Self(Expression::parse(text)?))
    }

    /// Evaluates it for a message with these properties.
    #[must_use]
    pub fn evaluate(&self, properties: Properties<'_>) -> SqlOutcome {
        self.evaluate_found(&self.find(properties))
    }

    /// Finds the properties that it names.
    #[must_use]
    pub fn find<'a>(&self, properties: Properties<'a>) -> SqlFound<'a> {
        SqlFound(self.0.find(properties.as_str().as_bytes()))
    }

    /// Evaluates it for the properties that it has found.
    #[must_use]
    pub fn evaluate_found(&self, found: &SqlFound<'_>) -> SqlOutcome {
        match self.0.condition(&found.0) {
            Ok(Some(true)) => SqlOutcome::True,
            Ok(Some(false)) => SqlOutcome::False,
            Ok(None) => SqlOutcome::Null,
            Err(_) => SqlOutcome::Failed,
        }
    }

    /// Returns whether a message in the format of the store matches, as the broker finds it out for each message that it
    /// looks at.
    #[must_use]
    pub fn matches_stored(&self, record: &[u8]) -> bool {
        MessageOutline::of(record).is_ok_and(|message| self.0.matches(message.properties))
    }

    /// Returns the bytes that it takes in memory.
    #[must_use]
    pub fn size(&self) -> usize {
        self.0.heap_size()
    }
}
