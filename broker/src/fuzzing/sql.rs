//! Expressions of SQL92 by themselves, for the fuzz target and for the comparison with Java's.

use crate::filter::sql::Expression;
use rocketmq_tower::BoxError;
use rocketmq_tower::message::Properties;

/// An expression that was parsed.
#[derive(Debug)]
pub struct SqlExpression(Expression);

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
        match self.0.condition(properties) {
            Ok(Some(true)) => SqlOutcome::True,
            Ok(Some(false)) => SqlOutcome::False,
            Ok(None) => SqlOutcome::Null,
            Err(_) => SqlOutcome::Failed,
        }
    }

    /// Returns the bytes that it takes in memory.
    #[must_use]
    pub fn size(&self) -> usize {
        self.0.heap_size()
    }
}
