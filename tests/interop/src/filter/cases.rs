//! Expressions and properties, from a seed.

use rocketmq_tower_test_support::Dice;

/// An expression, and the properties of messages.
#[derive(Debug)]
pub(super) struct Case {
    pub(super) expression: String,
    pub(super) messages: Vec<String>,
}

const NAMES: &[&str] = &["a", "b", "c", "d", "A", "$x_1", "nothing", "Not1", "TAGS"];

/// Values of properties, and texts of expressions.
const TEXTS: &[&str] = &[
    "",
    "a",
    "abc",
    "true",
    "TRUE",
    "tRuE",
    "false",
    "null",
    "0",
    "-0",
    "+0",
    "1",
    "-1",
    "+1",
    "3",
    "5",
    "05",
    "5.0",
    "5.",
    ".5",
    "-0.0",
    "0.0",
    "1e0",
    "1E1",
    "1e400",
    "-1e400",
    "1e-400",
    "4.9e-324",
    "2147483647",
    "2147483648",
    "-2147483648",
    "-2147483649",
    "9223372036854775807",
    "9223372036854775808",
    "-9223372036854775808",
    "-9223372036854775809",
    "9007199254740993",
    "9007199254740992",
    "NaN",
    "-NaN",
    "+NaN",
    "nan",
    "Infinity",
    "-Infinity",
    "inf",
    "5f",
    "5F",
    "5d",
    "5D",
    "5L",
    "1e5f",
    "0x10",
    "0x1p4",
    "-0x1.8P-2",
    "0X.8p1d",
    "0x1.fffffffffffff8p1023",
    "0x1p-1075",
    "0x1.8p-1075",
    " 5",
    "5 ",
    "\t5\n",
    "5 5",
    "--5",
    "+-5",
    "-",
    "+",
    ".",
    "e5",
    "1e",
    "1e+",
    "1_000",
    "1,5",
    "５",
    "-１２",
    "٣",
    "½",
    "²",
    "𝟘",
    "it's",
    "''",
    "x'y",
    "ä",
    "日本",
    "a b",
    "%",
    "\u{1}x",
    "\u{0}5",
    "5\u{0}",
    "\u{a0}5",
    "1.7976931348623157e308",
    "1.7976931348623159e308",
    "179769313486231580793728971405301e276",
    "2.2250738585072012e-308",
    "2.2250738585072011e-308",
    "0.1",
    "0.10000000000000000555111512312578270211815834045410156250000000000000000000000000001",
    "100000000000000000000000",
];

const NUMBERS: &[&str] = &[
    "0",
    "1",
    "3",
    "5",
    "7",
    "10",
    "1l",
    "5L",
    "0L",
    "05",
    "007",
    "2147483647",
    "2147483648",
    "9223372036854775807",
    "9223372036854775808",
    "9223372036854775807L",
    "9007199254740993",
    "5.0",
    "5.",
    ".5",
    "0.5",
    "0.0",
    "0.",
    "1e0",
    "1E1",
    "1e+2",
    "1.5e-3",
    "1e400",
    "1e-400",
    "4.9e-324",
    "1e-324",
    "1.7976931348623157e308",
    "1.7976931348623159e308",
    "1e",
    "1e+",
    "5f",
    "00.5",
    "1.5.5",
    "0x10",
    "1_0",
];

const WORDS: &[&str] = &[
    "AND",
    "OR",
    "NOT",
    "BETWEEN",
    "IN",
    "IS",
    "NULL",
    "TRUE",
    "FALSE",
    "CONTAINS",
    "STARTSWITH",
    "ENDSWITH",
    "=",
    "<>",
    ">",
    ">=",
    "<",
    "<=",
    "(",
    ")",
    ",",
    "+",
    "-",
    "'",
    "''",
    "--",
    "/*",
    "*/",
    "/",
    "!=",
    "==",
    "%",
    "a",
    "b",
    "1",
    "5.5",
    "'x'",
    "\n",
    ";",
    "ä",
    "\"a\"",
    "[",
    ".",
    "LIKE",
    "ESCAPE",
    "*",
    "\u{b}",
    "\u{c}",
];

/// Generates cases.
#[derive(Debug)]
pub(super) struct Cases(Dice);

impl Cases {
    pub(super) const fn new(seed: u64) -> Self {
        Self(Dice::new(seed))
    }

    pub(super) fn next(&mut self) -> Case {
        let depth = self.0.below(5) as u32;
        let mut expression = match self.0.below(20) {
            0 => self.words(),
            1..3 => self.any(depth),
            _ => self.condition(depth),
        };
        if self.0.percent(15) {
            expression = self.changed(&expression);
        }
        let messages = (0..self.0.within(1..5)).map(|_| self.properties()).collect();
        Case { expression, messages }
    }

    fn properties(&mut self) -> String {
        let mut properties = String::new();
        for name in NAMES.iter().filter(|name| **name != "nothing") {
            if self.0.percent(70) {
                let value =
                    if self.0.percent(40) { self.plain() } else { self.0.pick(TEXTS).to_owned() };
                properties += &format!("{name}\u{1}{value}\u{2}");
            }
        }
        properties
    }

    /// A value that is often equal to others.
    fn plain(&mut self) -> String {
        self.0.below(8).to_string()
    }

    fn space(&mut self) -> &'static str {
        match self.0.below(40) {
            0 => "\t",
            1 => "\r\n",
            2 => " /* c */ ",
            3 => " -- c\n",
            4 => "/***/",
            5 => "--\r",
            6 => "\u{c}",
            _ => " ",
        }
    }

    fn word(&mut self, word: &str) -> String {
        let word = match self.0.below(6) {
            0 => word.to_lowercase(),
            1 => word
                .chars()
                .map(|c| if self.0.percent(50) { c.to_ascii_lowercase() } else { c })
                .collect(),
            _ => word.to_owned(),
        };
        let (before, after) = (self.space(), self.space());
        format!("{before}{word}{after}")
    }

    fn text(&mut self) -> String {
        let text = if self.0.percent(30) { self.plain() } else { self.0.pick(TEXTS).to_owned() };
        format!("'{}'", text.replace('\'', "''"))
    }

    fn number(&mut self) -> String {
        if self.0.percent(50) { self.plain() } else { self.0.pick(NUMBERS).to_owned() }
    }

    fn name(&mut self) -> String {
        self.0.pick(NAMES).to_owned()
    }

    /// A property or a number, in most cases.
    fn operand(&mut self, depth: u32) -> String {
        match self.0.below(30) {
            0..14 => self.name(),
            14..24 => self.number(),
            24..26 => format!("-{}{}", self.0.pick(&["", " ", "-", "+"]), self.operand(depth)),
            26 => format!("+{}", self.operand(depth)),
            27 if depth > 0 => self.any(depth - 1),
            28 => format!("({})", self.name()),
            _ => self.text(),
        }
    }

    fn condition(&mut self, depth: u32) -> String {
        if depth > 0 {
            match self.0.below(10) {
                0..5 => {
                    let parts = self.0.within(2..5);
                    let by = self.0.pick(&["AND", "OR"]);
                    let mut joined = self.condition(depth - 1);
                    for _ in 1..parts {
                        let by = if self.0.percent(85) { by } else { self.0.pick(&["AND", "OR"]) };
                        joined += &self.word(by);
                        joined += &self.condition(depth - 1);
                    }
                    return joined;
                }
                5 | 6 => return format!("({})", self.condition(depth - 1)),
                7 => return format!("{}({})", self.word("NOT"), self.condition(depth - 1)),
                _ => {}
            }
        }
        self.simple(depth)
    }

    fn simple(&mut self, depth: u32) -> String {
        let not = if self.0.percent(40) { self.word("NOT") } else { String::new() };
        match self.0.below(24) {
            0..5 => {
                let sign = self.0.pick(&["=", "<>"]);
                let right = match self.0.below(6) {
                    0..3 => self.operand(depth),
                    3 => self.0.pick(&["TRUE", "false"]).to_owned(),
                    4 => self.text(),
                    _ => format!("({})", self.any(depth.saturating_sub(1))),
                };
                format!("{}{}{right}", self.operand(depth), self.word(sign))
            }
            5..10 => {
                let sign = self.0.pick(&[">", ">=", "<", "<="]);
                format!("{}{}{}", self.operand(depth), self.word(sign), self.operand(depth))
            }
            10..13 => {
                let (value, low, high) =
                    (self.operand(depth), self.operand(depth), self.operand(depth));
                format!("{value}{not}{}{low}{}{high}", self.word("BETWEEN"), self.word("AND"))
            }
            13..16 => {
                let list: Vec<_> = (0..self.0.within(1..8)).map(|_| self.text()).collect();
                let value = if self.0.percent(90) { self.name() } else { self.operand(depth) };
                format!(
                    "{value}{not}{}({})",
                    self.word("IN"),
                    list.join(self.0.pick(&[",", " , "]))
                )
            }
            16..20 => {
                let search = self.0.pick(&["CONTAINS", "STARTSWITH", "ENDSWITH"]);
                let value = if self.0.percent(85) { self.name() } else { self.operand(depth) };
                let text = self.0.pick(&["", "a", "5", "b", "1", "''", "e", "''''", "x", "本"]);
                format!("{value}{not}{}'{text}'", self.word(search))
            }
            20..22 => {
                format!("{}{}{not}{}", self.operand(depth), self.word("IS"), self.word("NULL"))
            }
            22 => self.name(),
            _ => self.0.pick(&["TRUE", "FALSE", "NULL"]).to_owned(),
        }
    }

    /// Anything in the place of an operand.
    fn any(&mut self, depth: u32) -> String {
        match self.0.below(6) {
            0 => self.operand(depth),
            1 => format!("-({})", self.condition(depth)),
            2 => {
                let again = self.simple(depth);
                let sign = self.0.pick(&["=", "<>", "IS", "CONTAINS", "<", "IN", "BETWEEN"]);
                format!("{}{}{again}", self.simple(depth), self.word(sign))
            }
            3 => format!("{}{}{}", self.simple(depth), self.word("IS"), self.word("NULL")),
            _ => format!("({})", self.condition(depth)),
        }
    }

    fn words(&mut self) -> String {
        let words = (0..self.0.below(12))
            .map(|_| format!("{}{}", self.0.pick(WORDS), self.0.pick(&["", " "])));
        words.collect()
    }

    /// An expression that is wrong, perhaps.
    fn changed(&mut self, expression: &str) -> String {
        let mut chars: Vec<char> = expression.chars().collect();
        for _ in 0..self.0.within(1..4) {
            let at = self.0.index(chars.len() + 1);
            let end = (at + self.0.index(6)).min(chars.len());
            let new: Vec<char> =
                if self.0.percent(50) { self.0.pick(WORDS).chars().collect() } else { Vec::new() };
            chars.splice(at..end, new);
        }
        chars.into_iter().collect()
    }
}
