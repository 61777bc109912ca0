//! `completions`, `man`, and what the README says about options.

use crate::process::Tower;
use crate::support::folder::Folder;
use std::collections::BTreeSet;

const COMMANDS: [&str; 9] =
    ["call", "send", "pull", "tail", "topics", "groups", "bench", "completions", "man"];

#[tokio::test]
async fn every_shell_has_completions() {
    let tower = Tower::new("127.0.0.1:1");
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        let script = tower.ok(&["completions", shell]).await;
        for name in COMMANDS {
            assert!(script.contains(name), "{shell}: no {name}");
        }
    }
    assert_eq!(tower.run(&["completions", "cmd"]).await.code, Some(2));
}

#[tokio::test]
async fn manual_pages_are_printed_or_written() {
    let tower = Tower::new("127.0.0.1:1");
    let page = tower.ok(&["man"]).await;
    assert!(page.contains(".TH rocketmq-tower 1") && page.contains("NAMESRV_ADDR"), "{page}");
    let folder = Folder::new();
    assert_eq!(tower.ok(&["man", folder.path().to_str().unwrap()]).await, "");
    for name in COMMANDS {
        let page = folder.path().join(format!("rocketmq-tower-{name}.1"));
        assert!(std::fs::read_to_string(&page).unwrap().contains(".TH "), "{name}");
    }
    tower.run(&["man", "/no/such/folder"]).await.fails(2, "/no/such/folder: ");
}

/// The options in a text.
fn options(text: &str) -> BTreeSet<&str> {
    let is_end = |c: char| !c.is_ascii_alphanumeric() && c != '-';
    let words = text.split(is_end).filter(|word| word.starts_with("--") && word.len() > 2);
    words.filter(|word| !["--help", "--version"].contains(word)).collect()
}

#[tokio::test]
async fn the_readme_has_all_options_and_no_others() {
    let tower = Tower::new("127.0.0.1:1");
    let mut help = tower.ok(&["--help"]).await;
    let subcommands =
        ["topics create", "topics delete", "groups reset", "bench send", "bench pull"];
    for name in COMMANDS.into_iter().chain(subcommands) {
        let arguments: Vec<_> = name.split(' ').chain(["--help"]).collect();
        help.push_str(&tower.ok(&arguments).await);
    }
    let readme = include_str!("../../README.md");
    let tables = readme.lines().filter(|line| line.starts_with("| `")).collect::<String>();
    assert!(options(&help).len() > 20, "{help}");
    assert_eq!(options(&tables), options(&help));
}
