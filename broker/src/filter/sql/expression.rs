//! A parsed expression.

use super::names::Names;
use super::{SqlError, parser};
use std::cmp::Ordering;
use std::ops::Range;

/// The number of a node.
pub(super) type NodeId = u32;

/// A part of an expression. Its operands have lower numbers.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Node {
    Null,
    Bool(bool),
    Int(i32),
    Long(i64),
    Double(f64),
    /// The literal with this number.
    Text(u32),
    /// The property with this number.
    Property(u32),
    Negate(NodeId),
    Not(NodeId),
    /// A property in the place of a condition.
    Condition(NodeId),
    And(Place),
    Or(Place),
    IsNull(NodeId),
    Equal(NodeId, NodeId),
    Compare(Comparison, NodeId, NodeId),
    /// A property and a number. Most conditions are this.
    CompareInt(Comparison, u32, i32),
    /// A property and a literal that is not null.
    CompareLiteral(Comparison, u32, NodeId),
    Between {
        value: NodeId,
        low: NodeId,
        high: NodeId,
        not: bool,
    },
    In {
        property: u32,
        texts: Place,
        not: bool,
    },
    Search {
        kind: Search,
        not: bool,
        value: NodeId,
        text: u32,
    },
}

/// A part of a list of an expression.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Place {
    pub(super) start: u32,
    pub(super) length: u32,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub(super) enum Comparison {
    // A bit for each ordering: 1, 2 and 4 for less, equal and greater.
    Less = 1,
    Equal = 2,
    LessOrEqual = 3,
    Greater = 4,
    GreaterOrEqual = 6,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Search {
    Contains,
    StartsWith,
    EndsWith,
}

impl Place {
    pub(super) fn range(self) -> Range<usize> {
        let start = self.start as usize;
        start..start + self.length as usize
    }
}

impl Node {
    /// Returns whether it is a literal.
    pub(super) fn is_constant(self) -> bool {
        self.is_number() || matches!(self, Self::Null | Self::Bool(_) | Self::Text(_))
    }

    /// Returns whether it is the literal of a number. A sign makes it an operation.
    pub(super) fn is_number(self) -> bool {
        matches!(self, Self::Int(_) | Self::Long(_) | Self::Double(_))
    }

    /// Returns whether it is true, false or null.
    pub(super) fn is_condition(self) -> bool {
        !self.is_number() && !matches!(self, Self::Text(_) | Self::Property(_) | Self::Negate(_))
    }
}

impl Comparison {
    #[inline(always)]
    pub(super) fn accepts(self, ordering: Ordering) -> bool {
        self as u8 & 1 << (ordering as i8 + 1) != 0
    }
}

/// An expression, which a message matches or not.
#[derive(Debug)]
pub(crate) struct Expression {
    /// The last one is the whole expression.
    pub(super) nodes: Box<[Node]>,
    /// The operands of `AND` and `OR`.
    pub(super) operands: Box<[NodeId]>,
    /// The texts of literals, and those of each `IN` side by side, sorted.
    pub(super) texts: Box<[Box<str>]>,
    /// The word of each of these texts.
    pub(super) words: Box<[u64]>,
    /// The names of the properties.
    pub(super) names: Names,
}

impl Expression {
    /// Parses an expression.
    ///
    /// # Errors
    /// If Java's broker refuses it, too, or if it is nested too deeply. Its length is not checked.
    pub(crate) fn parse(text: &str) -> Result<Self, SqlError> {
        parser::parse(text)
    }

    /// Returns the bytes that it takes in memory, beside itself.
    pub(crate) fn heap_size(&self) -> usize {
        /// Of a text, and of what the allocator adds.
        const TEXT: usize = size_of::<Box<str>>() + 16;
        let texts = self.texts.iter().map(|text| TEXT + text.len()).sum::<usize>();
        let lists =
            size_of_val(&*self.nodes) + size_of_val(&*self.operands) + size_of_val(&*self.words);
        lists + texts + self.names.heap_size()
    }

    /// Returns the number of its operands and operations.
    pub(crate) fn nodes(&self) -> usize {
        self.nodes.len()
    }
}

#[cfg(test)]
mod tests {
    use super::{Expression, Node};

    #[test]
    fn a_node_takes_16_bytes() {
        assert_eq!(size_of::<Node>(), 16);
    }

    #[test]
    fn the_memory_of_an_expression_is_a_small_multiple_of_its_length() {
        let patterns = ["a OR ", "TRUE OR ", "a=1 OR ", "b IN ('','1') OR ", "NOT a=b OR "];
        for pattern in patterns {
            let text = format!("{}a", pattern.repeat(1000));
            let expression = Expression::parse(&text).unwrap();
            let size = expression.heap_size();
            assert!(size > expression.nodes() * 16 && size < text.len() * 16, "{pattern}: {size}");
        }
    }
}
