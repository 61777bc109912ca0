//! The values of expressions.

use super::expression::{Comparison, Expression, Node, NodeId, Place, Search};
use super::numbers::{compare_doubles, double, int};
use super::text::{is_ascii, short_decimal, short_int, short_text, value};
use super::values::{Failed, Result, Value, by_length, order};

/// The maximum number of properties whose values need no memory of their own, and of texts that are looked at one by one.
const FEW: usize = 8;

/// The properties of a message, and where those that an expression names are in their text.
#[derive(Debug)]
pub(crate) struct Found<'a> {
    properties: &'a [u8],
    /// Where the values begin; zero for those that are not there. `many` stays empty if `few` is enough.
    few: [u32; FEW],
    many: Vec<u32>,
}

impl Expression {
    /// Returns whether a message with these properties matches. They are text as in
    /// [`Properties`](rocketmq_tower::message::Properties): a message whose properties are not UTF-8 does not match.
    pub(crate) fn matches(&self, properties: &[u8]) -> bool {
        // Most messages do not match. Nearly all properties are ASCII, which is checked sooner.
        self.condition(&self.find(properties)) == Ok(Some(true))
            && (is_ascii(properties) || str::from_utf8(properties).is_ok())
    }

    /// Finds the properties of a message that it names.
    #[inline]
    pub(crate) fn find<'a>(&self, properties: &'a [u8]) -> Found<'a> {
        let mut found = Found { properties, few: [0; FEW], many: Vec::new() };
        let starts = if let Some(few) = found.few.get_mut(..self.names.len()) {
            few
        } else {
            found.many.resize(self.names.len(), 0);
            &mut found.many
        };
        self.names.find(properties, starts);
        found
    }

    /// Returns its value for the message whose properties it has found; `None` stands for null.
    #[inline]
    pub(crate) fn condition(&self, found: &Found<'_>) -> Result<Option<bool>> {
        let whole = (self.nodes.len() as NodeId).checked_sub(1).ok_or(Failed)?;
        let starts = if found.many.is_empty() { &found.few } else { &*found.many };
        Evaluation { expression: self, properties: found.properties, starts }.condition(whole)
    }
}

struct Evaluation<'a, 'b> {
    expression: &'a Expression,
    properties: &'a [u8],
    /// Where the values begin; zero for those that are not there.
    starts: &'b [u32],
}

/// Each kind of condition has a function of its own, so that none of them has to save what only others need.
impl<'a> Evaluation<'a, '_> {
    /// Returns the value of a condition; `None` stands for null.
    fn condition(&self, id: NodeId) -> Result<Option<bool>> {
        match *self.node(id)? {
            Node::Null => Ok(None),
            Node::Bool(value) => Ok(Some(value)),
            Node::Not(operand) => Ok(self.condition(operand)?.map(|value| !value)),
            // A property is a text, which is never true.
            Node::Condition(operand) => Ok(self.is_there(operand)?.then_some(false)),
            Node::And(operands) => self.joined(operands, false),
            Node::Or(operands) => self.joined(operands, true),
            Node::CompareInt(comparison, property, literal) => {
                self.compare_int(comparison, property, literal)
            }
            Node::CompareLiteral(comparison, property, literal) => {
                let Some(start) = self.start(property) else { return Ok(None) };
                self.compare_literal(comparison, start, literal)
            }
            Node::IsNull(operand) => Ok(Some(!match *self.node(operand)? {
                Node::Property(property) => self.start(property).is_some(),
                _ => self.is_there(operand)?,
            })),
            Node::Equal(left, right) => self.equal(left, right),
            Node::Compare(comparison, left, right) => self.compare(comparison, left, right),
            Node::Between { value, low, high, not } => self.between(value, low, high, not),
            Node::In { property, texts, not } => self.is_in(property, texts, not),
            Node::Search { kind, not, value, text } => self.search(kind, value, text, not),
            // The parser takes no others as conditions.
            _ => Err(Failed),
        }
    }

    /// Joins conditions by `OR` if `decisive` is true, and else by `AND`. The first one with the decisive
    /// value is the last one that is evaluated.
    #[inline(never)]
    fn joined(&self, operands: Place, decisive: bool) -> Result<Option<bool>> {
        let mut value = Some(!decisive);
        for id in self.expression.operands.get(operands.range()).unwrap_or_default() {
            let condition = match *self.node(*id)? {
                // Without a call: most conditions are this.
                Node::CompareInt(comparison, property, literal) => {
                    self.compare_int(comparison, property, literal)?
                }
                _ => self.condition(*id)?,
            };
            match condition {
                Some(condition) if condition == decisive => return Ok(Some(decisive)),
                Some(_) => {}
                None => value = None,
            }
        }
        Ok(value)
    }

    #[inline(always)]
    fn compare_int(
        &self,
        comparison: Comparison,
        property: u32,
        literal: i32,
    ) -> Result<Option<bool>> {
        let Some(start) = self.start(property) else { return Ok(None) };
        Ok(Some(comparison.accepts(self.int(start)?.cmp(&literal))))
    }

    /// Compares the property whose value begins at `start` with a literal.
    #[inline(never)]
    fn compare_literal(
        &self,
        comparison: Comparison,
        start: u32,
        literal: NodeId,
    ) -> Result<Option<bool>> {
        let text = || value(self.properties, start);
        let ordering = match *self.node(literal)? {
            Node::Double(literal) => {
                let short = short_decimal(self.properties, start);
                let number = short.or_else(|| double(text())).ok_or(Failed)?;
                compare_doubles(number, literal)
            }
            Node::Text(literal) => {
                if comparison == Comparison::Equal
                    && let Some(word) = short_text(self.properties, start)
                {
                    return Ok(Some(self.expression.words.get(literal as usize) == Some(&word)));
                }
                text().cmp(self.text(literal))
            }
            _ => order(Value::Text(text()), self.value(literal)?)?,
        };
        Ok(Some(comparison.accepts(ordering)))
    }

    /// Returns the value that begins at `start` as a number.
    #[inline(always)]
    fn int(&self, start: u32) -> Result<i32> {
        match short_int(self.properties, start) {
            Some(number) => Ok(number),
            None => self.other_int(start),
        }
    }

    #[cold]
    fn other_int(&self, start: u32) -> Result<i32> {
        int(value(self.properties, start)).ok_or(Failed)
    }

    #[inline(never)]
    fn is_there(&self, operand: NodeId) -> Result<bool> {
        match *self.node(operand)? {
            Node::Property(property) => Ok(self.start(property).is_some()),
            _ => Ok(self.value(operand)? != Value::Null),
        }
    }

    #[inline(never)]
    fn equal(&self, left: NodeId, right: NodeId) -> Result<Option<bool>> {
        Ok(match (self.value(left)?, self.value(right)?) {
            (Value::Null, Value::Null) => Some(true),
            (Value::Null, _) => None,
            (_, Value::Null) => Some(false),
            (left, right) => Some(order(left, right)?.is_eq()),
        })
    }

    #[inline(never)]
    fn compare(&self, comparison: Comparison, left: NodeId, right: NodeId) -> Result<Option<bool>> {
        self.compare_value(self.value(left)?, comparison, right)
    }

    fn compare_value(
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
    #[inline(never)]
    fn between(&self, value: NodeId, low: NodeId, high: NodeId, not: bool) -> Result<Option<bool>> {
        if let (Node::Property(property), Node::Int(low), Node::Int(high)) =
            (self.node(value)?, self.node(low)?, self.node(high)?)
        {
            let Some(start) = self.start(*property) else { return Ok(None) };
            let number = self.int(start)?;
            return Ok(Some((*low..=*high).contains(&number) != not));
        }
        let value = self.value(value)?;
        let (above, below) = match not {
            false => (Comparison::GreaterOrEqual, Comparison::LessOrEqual),
            true => (Comparison::Less, Comparison::Greater),
        };
        let first = self.compare_value(value, above, low)?;
        if first == Some(not) {
            return Ok(first);
        }
        let second = self.compare_value(value, below, high)?;
        Ok(if second == Some(not) || first.is_some() { second } else { None })
    }

    #[inline(never)]
    fn is_in(&self, property: u32, texts: Place, not: bool) -> Result<Option<bool>> {
        let Some(start) = self.start(property) else { return Ok(None) };
        let words = self.expression.words.get(texts.range()).unwrap_or_default();
        if words.len() <= FEW
            && let Some(word) = short_text(self.properties, start)
        {
            return Ok(Some(words.contains(&word) != not));
        }
        let texts = self.expression.texts.get(texts.range()).unwrap_or_default();
        let value = value(self.properties, start);
        let found = texts.binary_search_by(|text| by_length(text.as_bytes(), value));
        Ok(Some(found.is_ok() != not))
    }

    #[inline(never)]
    fn search(&self, kind: Search, value: NodeId, text: u32, not: bool) -> Result<Option<bool>> {
        let text = self.text(text);
        // In this order: without a text to search, the value may also be one that fails.
        let is_found = |value| match value {
            Value::Text(value) => kind.finds(text, value) != not,
            _ => false,
        };
        Ok(Some(!text.is_empty() && is_found(self.value(value)?)))
    }

    /// Returns the value of anything.
    #[inline(always)]
    fn value(&self, id: NodeId) -> Result<Value<'a>> {
        match *self.node(id)? {
            Node::Int(number) => Ok(Value::Int(number)),
            Node::Long(number) => Ok(Value::Long(number)),
            Node::Double(number) => Ok(Value::Double(number)),
            Node::Text(text) => Ok(Value::Text(self.text(text))),
            Node::Property(property) => {
                Ok(self.property(property).map_or(Value::Null, Value::Text))
            }
            _ => self.result(id),
        }
    }

    /// Returns the value of an operation.
    #[inline(never)]
    fn result(&self, id: NodeId) -> Result<Value<'a>> {
        match *self.node(id)? {
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

    #[inline(always)]
    fn node(&self, id: NodeId) -> Result<&'a Node> {
        self.expression.nodes.get(id as usize).ok_or(Failed)
    }

    #[inline(always)]
    fn property(&self, property: u32) -> Option<&'a [u8]> {
        self.start(property).map(|start| value(self.properties, start))
    }

    /// Returns where the value of a property begins, if there is one.
    #[inline(always)]
    fn start(&self, property: u32) -> Option<u32> {
        self.starts.get(property as usize).copied().filter(|start| *start > 0)
    }

    #[inline(always)]
    fn text(&self, text: u32) -> &'a [u8] {
        self.expression.texts.get(text as usize).map_or(&[], |text| text.as_bytes())
    }
}

impl Search {
    fn finds(self, text: &[u8], value: &[u8]) -> bool {
        match self {
            // The search in texts takes no longer than both are, whatever they are.
            Self::Contains => match (str::from_utf8(value), str::from_utf8(text)) {
                (Ok(value), Ok(text)) => value.contains(text),
                _ => false,
            },
            Self::StartsWith => value.starts_with(text),
            Self::EndsWith => value.ends_with(text),
        }
    }
}
