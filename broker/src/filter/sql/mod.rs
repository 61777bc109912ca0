//! Expressions of SQL92, as Java's broker filters by them.
//!
//! The grammar, the types of values and their conversions are those of Apache's `rocketmq-filter`, with
//! all that follows from them: a message for whose properties Java's evaluation fails does not match, tokens
//! after a complete expression are not looked at, and a `<` refuses what a `=` takes. A suite of
//! `tests/interop` compares both.
//!
//! An expression is parsed once, into nodes that refer to each other by number. For each message, the properties that
//! it names are found in one pass over the text of all of them, as places in that text; an evaluation reads the
//! values there, and has no memory of its own unless it names many.

mod evaluate;
mod expression;
mod lexer;
mod names;
mod numbers;
mod parser;
mod parts;
#[cfg(test)]
mod tests;
mod text;
mod values;

#[cfg(feature = "fuzzing")]
pub(crate) use evaluate::Found;
pub(crate) use expression::Expression;

use thiserror::Error;

/// The reason why an expression is refused.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
#[error("{reason}, at byte {at}")]
pub(crate) struct SqlError {
    /// The place in the expression, in bytes.
    at: usize,
    reason: String,
}

impl SqlError {
    fn at(at: usize, reason: impl Into<String>) -> Self {
        Self { at, reason: reason.into() }
    }
}
