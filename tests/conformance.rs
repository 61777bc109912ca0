//! docs/conformance.md names a test or a reason for each fact, docs/threat-model.md a test for each
//! promise, and docs/reliability.md one for each attack on the broker. Checks that the named tests exist, and that the documented bounds of a connection
//! are the real ones.
#![allow(clippy::expect_used, clippy::panic, reason = "test code")]

use rocketmq_tower::driver::ConnectionConfig;
use std::collections::{BTreeMap, HashMap};
use std::fs;
use std::path::{Path, PathBuf};

const MARKS: [&str; 4] = ["same", "better", "differs", "absent"];

/// A row of a table.
struct Row {
    line: usize,
    cells: Vec<String>,
}

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

fn read(document: &str) -> String {
    fs::read_to_string(root().join(document)).expect("the document")
}

/// Returns all rows of a document except the heads of tables.
fn rows(document: &str) -> Vec<Row> {
    let text = read(document);
    let lines: Vec<&str> = text.lines().collect();
    let is_rule = |line: &str| line.starts_with("|--");
    let mut rows = Vec::new();
    for (at, line) in lines.iter().enumerate() {
        let is_head = lines.get(at + 1).is_some_and(|next| is_rule(next));
        if !line.starts_with('|') || is_rule(line) || is_head {
            continue;
        }
        let cells = line.trim_matches('|').split('|').map(|cell| cell.trim().to_owned()).collect();
        rows.push(Row { line: at + 1, cells });
    }
    rows
}

/// Returns the texts between backticks.
fn code_spans(text: &str) -> impl Iterator<Item = &str> {
    text.split('`').skip(1).step_by(2)
}

/// The source files in which tests are searched, each read once.
#[derive(Default)]
struct Sources(HashMap<String, String>);

impl Sources {
    fn file(&mut self, path: &str) -> Option<&str> {
        if !self.0.contains_key(path) {
            self.0.insert(path.to_owned(), fs::read_to_string(root().join(path)).ok()?);
        }
        self.0.get(path).map(String::as_str)
    }

    /// Whether the file has a test of this name: a function with an attribute that makes it a test.
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

    /// Whether the interop suite reports a check of this name.
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

/// Returns the faults of a row's proof, and the number of tests and checks that it names. Code
/// before the first file belongs to the reason.
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
    let (rows, mut sources) = (rows("docs/conformance.md"), Sources::default());
    assert!(rows.len() > 100, "{} rows", rows.len());
    let mut wrong = Vec::new();
    for Row { line, cells } in rows {
        let mut complain = |what: &str| wrong.push(format!("line {line}: {what}"));
        // The cells are Java's behaviour, the library's, the mark, and the proof.
        let [java, ours, mark, proof] = &cells[..] else {
            complain("not four cells");
            continue;
        };
        if java.is_empty() || ours.is_empty() || proof.is_empty() {
            complain("an empty cell");
        }
        if !MARKS.contains(&mark.as_str()) {
            complain(&format!("{mark:?} is no mark"));
        }
        if proof.contains("TODO") {
            complain(proof);
        }
        let (errors, named) = check_proof(proof, &mut sources);
        errors.iter().for_each(|error| complain(error));
        if named == 0 && mark == "same" {
            complain("what is the same as in Java has a test");
        }
    }
    assert!(wrong.is_empty(), "docs/conformance.md:\n{}", wrong.join("\n"));
}

/// Fails if the last cell of a row names no test, or one that does not exist.
fn check_last_cells(rows: Vec<Row>) {
    let (mut wrong, mut sources) = (Vec::new(), Sources::default());
    for Row { line, cells } in rows {
        let (mut errors, named) = check_proof(cells.last().expect("a cell"), &mut sources);
        if named == 0 {
            errors.push("no test is named".to_owned());
        }
        wrong.extend(errors.iter().map(|error| format!("line {line}: {error}")));
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn every_promise_has_a_test() {
    let rows = rows("docs/threat-model.md");
    assert!(rows.len() > 50, "{} rows", rows.len());
    check_last_cells(rows);
}

#[test]
fn every_attack_on_the_broker_has_a_test() {
    let text = read("docs/reliability.md");
    let line = |heading: &str| text.lines().position(|line| line.starts_with(heading));
    let (first, end) = (line("## The broker under attack"), line("## Memory under large"));
    let (first, end) = (first.expect("a heading"), end.expect("a heading"));
    let mut rows = rows("docs/reliability.md");
    rows.retain(|row| (first..end).contains(&row.line));
    assert!(rows.len() > 10, "{} rows", rows.len());
    check_last_cells(rows);
}

/// Returns the fields and their values, as `Debug` shows them.
fn settings(config: &ConnectionConfig) -> BTreeMap<String, String> {
    let text = format!("{config:#?}");
    let fields = text.lines().filter_map(|line| line.trim_end_matches(',').split_once(": "));
    fields.map(|(name, value)| (name.trim().to_owned(), value.to_owned())).collect()
}

/// Formats a value from its `Debug` form, such as `65,535`, `16 MiB` or `30 s`.
fn in_words(name: &str, value: &str) -> String {
    let grouped = |number: usize| match (number / 1000, number % 1000) {
        (thousands, rest) if number >= 10_000 => format!("{thousands},{rest:03}"),
        _ => number.to_string(),
    };
    match (value.strip_suffix('s'), value.parse::<usize>()) {
        (Some(seconds), _) => format!("{seconds} s"),
        (_, Ok(bytes)) if name.contains("frame") || name.contains("bytes") => {
            format!("{} MiB", bytes >> 20)
        }
        (_, Ok(bytes)) if name.contains("water") && bytes % (1 << 10) == 0 => {
            format!("{} KiB", bytes >> 10)
        }
        (_, Ok(number)) => grouped(number),
        _ => value.to_owned(),
    }
}

#[test]
fn the_bounds_of_a_connection_are_those_that_are_told() {
    let server = settings(&ConnectionConfig::server());
    let client = settings(&ConnectionConfig::client());
    assert!(server.len() > 10, "{server:?}");
    let rows = rows("docs/threat-model.md");
    // These are no bounds.
    let others = ["role", "keep_headers"];
    for (name, value) in server.into_iter().filter(|(name, _)| !others.contains(&name.as_str())) {
        let head = format!("`{name}`");
        let row = rows.iter().find(|row| row.cells[0] == head);
        let told = &row.unwrap_or_else(|| panic!("no row of {name}")).cells[1];
        let mut expected = in_words(&name, &value);
        if client[&name] != value {
            expected = format!("{expected}, client {}", in_words(&name, &client[&name]));
        }
        assert_eq!(*told, expected, "{name}");
    }
}
