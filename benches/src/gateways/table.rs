//! A table in Markdown.

use std::fmt;

pub(super) struct Table {
    lines: Vec<String>,
}

impl Table {
    pub(super) fn new(heads: &[&str]) -> Self {
        let rule = vec!["---"; heads.len()];
        Self { lines: vec![line(heads), line(&rule)] }
    }

    pub(super) fn row<const N: usize>(&mut self, cells: [String; N]) {
        self.lines.push(line(&cells));
    }
}

fn line<T: AsRef<str>>(cells: &[T]) -> String {
    cells.iter().fold(String::from("|"), |line, cell| line + " " + cell.as_ref() + " |")
}

impl fmt::Display for Table {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.lines.iter().try_for_each(|line| writeln!(f, "{line}"))
    }
}
