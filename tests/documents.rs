//! Checks the documents: every relative link and anchor has a target, every page is in the book, the README stays short, and
//! comments and documents are free of phrases that readers stumbled over. The code of other languages in the guide of tests is
//! that of the tests that run, and the code of a translation is that of its original.
#![allow(clippy::expect_used, clippy::panic, reason = "test code")]

use std::collections::HashSet;
use std::path::{Component, Path, PathBuf};
use std::process::Command;
use std::{env, fs};

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

/// Returns the paths of all files in the repository with one of these endings.
fn files(endings: &[&str]) -> Vec<PathBuf> {
    let listed = Command::new("git")
        .args(["ls-files", "--cached", "--others", "--exclude-standard"])
        .current_dir(root())
        .output()
        .expect("git is installed");
    assert!(listed.status.success(), "this is a git checkout");
    let listed = String::from_utf8(listed.stdout).expect("UTF-8");
    let wanted = |path: &&str| endings.iter().any(|ending| path.ends_with(ending));
    // Git still lists a file that was deleted without a commit.
    listed
        .lines()
        .filter(wanted)
        .map(PathBuf::from)
        .filter(|path| root().join(path).exists())
        .collect()
}

fn read(path: &Path) -> String {
    fs::read_to_string(root().join(path))
        .unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// Returns the lines of a document outside of code blocks, with their numbers.
fn prose(text: &str) -> impl Iterator<Item = (usize, &str)> {
    let mut in_code = false;
    text.lines().enumerate().filter_map(move |(at, line)| {
        if line.trim_start().starts_with("```") {
            in_code = !in_code;
            return None;
        }
        (!in_code).then_some((at + 1, line))
    })
}

/// Returns the targets of `[text](target)` and `[name]: target`, except those in code spans.
fn links(line: &str) -> Vec<&str> {
    let mut found = Vec::new();
    let mut rest = line;
    while let Some(at) = rest.find("](") {
        let in_code = rest[..at].matches('`').count() % 2 == 1;
        let target = rest[at + 2..].split(')').next().unwrap_or_default();
        if !in_code {
            found.push(target);
        }
        rest = &rest[at + 2..];
    }
    if let Some((name, target)) = line.split_once("]: ") {
        if name.starts_with('[') {
            found.push(target.trim());
        }
    }
    found
}

/// Returns the anchors of a document's headings, as code-hosting sites generate them.
fn anchors(text: &str) -> HashSet<String> {
    prose(text)
        .filter_map(|(_, line)| line.strip_prefix('#'))
        .map(|heading| {
            let heading = heading.trim_start_matches('#').trim().to_lowercase();
            let kept =
                heading.chars().filter(|c| c.is_alphanumeric() || matches!(c, ' ' | '-' | '_'));
            kept.map(|c| if c == ' ' { '-' } else { c }).collect()
        })
        .collect()
}

/// Returns `path` without `.` and `..`.
fn normal(path: &Path) -> PathBuf {
    let mut normal = PathBuf::new();
    for part in path.components() {
        match part {
            Component::ParentDir => _ = normal.pop(),
            Component::CurDir => {}
            part => normal.push(part),
        }
    }
    normal
}

#[test]
fn every_link_leads_somewhere() {
    let mut dead = Vec::new();
    let mut count = 0;
    for document in files(&[".md"]) {
        let text = read(&document);
        for (line, content) in prose(&text) {
            for target in links(content) {
                count += 1;
                if target.starts_with("https://") || target.starts_with("http://") {
                    continue;
                }
                let (path, anchor) = target.split_once('#').unwrap_or((target, ""));
                let file = match path {
                    "" => document.clone(),
                    path => normal(&document.parent().expect("a folder").join(path)),
                };
                let exists = root().join(&file).exists();
                let found = exists && (anchor.is_empty() || anchors(&read(&file)).contains(anchor));
                if !found {
                    dead.push(format!("{}:{line}: {target}", document.display()));
                }
            }
        }
    }
    assert!(count > 30, "{count} links: the documents were found");
    assert!(dead.is_empty(), "dead links:\n{}", dead.join("\n"));
}

#[test]
fn the_readme_fits_in_the_head() {
    let lines = read(Path::new("README.md")).lines().count();
    assert!(lines <= 150, "{lines} lines");
}

#[test]
fn every_page_is_in_the_book() {
    let summary = read(Path::new("docs/SUMMARY.md"));
    let listed: HashSet<&str> = summary.lines().flat_map(links).collect();
    let missing: Vec<_> = files(&[".md"])
        .into_iter()
        .filter_map(|path| Some(path.strip_prefix("docs").ok()?.to_owned()))
        .filter(|page| page != Path::new("SUMMARY.md"))
        .filter(|page| !page.to_str().is_some_and(|page| listed.contains(page)))
        .collect();
    assert!(missing.is_empty(), "docs/SUMMARY.md does not list {missing:?}");
}

/// Returns the code blocks of a document that are marked with this language.
fn code_blocks(text: &str, language: &str) -> Vec<String> {
    let opening = format!("```{language}");
    let mut blocks = Vec::new();
    let mut lines = text.lines();
    while lines.any(|line| line == opening) {
        let block: Vec<&str> = lines.by_ref().take_while(|line| *line != "```").collect();
        blocks.push(block.join("\n"));
    }
    blocks
}

/// Returns all code blocks of a document, with their languages.
fn all_code_blocks(text: &str) -> Vec<String> {
    let mut blocks = Vec::new();
    let mut lines = text.lines();
    while let Some(opening) = lines.find(|line| line.starts_with("```")) {
        let block = lines.by_ref().take_while(|line| *line != "```");
        blocks.push([opening].into_iter().chain(block).collect::<Vec<_>>().join("\n"));
    }
    blocks
}

/// The code of an original is compiled or run; that of its translation is the same.
#[test]
fn translations_show_the_code_of_their_originals() {
    let mut translations = vec![(PathBuf::from("README.zh-CN.md"), PathBuf::from("README.md"))];
    for path in files(&[".md"]) {
        if let Ok(name) = path.strip_prefix("docs/zh-CN") {
            let original = Path::new("docs/guides").join(name);
            translations.push((path, original));
        }
    }
    assert!(translations.len() > 1, "the translated guides were found");
    for (translation, original) in translations {
        let originals = all_code_blocks(&read(&original));
        for block in all_code_blocks(&read(&translation)) {
            assert!(
                originals.contains(&block),
                "{} does not contain this code of {}:\n{block}",
                original.display(),
                translation.display()
            );
        }
    }
}

/// Returns the text without the spaces before and after each line: a snippet may be indented less than its file.
fn unindented(text: &str) -> String {
    text.lines().map(str::trim).collect::<Vec<_>>().join("\n")
}

#[test]
fn the_guide_shows_the_code_of_the_tests_in_other_languages() {
    let guide = read(Path::new("docs/guides/testing.md"));
    let languages = [
        (
            "java",
            "java",
            ["src/test/java/shop/TestBroker.java", "src/test/java/shop/ShopTest.java"],
        ),
        ("python", "python", ["broker.py", "test_shop.py"]),
        ("go", "go", ["broker_test.go", "shop_test.go"]),
        ("js", "node", ["broker.js", "shop.test.js"]),
    ];
    for (mark, folder, files) in languages {
        let blocks = code_blocks(&guide, mark);
        assert_eq!(blocks.len(), files.len(), "the helper in {mark}, and its use");
        for (block, file) in blocks.iter().zip(files) {
            let path = Path::new("tests/languages").join(folder).join(file);
            let is_there = unindented(&read(&path)).contains(&unindented(block));
            assert!(
                is_there,
                "{} does not contain this code of the guide:\n{block}",
                path.display()
            );
        }
    }
}

/// Returns the text of a line that is a comment or an `#[error]` attribute.
fn comment(line: &str) -> Option<&str> {
    let line = line.trim_start();
    let marks = ["//!", "///", "//", "#[error(\""];
    marks.iter().find_map(|mark| line.strip_prefix(mark)).map(str::trim_start)
}

/// Returns why a line is not plain English, or `None` if it is.
fn stumbles(text: &str) -> Option<&'static str> {
    const PHRASES: [&str; 6] =
        ["so many ", "whoever ", "who has ", " is none ", " are none ", "nobody is asked"];
    let lower = text.to_lowercase();
    let headless =
        (text.starts_with("What ") || text.starts_with("Who ") || text.starts_with("Whom "))
            && text.ends_with('.')
            && !text.contains(" is ")
            && !text.contains(" are ");
    if headless {
        return Some("a sentence without a verb: say what is returned, or what it does");
    }
    let padded = format!("{lower} ");
    PHRASES.iter().any(|phrase| padded.contains(phrase)).then_some("say \"at most N\", or name it")
}

#[test]
fn comments_and_documents_are_plain_english() {
    let mut found = Vec::new();
    let this = Path::new(file!()).file_name().map(PathBuf::from).unwrap_or_default();
    for path in files(&[".rs"]) {
        if path.ends_with(&this) {
            continue;
        }
        for (at, line) in read(&path).lines().enumerate() {
            if let Some(why) = comment(line).and_then(stumbles) {
                found.push(format!("{}:{}: {line} ({why})", path.display(), at + 1));
            }
        }
    }
    for path in files(&[".md"]) {
        for (line, content) in prose(&read(&path)) {
            if let Some(why) = stumbles(content.trim_start_matches(['*', '-', ' '])) {
                found.push(format!("{}:{line}: {content} ({why})", path.display()));
            }
        }
    }
    assert!(found.is_empty(), "{} places:\n{}", found.len(), found.join("\n"));
}
