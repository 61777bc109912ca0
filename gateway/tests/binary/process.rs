//! The command in a process.

use crate::support::folder::Folder;
use crate::support::peer::Peer;
use crate::support::soon;
use std::path::Path;
use std::process::{ExitStatus, Stdio};
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader, Lines};
use tokio::net::TcpStream;
use tokio::process::{Child, ChildStderr, Command};

/// The command, without settings from the environment of the test, in a folder.
pub(crate) fn command(folder: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_rocketmq-tower-gateway"));
    command
        .env_clear()
        .current_dir(folder)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .kill_on_drop(true);
    command
}

/// A gateway that serves, with a file of settings in a folder of its own.
pub(crate) struct Served {
    pub(crate) folder: Folder,
    /// The addresses of the name-server port, of health checks, and of the port of the first broker.
    pub(crate) names: String,
    pub(crate) health: String,
    pub(crate) broker: String,
    log: Lines<BufReader<ChildStderr>>,
    process: Child,
}

impl Served {
    /// Starts a gateway with these settings, and waits until it serves.
    pub(crate) async fn start(settings: &str) -> Self {
        Self::start_in(Folder::new(), settings).await
    }

    pub(crate) async fn start_in(folder: Folder, settings: &str) -> Self {
        let this = write_settings(&folder, settings);
        let mut process = command(folder.path()).args(["--config", &this]).spawn().unwrap();
        let log = BufReader::new(process.stderr.take().unwrap()).lines();
        let mut lines = BufReader::new(process.stdout.take().unwrap()).lines();
        let mut line = async || soon(lines.next_line()).await.unwrap().expect("it serves");
        let ready = line().await;
        let (names, health) = ready
            .strip_prefix("ready namesrv=")
            .and_then(|rest| rest.split_once(" health="))
            .unwrap_or_else(|| panic!("{ready}"));
        let (names, health) = (names.to_owned(), health.to_owned());
        let broker = line().await.rsplit_once(' ').unwrap().1.to_owned();
        Self { folder, names, health, broker, log, process }
    }

    /// Connects to the broker through the gateway.
    pub(crate) async fn client(&self) -> Peer {
        Peer::connect(&self.broker).await
    }

    /// Changes the settings, and lets the gateway read them. Returns the line of its log that says how that went.
    pub(crate) async fn reload(&mut self, settings: &str) -> String {
        write_settings(&self.folder, settings);
        self.hang_up().await
    }

    /// Lets the gateway read its settings again.
    pub(crate) async fn hang_up(&mut self) -> String {
        self.send("HUP").await;
        self.log(&["the settings were read again", "the settings stay as they are"]).await
    }

    /// Waits for a line of the log with one of these texts, and returns it.
    pub(crate) async fn log(&mut self, texts: &[&str]) -> String {
        loop {
            let line = soon(self.log.next_line()).await.unwrap().expect("a line");
            if texts.iter().any(|text| line.contains(text)) {
                return line;
            }
        }
    }

    /// Sends it a signal, such as `HUP`.
    pub(crate) async fn send(&self, signal: &str) {
        let id = self.process.id().unwrap().to_string();
        let sent = Command::new("kill").args(["-s", signal, &id]).status();
        assert!(soon(sent).await.unwrap().success());
    }

    /// Ends it, and returns how it ends.
    pub(crate) async fn terminate(mut self) -> (ExitStatus, Folder) {
        self.send("TERM").await;
        (soon(self.process.wait()).await.unwrap(), self.folder)
    }

    /// Returns the status line and the body of a page of the gateway.
    pub(crate) async fn page(&self, path: &str) -> (String, String) {
        let mut io = TcpStream::connect(&self.health).await.unwrap();
        let request = format!("GET {path} HTTP/1.1\r\nHost: gateway\r\nConnection: close\r\n\r\n");
        io.write_all(request.as_bytes()).await.unwrap();
        let mut text = String::new();
        soon(io.read_to_string(&mut text)).await.unwrap();
        let (head, body) = text.split_once("\r\n\r\n").unwrap();
        (head.lines().next().unwrap().to_owned(), body.to_owned())
    }
}

/// Writes the file of settings: those that all tests have, then these.
fn write_settings(folder: &Folder, settings: &str) -> String {
    let path = folder.path().join("gateway.toml");
    let all = format!("health = \"127.0.0.1:0\"\nvip-channel = false\n{settings}");
    std::fs::write(&path, all).unwrap();
    path.to_str().unwrap().to_owned()
}
