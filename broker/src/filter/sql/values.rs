//! Values, and how they are compared.

use super::numbers::{compare_doubles, double, int, long};
use std::cmp::Ordering;

/// The value of a part of an expression.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Value<'a> {
    Null,
    Bool(bool),
    Int(i32),
    Long(i64),
    Double(f64),
    Text(&'a [u8]),
}

/// An evaluation that fails, as by an exception in Java: the message does not match.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Failed;

pub(super) type Result<T> = std::result::Result<T, Failed>;

/// Compares two values that are not null. Those of different types are converted; types that cannot be
/// converted are not equal.
#[inline(always)]
pub(super) fn order(left: Value<'_>, right: Value<'_>) -> Result<Ordering> {
    Ok(match (left, right) {
        (Value::Text(left), Value::Text(right)) => left.cmp(right),
        (Value::Int(left), Value::Int(right)) => left.cmp(&right),
        (Value::Long(left), Value::Long(right)) => left.cmp(&right),
        (Value::Double(left), Value::Double(right)) => compare_doubles(left, right),
        (Value::Bool(left), Value::Bool(right)) => left.cmp(&right),

        (Value::Text(left), Value::Int(right)) => int(left).ok_or(Failed)?.cmp(&right),
        (Value::Text(left), Value::Long(right)) => long(left).ok_or(Failed)?.cmp(&right),
        (Value::Text(left), Value::Double(right)) => {
            compare_doubles(double(left).ok_or(Failed)?, right)
        }
        (Value::Text(left), Value::Bool(right)) => left.eq_ignore_ascii_case(b"true").cmp(&right),

        (Value::Int(left), Value::Text(right)) => left.cmp(&int(right).ok_or(Failed)?),
        (Value::Long(left), Value::Text(right)) => left.cmp(&long(right).ok_or(Failed)?),
        (Value::Double(left), Value::Text(right)) => {
            compare_doubles(left, double(right).ok_or(Failed)?)
        }
        // Java casts the wrong one of the two.
        (Value::Bool(_), Value::Text(_)) => return Err(Failed),

        (Value::Int(left), Value::Long(right)) => i64::from(left).cmp(&right),
        (Value::Long(left), Value::Int(right)) => left.cmp(&i64::from(right)),
        (Value::Int(left), Value::Double(right)) => compare_doubles(left.into(), right),
        (Value::Double(left), Value::Int(right)) => compare_doubles(left, right.into()),
        (Value::Long(left), Value::Double(right)) => compare_doubles(left as f64, right),
        (Value::Double(left), Value::Long(right)) => compare_doubles(left, right as f64),

        (Value::Bool(_) | Value::Null, _) | (_, Value::Bool(_) | Value::Null) => Ordering::Less,
    })
}

/// The order of the texts of an `IN`: most texts differ in their length, which is known without a look at them.
pub(super) fn by_length(left: &[u8], right: &[u8]) -> Ordering {
    left.len().cmp(&right.len()).then_with(|| left.cmp(right))
}
