//! The grammar of expressions.

use super::SqlError;
use super::expression::{Comparison, Expression, Node, NodeId, Place, Search};
use super::lexer::{Keyword, Lexer, Token};
use super::numbers;
use super::parts::{MAX_DEPTH, Operand, Parts, too_deep};
use super::values::{Value, by_length, order};

/// Parses an expression. Text after a complete one is ignored, but its first token has to be one.
pub(super) fn parse(text: &str) -> Result<Expression, SqlError> {
    let mut lexer = Lexer::new(text);
    let next = lexer.next()?;
    let mut parser = Parser { lexer, next, nested: 0, parts: Parts::default() };
    let whole = parser.any()?;
    // The last node is the whole expression.
    parser.condition(whole)?;
    Ok(parser.parts.finish())
}

struct Parser<'a> {
    lexer: Lexer<'a>,
    /// The next token, and its place.
    next: (Token<'a>, usize),
    /// The number of parentheses, signs and `NOT`s that are open.
    nested: u8,
    parts: Parts<'a>,
}

impl<'a> Parser<'a> {
    /// Conditions joined by `OR`.
    fn any(&mut self) -> Result<Operand, SqlError> {
        self.joined(Keyword::Or, Self::all, Node::Or)
    }

    /// Conditions joined by `AND`.
    fn all(&mut self) -> Result<Operand, SqlError> {
        self.joined(Keyword::And, Self::equality, Node::And)
    }

    fn joined(
        &mut self,
        by: Keyword,
        part: fn(&mut Self) -> Result<Operand, SqlError>,
        node: fn(Place) -> Node,
    ) -> Result<Operand, SqlError> {
        let first = part(self)?;
        if !self.is_keyword(by) {
            return Ok(first);
        }
        let mut all = vec![self.condition(first)?];
        while self.is_keyword(by) {
            self.take()?;
            let next = part(self)?;
            all.push(self.condition(next)?);
        }
        let start = self.parts.operands.len() as u32;
        let place = Place { start, length: all.len() as u32 };
        self.parts.operands.extend_from_slice(&all);
        self.parts.add(node(place), &all, first.at)
    }

    fn equality(&mut self) -> Result<Operand, SqlError> {
        let mut left = self.comparison()?;
        loop {
            let (token, at) = self.next;
            let not = match token {
                Token::Sign("=") => false,
                Token::Sign("<>") => true,
                Token::Keyword(Keyword::Is) => {
                    self.take()?;
                    let not = self.take_if(Keyword::Not)?;
                    self.expect(Token::Keyword(Keyword::Null), "NULL")?;
                    let null = self.parts.add(Node::Null, &[], at)?;
                    left = self.equal(left, null, not)?;
                    continue;
                }
                _ => return Ok(left),
            };
            self.take()?;
            let right = self.comparison()?;
            self.check_equal(left, right)?;
            left = self.equal(left, right, not)?;
        }
    }

    fn equal(&mut self, left: Operand, right: Operand, not: bool) -> Result<Operand, SqlError> {
        let equal = self.parts.equal(left, right)?;
        if not { self.parts.add(Node::Not(equal.id), &[equal.id], left.at) } else { Ok(equal) }
    }

    fn comparison(&mut self) -> Result<Operand, SqlError> {
        let mut left = self.unary()?;
        loop {
            let comparison = match self.next.0 {
                Token::Sign("<") => Some(Comparison::Less),
                Token::Sign("<=") => Some(Comparison::LessOrEqual),
                Token::Sign(">") => Some(Comparison::Greater),
                Token::Sign(">=") => Some(Comparison::GreaterOrEqual),
                _ => None,
            };
            left = if let Some(comparison) = comparison {
                self.take()?;
                let right = self.unary()?;
                self.check_ordered(left)?;
                self.check_ordered(right)?;
                self.parts.compare(comparison, left, right)?
            } else {
                let not = self.take_if(Keyword::Not)?;
                let (token, at) = self.next;
                let Token::Keyword(keyword) = token else {
                    return if not {
                        Err(self.expected("an operator after NOT"))
                    } else {
                        Ok(left)
                    };
                };
                let search = match keyword {
                    Keyword::Contains => Some(Search::Contains),
                    Keyword::StartsWith => Some(Search::StartsWith),
                    Keyword::EndsWith => Some(Search::EndsWith),
                    Keyword::Between | Keyword::In => None,
                    _ if not => return Err(self.expected("an operator after NOT")),
                    _ => return Ok(left),
                };
                self.take()?;
                match search {
                    Some(kind) => self.search(kind, left, not)?,
                    None if keyword == Keyword::In => self.list(left, not, at)?,
                    None => self.between(left, not)?,
                }
            }
        }
    }

    fn search(&mut self, kind: Search, left: Operand, not: bool) -> Result<Operand, SqlError> {
        let text = self.text()?;
        let text = self.parts.text(text);
        self.parts.add(Node::Search { kind, not, value: left.id, text }, &[left.id], left.at)
    }

    fn between(&mut self, value: Operand, not: bool) -> Result<Operand, SqlError> {
        let low = self.unary()?;
        self.expect(Token::Keyword(Keyword::And), "AND")?;
        let high = self.unary()?;
        for operand in [value, low, high] {
            self.check_ordered(operand)?;
        }
        let constant = |operand: Operand| match self.parts.node(operand) {
            Node::Int(number) => Some(Value::Int(number)),
            Node::Long(number) => Some(Value::Long(number)),
            Node::Double(number) => Some(Value::Double(number)),
            _ => None,
        };
        if let (false, Some(low), Some(top)) = (not, constant(low), constant(high))
            && order(top, low).is_ok_and(|ordering| ordering.is_lt())
        {
            return Err(SqlError::at(
                high.at,
                "the second bound of BETWEEN is less than the first",
            ));
        }
        let node = Node::Between { value: value.id, low: low.id, high: high.id, not };
        self.parts.add(node, &[value.id, low.id, high.id], value.at)
    }

    fn list(&mut self, left: Operand, not: bool, at: usize) -> Result<Operand, SqlError> {
        let Node::Property(property) = self.parts.node(left) else {
            return Err(SqlError::at(at, "IN needs a property on its left"));
        };
        self.expect(Token::Sign("("), "(")?;
        let mut list = vec![self.text()?];
        while self.next.0 == Token::Sign(",") {
            self.take()?;
            list.push(self.text()?);
        }
        self.expect(Token::Sign(")"), ")")?;
        list.sort_unstable_by(|left, right| by_length(left.as_bytes(), right.as_bytes()));
        let start = self.parts.texts.len() as u32;
        let texts = Place { start, length: list.len() as u32 };
        self.parts.texts.extend(list);
        self.parts.add(Node::In { property, texts, not }, &[left.id], left.at)
    }

    fn unary(&mut self) -> Result<Operand, SqlError> {
        let (token, at) = self.next;
        match token {
            Token::Sign("+") => {
                self.take()?;
                self.within(Self::unary)
            }
            Token::Sign("-") => {
                self.take()?;
                let operand = self.within(Self::unary)?;
                self.parts.add(Node::Negate(operand.id), &[operand.id], at)
            }
            Token::Keyword(Keyword::Not) => {
                self.take()?;
                let operand = self.within(Self::unary)?;
                let condition = self.condition(operand)?;
                self.parts.add(Node::Not(condition), &[condition], at)
            }
            Token::Sign("(") => {
                self.take()?;
                let operand = self.within(Self::any)?;
                self.expect(Token::Sign(")"), ")")?;
                Ok(operand)
            }
            _ => self.simple(),
        }
    }

    /// A literal or a property.
    fn simple(&mut self) -> Result<Operand, SqlError> {
        let (token, at) = self.next;
        let node = match token {
            Token::Name(name) => self.parts.property(name),
            Token::Text(text) => Node::Text(self.parts.text(unquoted(text))),
            Token::Whole(digits) => match numbers::long(digits.as_bytes()) {
                Some(number) => i32::try_from(number).map_or(Node::Long(number), Node::Int),
                None => return Err(SqlError::at(at, "a whole number is too large")),
            },
            Token::Decimal(text) => match numbers::double(text.as_bytes()) {
                // Java refuses zero, too.
                Some(number) if number > 0.0 && number.is_finite() => Node::Double(number),
                _ => {
                    return Err(SqlError::at(
                        at,
                        "a decimal number is zero, too small or too large",
                    ));
                }
            },
            Token::Keyword(Keyword::True) => Node::Bool(true),
            Token::Keyword(Keyword::False) => Node::Bool(false),
            Token::Keyword(Keyword::Null) => Node::Null,
            _ => return Err(self.expected("a value")),
        };
        self.take()?;
        self.parts.add(node, &[], at)
    }

    fn text(&mut self) -> Result<Box<str>, SqlError> {
        let Token::Text(text) = self.next.0 else { return Err(self.expected("a text in quotes")) };
        self.take()?;
        Ok(unquoted(text))
    }

    /// Returns an operand as a condition.
    fn condition(&mut self, operand: Operand) -> Result<NodeId, SqlError> {
        match self.parts.node(operand) {
            Node::Property(_) => {
                let node = Node::Condition(operand.id);
                Ok(self.parts.add(node, &[operand.id], operand.at)?.id)
            }
            node if node.is_condition() => Ok(operand.id),
            _ => Err(SqlError::at(operand.at, "a value is not a condition")),
        }
    }

    /// Checks an operand of `<` and the like.
    fn check_ordered(&self, operand: Operand) -> Result<(), SqlError> {
        let node = self.parts.node(operand);
        if node.is_condition() || matches!(node, Node::Text(_)) {
            let reason = "only properties and numbers can be less or greater than others";
            return Err(SqlError::at(operand.at, reason));
        }
        Ok(())
    }

    /// Checks the operands of `=` and `<>`.
    fn check_equal(&self, left: Operand, right: Operand) -> Result<(), SqlError> {
        let (first, second) = (self.parts.node(left), self.parts.node(right));
        for (node, operand) in [(first, left), (second, right)] {
            if node == Node::Null {
                let reason = "nothing is equal to NULL: use IS NULL or IS NOT NULL";
                return Err(SqlError::at(operand.at, reason));
            }
        }
        if let Node::Bool(_) = first
            && second.is_constant()
            && !second.is_condition()
        {
            return Err(SqlError::at(right.at, "TRUE and FALSE are not equal to other literals"));
        }
        Ok(())
    }

    /// Parses a part one level deeper.
    fn within(
        &mut self,
        part: fn(&mut Self) -> Result<Operand, SqlError>,
    ) -> Result<Operand, SqlError> {
        if self.nested == MAX_DEPTH {
            return Err(too_deep(self.next.1));
        }
        self.nested += 1;
        let operand = part(self)?;
        self.nested -= 1;
        Ok(operand)
    }

    fn is_keyword(&self, keyword: Keyword) -> bool {
        self.next.0 == Token::Keyword(keyword)
    }

    /// Takes the next token.
    fn take(&mut self) -> Result<(), SqlError> {
        self.next = self.lexer.next()?;
        Ok(())
    }

    fn take_if(&mut self, keyword: Keyword) -> Result<bool, SqlError> {
        let is_next = self.is_keyword(keyword);
        if is_next {
            self.take()?;
        }
        Ok(is_next)
    }

    fn expect(&mut self, token: Token<'_>, name: &str) -> Result<(), SqlError> {
        if self.next.0 != token {
            return Err(self.expected(name));
        }
        self.take()
    }

    fn expected(&self, what: &str) -> SqlError {
        let (token, at) = self.next;
        let found = match token {
            Token::End => "the end".to_owned(),
            Token::Keyword(keyword) => format!("{keyword:?}"),
            Token::Name(text)
            | Token::Whole(text)
            | Token::Decimal(text)
            | Token::Text(text)
            | Token::Sign(text) => text.chars().take(32).collect(),
        };
        SqlError::at(at, format!("expected {what}, found {found}"))
    }
}

/// Returns a text without its quotes.
fn unquoted(text: &str) -> Box<str> {
    text.get(1..text.len() - 1).unwrap_or_default().replace("''", "'").into()
}
