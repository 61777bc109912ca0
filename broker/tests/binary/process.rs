//! The command in a process.

use crate::support::soon;
use std::process::{ExitStatus, Stdio};
use tokio::io::{AsyncBufReadExt, AsyncReadExt, BufReader};
use tokio::process::{Child, Command};

/// The command, without settings from the environment of the test.
pub(crate) fn command() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_rocketmq-tower-broker"));
    command
        .env_clear()
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .kill_on_drop(true);
    command
}

/// A process that serves.
pub(crate) struct Served {
    /// The address of the name server, by the line that says that it serves.
    pub(crate) names: String,
    /// The address of the broker, by that line.
    pub(crate) address: String,
    process: Child,
}

impl Served {
    /// Starts the process, and waits until it serves.
    pub(crate) async fn start(command: &mut Command) -> Self {
        let mut process = command.stderr(Stdio::null()).spawn().unwrap();
        let mut lines = BufReader::new(process.stdout.take().unwrap()).lines();
        let ready = soon(lines.next_line()).await.unwrap().expect("it serves");
        let (names, address) = ready
            .strip_prefix("ready namesrv=")
            .and_then(|rest| rest.split_once(" broker="))
            .unwrap_or_else(|| panic!("{ready}"));
        Self { names: names.to_owned(), address: address.to_owned(), process }
    }

    /// Sends it a signal, such as `TERM`, and returns how it ends.
    pub(crate) async fn signal(mut self, signal: &str) -> ExitStatus {
        let id = self.process.id().unwrap().to_string();
        let sent = Command::new("kill").args(["-s", signal, &id]).status();
        assert!(soon(sent).await.unwrap().success());
        soon(self.process.wait()).await.unwrap()
    }

    /// Kills it with a signal that it cannot handle.
    pub(crate) async fn kill(mut self) {
        soon(self.process.kill()).await.unwrap();
    }
}

/// Waits until a command ends that cannot serve, and returns its exit code and what it writes to
/// stderr.
pub(crate) async fn fails(command: &mut Command) -> (Option<i32>, String) {
    let mut process = command.spawn().unwrap();
    let mut text = String::new();
    let mut stderr = process.stderr.take().unwrap();
    soon(stderr.read_to_string(&mut text)).await.unwrap();
    (soon(process.wait()).await.unwrap().code(), text)
}
