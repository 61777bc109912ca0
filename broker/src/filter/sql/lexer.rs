//! The words and signs of an expression.

use super::SqlError;

/// A word, a literal or a sign.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Token<'a> {
    End,
    /// A name of a property.
    Name(&'a str),
    Keyword(Keyword),
    /// A whole number, without the `L` that may follow it.
    Whole(&'a str),
    /// A number with a point or an exponent.
    Decimal(&'a str),
    /// A text with its quotes: each quote inside of it is there twice.
    Text(&'a str),
    /// One of `= <> > >= < <= ( ) , + -`.
    Sign(&'a str),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Keyword {
    Not,
    And,
    Or,
    Between,
    In,
    True,
    False,
    Null,
    Is,
    Contains,
    StartsWith,
    EndsWith,
}

/// The keywords, in any case.
const KEYWORDS: [(&str, Keyword); 12] = [
    ("NOT", Keyword::Not),
    ("AND", Keyword::And),
    ("OR", Keyword::Or),
    ("BETWEEN", Keyword::Between),
    ("IN", Keyword::In),
    ("TRUE", Keyword::True),
    ("FALSE", Keyword::False),
    ("NULL", Keyword::Null),
    ("IS", Keyword::Is),
    ("CONTAINS", Keyword::Contains),
    ("STARTSWITH", Keyword::StartsWith),
    ("ENDSWITH", Keyword::EndsWith),
];

/// Reads tokens from an expression, each as long as possible.
#[derive(Debug)]
pub(super) struct Lexer<'a> {
    text: &'a str,
    at: usize,
}

impl<'a> Lexer<'a> {
    pub(super) fn new(text: &'a str) -> Self {
        Self { text, at: 0 }
    }

    /// Returns the next token, and where it begins.
    pub(super) fn next(&mut self) -> Result<(Token<'a>, usize), SqlError> {
        self.skip();
        let start = self.at;
        let rest = &self.text[start..];
        let (token, length) = match rest.as_bytes() {
            [] => (Token::End, 0),
            [b'\'', ..] => text(rest).ok_or_else(|| SqlError::at(start, "a text has no end"))?,
            [b'0'..=b'9' | b'.', ..] => {
                number(rest).ok_or_else(|| SqlError::at(start, "a number has no digits"))?
            }
            [b'A'..=b'Z' | b'a'..=b'z' | b'_' | b'$', ..] => word(rest),
            _ => sign(rest).ok_or_else(|| unknown(start, rest))?,
        };
        self.at += length;
        Ok((token, start))
    }

    /// Skips spaces and comments.
    fn skip(&mut self) {
        loop {
            let rest = &self.text[self.at..];
            let length = match rest.as_bytes() {
                [b' ' | b'\t' | b'\n' | b'\r' | b'\x0c', ..] => Some(1),
                // Without an end of the line, these are two signs.
                [b'-', b'-', ..] => rest.find(['\n', '\r']).map(|end| end + 1),
                [b'/', b'*', ..] => rest[2..].find("*/").map(|end| end + 4),
                _ => None,
            };
            let Some(length) = length else { return };
            self.at += length;
        }
    }
}

fn unknown(at: usize, rest: &str) -> SqlError {
    let sign = rest.chars().next().unwrap_or_default();
    SqlError::at(at, format!("{sign:?} has no meaning here"))
}

/// Returns a text, and its length with its quotes. If a text has no end, but holds two quotes, it ends with
/// the first one of the last two.
fn text(rest: &str) -> Option<(Token<'_>, usize)> {
    let (mut end, mut from) = (None, 1);
    while let Some(quote) = rest[from..].find('\'') {
        end = Some(from + quote + 1);
        from += quote + 2;
        if rest.as_bytes().get(from - 1) != Some(&b'\'') {
            break;
        }
    }
    end.map(|end| (Token::Text(&rest[..end]), end))
}

fn number(rest: &str) -> Option<(Token<'_>, usize)> {
    let bytes = rest.as_bytes();
    let whole = digits(bytes);
    let mut end = whole;
    if bytes.get(end) == Some(&b'.') {
        end += 1 + digits(&bytes[end + 1..]);
        if end == 1 {
            return None;
        }
    }
    end += exponent(&bytes[end..]);
    if end > whole {
        return Some((Token::Decimal(&rest[..end]), end));
    }
    // No number begins with a zero.
    let whole = if bytes[0] == b'0' { 1 } else { whole };
    let long = bytes[0] != b'0' && matches!(bytes.get(whole), Some(b'l' | b'L'));
    Some((Token::Whole(&rest[..whole]), whole + usize::from(long)))
}

fn digits(bytes: &[u8]) -> usize {
    bytes.iter().take_while(|byte| byte.is_ascii_digit()).count()
}

/// Returns the length of the exponent with which `bytes` begins; 0 for none.
fn exponent(bytes: &[u8]) -> usize {
    let sign = match bytes {
        [b'e' | b'E', b'+' | b'-', ..] => 2,
        [b'e' | b'E', ..] => 1,
        _ => return 0,
    };
    match digits(&bytes[sign..]) {
        0 => 0,
        digits => sign + digits,
    }
}

fn word(rest: &str) -> (Token<'_>, usize) {
    let is_part = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'$');
    let length = rest.bytes().take_while(is_part).count();
    let word = &rest[..length];
    let keyword = KEYWORDS.iter().find(|(name, _)| name.eq_ignore_ascii_case(word));
    (keyword.map_or(Token::Name(word), |(_, keyword)| Token::Keyword(*keyword)), length)
}

fn sign(rest: &str) -> Option<(Token<'_>, usize)> {
    let length = match rest.as_bytes() {
        [b'<', b'=' | b'>', ..] | [b'>', b'=', ..] => 2,
        [b'=' | b'<' | b'>' | b'(' | b')' | b',' | b'+' | b'-', ..] => 1,
        _ => return None,
    };
    Some((Token::Sign(&rest[..length]), length))
}

#[cfg(test)]
mod tests {
    use super::{Keyword, Lexer, Token};

    fn tokens(text: &str) -> Vec<Token<'_>> {
        let mut lexer = Lexer::new(text);
        let mut all = Vec::new();
        loop {
            match lexer.next().unwrap().0 {
                Token::End => return all,
                token => all.push(token),
            }
        }
    }

    #[test]
    fn names_keywords_and_signs() {
        let expected = [
            Token::Name("_a$1"),
            Token::Sign("<>"),
            Token::Name("nots"),
            Token::Keyword(Keyword::And),
            Token::Sign(">"),
            Token::Sign("="),
            Token::Sign(">="),
        ];
        assert_eq!(tokens("_a$1<>nots aNd > =>="), expected);
    }

    #[test]
    fn numbers_are_as_long_as_possible() {
        let expected = [
            Token::Whole("12"),
            Token::Whole("3"),
            Token::Name("L"),
            Token::Decimal("1."),
            Token::Decimal(".5e-3"),
            Token::Decimal("007E1"),
            Token::Whole("1"),
            Token::Name("e"),
            Token::Whole("0"),
            Token::Whole("0"),
            Token::Whole("7"),
            Token::Whole("0"),
            Token::Name("L"),
        ];
        assert_eq!(tokens("12l3 L 1. .5e-3 007E1 1e 007 0L"), expected);
        assert!(Lexer::new(".").next().is_err());
    }

    #[test]
    fn texts_end_with_a_single_quote() {
        let texts = ["''", "'it''s'", "''''", "'ä\"\n'"];
        for text in texts {
            assert_eq!(tokens(text), [Token::Text(text)]);
        }
        assert!(Lexer::new("'a").next().is_err());
        let mut lexer = Lexer::new("'a''b");
        assert_eq!(lexer.next().unwrap().0, Token::Text("'a'"));
        assert!(lexer.next().is_err());
    }

    #[test]
    fn comments_are_skipped() {
        let text = "-- 'a\n a /* ' * / **/ - /**/ b--\r";
        assert_eq!(tokens(text), [Token::Name("a"), Token::Sign("-"), Token::Name("b")]);
        assert_eq!(
            tokens("a --b"),
            [Token::Name("a"), Token::Sign("-"), Token::Sign("-"), Token::Name("b")]
        );
        for text in ["/* *", "/", "a!=b", "a ä"] {
            let mut lexer = Lexer::new(text);
            assert!((0..3).any(|_| lexer.next().is_err()), "{text}");
        }
    }
}
