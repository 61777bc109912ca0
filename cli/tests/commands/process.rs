//! Runs the command.

use crate::support::soon;
use std::path::Path;
use std::process::Stdio;
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader, Lines};
use tokio::process::{Child, ChildStdout, Command};

/// The path of the program.
pub(crate) const PROGRAM: &str = env!("CARGO_BIN_EXE_rocketmq-tower");

/// The command line of a cluster.
pub(crate) struct Tower {
    names: String,
}

/// The output of a command, and its exit code.
#[derive(Debug)]
pub(crate) struct Done {
    pub(crate) code: Option<i32>,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Tower {
    /// `names` are the name servers.
    pub(crate) fn new(names: &str) -> Self {
        Self { names: names.to_owned() }
    }

    /// Returns a command, without settings from the environment of the test.
    pub(crate) fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(PROGRAM);
        command
            .env_clear()
            .env("NAMESRV_ADDR", &self.names)
            .args(arguments)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .kill_on_drop(true);
        command
    }

    pub(crate) async fn run(&self, arguments: &[&str]) -> Done {
        done(&mut self.command(arguments)).await
    }

    /// Runs a command that has to succeed, and returns what it prints.
    pub(crate) async fn ok(&self, arguments: &[&str]) -> String {
        let done = self.run(arguments).await;
        assert_eq!((done.code, &*done.stderr), (Some(0), ""), "{arguments:?}: {}", done.stdout);
        done.stdout
    }

    /// Runs a command that has to succeed with `--json`, and returns its lines.
    pub(crate) async fn json(&self, arguments: &[&str]) -> Vec<serde_json::Value> {
        let text = self.ok(&[arguments, &["--json"]].concat()).await;
        text.lines().map(|line| serde_json::from_str(line).expect(line)).collect()
    }

    /// Runs a command with this on its stdin.
    pub(crate) async fn feed(&self, arguments: &[&str], input: &[u8]) -> Done {
        let mut child = self.command(arguments).stdin(Stdio::piped()).spawn().unwrap();
        let mut stdin = child.stdin.take().unwrap();
        stdin.write_all(input).await.unwrap();
        drop(stdin);
        read(soon(child.wait_with_output()).await.unwrap())
    }

    pub(crate) fn spawn(&self, arguments: &[&str]) -> Running {
        let mut child = self.command(arguments).spawn().unwrap();
        let lines = BufReader::new(child.stdout.take().unwrap()).lines();
        Running { child, lines }
    }

    /// Runs a line of a shell in a folder, where the program is in the path.
    pub(crate) async fn shell(&self, line: &str, folder: &Path) -> Done {
        let programs = Path::new(PROGRAM).parent().unwrap().display();
        let mut command = Command::new("sh");
        command
            .env_clear()
            .env("NAMESRV_ADDR", &self.names)
            .env("PATH", format!("{programs}:/usr/bin:/bin"))
            .args(["-c", line])
            .current_dir(folder)
            .stdin(Stdio::null())
            .kill_on_drop(true);
        done(&mut command).await
    }
}

pub(crate) async fn done(command: &mut Command) -> Done {
    read(soon(command.output()).await.unwrap())
}

fn read(output: std::process::Output) -> Done {
    let text = |bytes| String::from_utf8(bytes).expect("UTF-8");
    Done { code: output.status.code(), stdout: text(output.stdout), stderr: text(output.stderr) }
}

/// A command that runs.
pub(crate) struct Running {
    child: Child,
    lines: Lines<BufReader<ChildStdout>>,
}

impl Running {
    /// Waits for the next line of its output.
    pub(crate) async fn line(&mut self) -> String {
        soon(self.lines.next_line()).await.unwrap().expect("a line")
    }

    /// Sends it Ctrl-C.
    pub(crate) async fn interrupt(&self) {
        let id = self.child.id().expect("it runs").to_string();
        let sent = Command::new("kill").args(["-s", "INT", &id]).status();
        assert!(soon(sent).await.unwrap().success());
    }

    /// Waits until it ends. Returns its exit code, the rest of its output, and its stderr.
    pub(crate) async fn end(mut self) -> Done {
        let mut stdout = String::new();
        while let Some(line) = soon(self.lines.next_line()).await.unwrap() {
            stdout.push_str(&line);
            stdout.push('\n');
        }
        self.close().await.with(stdout)
    }

    /// Closes its stdout, and waits until it ends.
    pub(crate) async fn close(self) -> Done {
        let Self { mut child, lines } = self;
        drop(lines);
        let mut stderr = String::new();
        let read = child.stderr.as_mut().unwrap().read_to_string(&mut stderr);
        soon(read).await.unwrap();
        let status = soon(child.wait()).await.unwrap();
        Done { code: status.code(), stdout: String::new(), stderr }
    }
}

impl Done {
    fn with(self, stdout: String) -> Self {
        Self { stdout, ..self }
    }

    /// Asserts the exit code, and that stderr is one line with this text.
    #[track_caller]
    pub(crate) fn fails(&self, code: i32, text: &str) {
        assert_eq!(self.code, Some(code), "{self:?}");
        assert!(self.stderr.contains(text), "no {text:?} in {self:?}");
        assert_eq!(self.stderr.lines().count(), 1, "{self:?}");
    }

    /// Returns stderr as JSON.
    pub(crate) fn error(&self) -> serde_json::Value {
        serde_json::from_str(&self.stderr).expect(&self.stderr)
    }
}
