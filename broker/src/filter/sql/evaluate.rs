//! The values of expressions.

use super::expression::{Comparison, Expression, Node, NodeId, Place, Search};
use super::numbers::{compare_doubles, double, int, long};
use rocketmq_tower::message::Properties;
use std::cmp::Ordering;

/// The maximum number of properties whose values need no memory of their own.
const FEW: usize = 8;

/// The value of a part of an expression.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Value<'a> {
    Null,
    Bool(bool),
    Int(i32),
    Long(i64),
    Double(f64),
    Text(&'a str),
}

/// An evaluation that fails, as by an exception in Java: the message does not match.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Failed;

type Result<T> = std::result::Result<T, Failed>;

impl Expression {
    /// Returns whether a message with these properties matches.
    pub(crate) fn matches(&self, properties: Properties<'_>) -> bool {
        self.condition(properties) == Ok(Some(true))
    }

    /// Returns its value for a message with these properties; `None` stands for null.
    pub(crate) fn condition(&self, properties: Properties<'_>) -> Result<Option<bool>> {
        let whole = (self.nodes.len() as NodeId).checked_sub(1).ok_or(Failed)?;
        let mut few = [None; FEW];
        if let Some(values) = few.get_mut(..self.names.len()) {
            if !values.is_empty() {
                properties.get_each(&self.names, values);
            }
            return Evaluation { expression: self, values }.condition(whole);
        }
        let mut values = vec![None; self.names.len()];
        for (name, value) in properties.iter() {
            if let Ok(place) = self.names.binary_search_by(|known| (**known).cmp(name)) {
                values[place] = Some(value);
            }
        }
        Evaluation { expression: self, values: &values }.condition(whole)
    }
}

struct Evaluation<'a, 'b> {
    expression: &'a Expression,
    /// The values of the properties.
    values: &'b [Option<&'a str>],
}

impl<'a> Evaluation<'a, '_> {
    /// Returns the value of a condition; `None` stands for null.
    fn condition(&self, id: NodeId) -> Result<Option<bool>> {
        match *self.expression.nodes.get(id as usize).ok_or(Failed)? {
            Node::Null => Ok(None),
            Node::Bool(value) => Ok(Some(value)),
            Node::Not(operand) => Ok(self.condition(operand)?.map(|value| !value)),
            // A property is a text, which is never true.
            Node::Condition(operand) => Ok((self.value(operand)? != Value::Null).then_some(false)),
            Node::And(operands) => self.joined(operands, false),
            Node::Or(operands) => self.joined(operands, true),
            Node::Equal(left, right) => equal(self.value(left)?, self.value(right)?),
            Node::Compare(comparison, left, right) => {
                self.compare(self.value(left)?, comparison, right)
            }
            Node::Between { value, low, high, not } => self.between(value, low, high, not),
            Node::In { property, texts, not } => {
                let texts = self.expression.texts.get(texts.range()).unwrap_or_default();
                let is_in = |value: &str| texts.binary_search_by(|text| (**text).cmp(value));
                Ok(self.property(property).map(|value| is_in(value).is_ok() != not))
            }
            Node::Search { kind, not, value, text } => {
                let text = self.text(text);
                // In this order: without a text to search, the value may also be one that fails.
                let is_found = |value| match value {
                    Value::Text(value) => found(kind, value, text) != not,
                    _ => false,
                };
                Ok(Some(!text.is_empty() && is_found(self.value(value)?)))
            }
            // The parser takes no others as conditions.
            _ => Err(Failed),
        }
    }

    /// Returns the value of anything.
    #[inline]
    fn value(&self, id: NodeId) -> Result<Value<'a>> {
        match *self.expression.nodes.get(id as usize).ok_or(Failed)? {
            Node::Int(number) => Ok(Value::Int(number)),
            Node::Long(number) => Ok(Value::Long(number)),
            Node::Double(number) => Ok(Value::Double(number)),
            Node::Text(text) => Ok(Value::Text(self.text(text))),
            Node::Property(property) => {
                Ok(self.property(property).map_or(Value::Null, Value::Text))
            }
            Node::Negate(operand) => self.negated(operand),
            _ => Ok(self.condition(id)?.map_or(Value::Null, Value::Bool)),
        }
    }

    fn negated(&self, operand: NodeId) -> Result<Value<'a>> {
        Ok(match self.value(operand)? {
            Value::Int(number) => Value::Int(number.wrapping_neg()),
            Value::Long(number) => Value::Long(number.wrapping_neg()),
            Value::Double(number) => Value::Double(-number),
            Value::Null | Value::Bool(_) | Value::Text(_) => Value::Null,
        })
    }

    /// Joins conditions by `OR` if `decisive` is true, and else by `AND`. The first one with the decisive
    /// value is the last one that is evaluated.
    fn joined(&self, operands: Place, decisive: bool) -> Result<Option<bool>> {
        let mut value = Some(!decisive);
        for id in self.expression.operands.get(operands.range()).unwrap_or_default() {
            match self.condition(*id)? {
                Some(condition) if condition == decisive => return Ok(Some(decisive)),
                Some(_) => {}
                None => value = None,
            }
        }
        Ok(value)
    }

    fn compare(
        &self,
        left: Value<'a>,
        comparison: Comparison,
        right: NodeId,
    ) -> Result<Option<bool>> {
        if left == Value::Null {
            return Ok(None);
        }
        let ordering = match (left, self.value(right)?) {
            (_, Value::Null) => return Ok(None),
            // Two texts are compared as numbers.
            (Value::Text(left), Value::Text(right)) => {
                compare_doubles(double(left).ok_or(Failed)?, double(right).ok_or(Failed)?)
            }
            (left, right) => order(left, right)?,
        };
        Ok(Some(comparison.accepts(ordering)))
    }

    /// As two comparisons that are joined by `AND`, or with `not` by `OR`.
    fn between(&self, value: NodeId, low: NodeId, high: NodeId, not: bool) -> Result<Option<bool>> {
        let value = self.value(value)?;
        let (above, below) = match not {
            false => (Comparison::GreaterOrEqual, Comparison::LessOrEqual),
            true => (Comparison::Less, Comparison::Greater),
        };
        let first = self.compare(value, above, low)?;
        if first == Some(not) {
            return Ok(first);
        }
        let second = self.compare(value, below, high)?;
        Ok(if second == Some(not) || first.is_some() { second } else { None })
    }

    fn property(&self, property: u32) -> Option<&'a str> {
        self.values.get(property as usize).copied().flatten()
    }

    fn text(&self, text: u32) -> &'a str {
        self.expression.texts.get(text as usize).map_or("", |text| text)
    }
}

fn found(kind: Search, value: &str, text: &str) -> bool {
    match kind {
        Search::Contains => value.contains(text),
        Search::StartsWith => value.starts_with(text),
        Search::EndsWith => value.ends_with(text),
    }
}

fn equal(left: Value<'_>, right: Value<'_>) -> Result<Option<bool>> {
    match (left, right) {
        (Value::Null, Value::Null) => Ok(Some(true)),
        (Value::Null, _) => Ok(None),
        (_, Value::Null) => Ok(Some(false)),
        (left, right) => Ok(Some(order(left, right)?.is_eq())),
    }
}

/// Compares two values that are not null. Those of different types are converted; types that cannot be
/// converted are not equal.
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
        (Value::Text(left), Value::Bool(right)) => left.eq_ignore_ascii_case("true").cmp(&right),

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
