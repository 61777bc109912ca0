//! The parts of an expression that is being parsed.

use super::SqlError;
use super::expression::{Comparison, Expression, Node, NodeId};
use super::names::Names;
use super::text::word;
use std::collections::HashMap;

/// The maximum depth of an expression: of parentheses, signs and `NOT`s, and of operations on the results of
/// others. Any number of conditions may be joined by `AND` and `OR`.
pub(super) const MAX_DEPTH: u8 = 128;

/// An operand, and its place.
#[derive(Clone, Copy)]
pub(super) struct Operand {
    pub(super) id: NodeId,
    pub(super) at: usize,
}

#[derive(Default)]
pub(super) struct Parts<'a> {
    nodes: Vec<Node>,
    /// The depth of each node.
    depths: Vec<u8>,
    pub(super) operands: Vec<NodeId>,
    pub(super) texts: Vec<Box<str>>,
    names: HashMap<&'a str, u32>,
}

impl<'a> Parts<'a> {
    /// Adds a node with these operands.
    pub(super) fn add(
        &mut self,
        node: Node,
        operands: &[NodeId],
        at: usize,
    ) -> Result<Operand, SqlError> {
        let depths = operands.iter().filter_map(|id| self.depths.get(*id as usize));
        let depth = depths.max().map_or(0, |depth| depth + 1);
        if depth > MAX_DEPTH {
            return Err(too_deep(at));
        }
        let id = self.nodes.len() as NodeId;
        self.nodes.push(node);
        self.depths.push(depth);
        Ok(Operand { id, at })
    }

    /// Adds a comparison by `=` or `IS NULL`.
    pub(super) fn equal(&mut self, left: Operand, right: Operand) -> Result<Operand, SqlError> {
        let node = match self.node(right) {
            Node::Null => Node::IsNull(left.id),
            _ => self
                .compare_literal(Comparison::Equal, left, right)
                .unwrap_or(Node::Equal(left.id, right.id)),
        };
        self.add(node, &[left.id, right.id], left.at)
    }

    /// Adds a comparison by `<` or the like.
    pub(super) fn compare(
        &mut self,
        comparison: Comparison,
        left: Operand,
        right: Operand,
    ) -> Result<Operand, SqlError> {
        let node = self.compare_literal(comparison, left, right);
        let node = node.unwrap_or(Node::Compare(comparison, left.id, right.id));
        self.add(node, &[left.id, right.id], left.at)
    }

    /// Returns the node for a comparison of a property with a literal.
    fn compare_literal(
        &self,
        comparison: Comparison,
        left: Operand,
        right: Operand,
    ) -> Option<Node> {
        match (self.node(left), self.node(right)) {
            (Node::Property(property), Node::Int(number)) => {
                Some(Node::CompareInt(comparison, property, number))
            }
            (Node::Property(property), literal) if literal.is_constant() => {
                Some(Node::CompareLiteral(comparison, property, right.id))
            }
            _ => None,
        }
    }

    pub(super) fn node(&self, operand: Operand) -> Node {
        // Each operand is a node.
        self.nodes.get(operand.id as usize).copied().unwrap_or(Node::Null)
    }

    pub(super) fn text(&mut self, text: Box<str>) -> u32 {
        self.texts.push(text);
        self.texts.len() as u32 - 1
    }

    pub(super) fn property(&mut self, name: &'a str) -> Node {
        let new = self.names.len() as u32;
        Node::Property(*self.names.entry(name).or_insert(new))
    }

    pub(super) fn finish(mut self) -> Expression {
        let mut names: Vec<_> = self.names.into_iter().collect();
        names.sort_unstable();
        let mut new = vec![0; names.len()];
        for (place, (_, old)) in names.iter().enumerate() {
            new[*old as usize] = place as u32;
        }
        for node in &mut self.nodes {
            if let Node::Property(property)
            | Node::In { property, .. }
            | Node::CompareInt(_, property, _)
            | Node::CompareLiteral(_, property, _) = node
            {
                *property = new[*property as usize];
            }
        }
        Expression {
            nodes: self.nodes.into(),
            operands: self.operands.into(),
            words: self.texts.iter().map(|text| word(text.as_bytes())).collect(),
            texts: self.texts.into(),
            names: Names::new(names.into_iter().map(|(name, _)| name.into())),
        }
    }
}

pub(super) fn too_deep(at: usize) -> SqlError {
    SqlError::at(at, format!("an expression is nested at most {MAX_DEPTH} levels deep"))
}
