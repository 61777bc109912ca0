//! The guide's commands, in its order, as a shell runs them.

use crate::process::Tower;
use crate::support::folder::Folder;
use crate::support::running::Running;
use rocketmq_tower_broker::Broker;

/// Returns the lines of the blocks that are marked as commands of a shell.
fn commands(guide: &str) -> Vec<&str> {
    let mut commands = Vec::new();
    let mut lines = guide.lines();
    while lines.any(|line| line == "```sh") {
        commands.extend(lines.by_ref().take_while(|line| *line != "```"));
    }
    commands.retain(|line| !line.is_empty() && !line.starts_with("cargo "));
    commands
}

#[tokio::test]
async fn its_commands_succeed() {
    let broker = Running::start(Broker::builder().vip_port(false)).await;
    let tower = Tower::new(&broker.names);
    let folder = Folder::new();
    let guide = include_str!("../../../docs/guides/command-line.md");
    let commands = commands(guide);
    assert!(commands.len() > 15, "{commands:?}");
    for line in commands {
        // The guide is for the default addresses.
        let line = line.replace("127.0.0.1:9876", &broker.names);
        let line = line.replace("127.0.0.1:10911", &broker.broker);
        let done = tower.shell(&line, folder.path()).await;
        assert_eq!((done.code, &*done.stderr), (Some(0), ""), "{line}: {done:?}");
    }
    broker.end().await;
}
