//! CONFORMANCE.md says of every fact how it is proved: that the tests which it names are there.
#![allow(clippy::expect_used, clippy::panic, reason = "test code")]

use std::collections::HashMap;
use std::fs;
use std::path::{Path, PathBuf};

const MARKS: [&str; 4] = ["same", "better", "differs", "absent"];

/// A row of a table: Java's behaviour, the library's, the mark, the proof.
struct Row {
    line: usize,
    java: String,
    ours: String,
    mark: String,
    proof: String,
}

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

/// All rows but the heads of tables.
fn rows() -> Vec<Row> {
    let text = fs::read_to_string(root().join("CONFORMANCE.md")).expect("the document");
    let lines: Vec<&str> = text.lines().collect();
    let is_rule = |line: &str| line.starts_with("|--");
    let mut rows = Vec::new();
    for (at, line) in lines.iter().enumerate() {
        let is_head = lines.get(at + 1).is_some_and(|next| is_rule(next));
        if !line.starts_with('|') || is_rule(line) || is_head {
            continue;
        }
        let cells: Vec<String> =
            line.trim_matches('|').split('|').map(|cell| cell.trim().to_owned()).collect();
        let [java, ours, mark, proof]: [String; 4] =
            cells.try_into().unwrap_or_else(|_| panic!("line {}: not four cells", at + 1));
        rows.push(Row { line: at + 1, java, ours, mark, proof });
    }
    rows
}

/// What stands between backticks.
fn code_spans(text: &str) -> impl Iterator<Item = &str> {
    text.split('`').skip(1).step_by(2)
}

/// The sources that tests are looked for in, each read once.
#[derive(Default)]
struct Sources(HashMap<String, String>);

impl Sources {
    fn file(&mut self, path: &str) -> Option<&str> {
        if !self.0.contains_key(path) {
            self.0.insert(path.to_owned(), fs::read_to_string(root().join(path)).ok()?);
        }
        self.0.get(path).map(String::as_str)
    }

    /// Whether the file has a test of this name: a function behind an attribute that makes it one.
    fn has_test(&mut self, path: &str, name: &str) -> bool {
        let Some(text) = self.file(path) else { return false };
        let lines: Vec<&str> = text.lines().map(str::trim).collect();
        let is_it = |line: &str| {
            let rest = line.strip_prefix("async ").unwrap_or(line).strip_prefix("fn ");
            rest.and_then(|rest| rest.strip_prefix(name)).is_some_and(|rest| rest.starts_with('('))
        };
        lines.iter().enumerate().filter(|(_, line)| is_it(line)).any(|(at, _)| {
            let above = lines[..at].iter().rev();
            let mut attributes = above.take_while(|line| line.starts_with("#["));
            attributes.any(|line| line.starts_with("#[test]") || line.starts_with("#[tokio::test"))
        })
    }

    /// Whether a check of the interop suite reports this.
    fn has_check(&mut self, name: &str) -> bool {
        let quoted = format!("\"{name}\"");
        if !self.0.contains_key("interop") {
            let mut all = String::new();
            read_all(&root().join("tests/interop/src"), &mut all);
            read_all(&root().join("tests/interop/java/src"), &mut all);
            self.0.insert("interop".to_owned(), all);
        }
        self.0["interop"].contains(&quoted)
    }
}

fn read_all(folder: &Path, into: &mut String) {
    for entry in fs::read_dir(folder).expect("a folder") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            read_all(&path, into);
        } else {
            into.push_str(&fs::read_to_string(path).expect("a text"));
        }
    }
}

/// What is wrong with the proof of a row; and how many tests and checks it names. Code before the
/// first file is part of a reason.
fn check_proof(proof: &str, sources: &mut Sources) -> (Vec<String>, usize) {
    let (mut wrong, mut named) = (Vec::new(), 0);
    let mut file = None;
    for span in code_spans(proof) {
        if let Some(check) = span.strip_prefix("ok ") {
            named += 1;
            if !sources.has_check(check) {
                wrong.push(format!("the interop suite has no check {check:?}"));
            }
        } else if span.ends_with(".rs") {
            file = Some(span);
            if sources.file(span).is_none() {
                wrong.push(format!("there is no {span}"));
            }
        } else if let Some(path) = file {
            named += 1;
            if !sources.has_test(path, span) {
                wrong.push(format!("{path} has no test {span}"));
            }
        }
    }
    (wrong, named)
}

#[test]
fn every_row_has_a_mark_and_a_test_or_a_reason() {
    let (rows, mut sources) = (rows(), Sources::default());
    assert!(rows.len() > 100, "{} rows", rows.len());
    let mut wrong = Vec::new();
    for row in rows {
        let mut complain = |what: &str| wrong.push(format!("line {}: {what}", row.line));
        if row.java.is_empty() || row.ours.is_empty() || row.proof.is_empty() {
            complain("an empty cell");
        }
        if !MARKS.contains(&row.mark.as_str()) {
            complain(&format!("{:?} is no mark", row.mark));
        }
        if row.proof.contains("TODO") {
            complain(&row.proof);
        }
        let (errors, named) = check_proof(&row.proof, &mut sources);
        errors.iter().for_each(|error| complain(error));
        if named == 0 && row.mark == "same" {
            complain("what is the same as in Java has a test");
        }
    }
    assert!(wrong.is_empty(), "CONFORMANCE.md:\n{}", wrong.join("\n"));
}
