//! Runs the command `rocketmq-tower-broker`, which has been built before.

use crate::apache::ports::free_port;
use crate::apache::print_end;
use crate::apache::requests::create_topic;
use crate::apache::scratch::Scratch;
use crate::check::{Checked, TIMEOUT, equal};
use crate::place::Place;
use rocketmq_tower::client::Client;
use rocketmq_tower::{BoxError, ResponseCode};
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::Stdio;
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::{Child, ChildStdout, Command};
use tokio::time::{Instant, timeout};

/// A running broker. Dropping it kills the process.
pub(crate) struct Broker {
    child: Child,
    stdout: Option<BufReader<ChildStdout>>,
    place: Place,
    data: PathBuf,
    log: PathBuf,
    pub(crate) name_server: String,
    pub(crate) addr: String,
    pub(crate) started: Instant,
}

impl Broker {
    /// Starts a new broker. Its ports are not ephemeral: while it is down, no outgoing connection can
    /// take them. The VIP port, two below the broker's, is free too.
    pub(crate) fn start(scratch: &Scratch, name: &str) -> Result<Self, BoxError> {
        let data = scratch.directory(name)?;
        let port = free_port(&[0, 1, 2])?;
        let addr = |port| format!("127.0.0.1:{port}");
        Self::spawn(Place::Here, &data, addr(port + 1), addr(port + 2))
    }

    /// Starts a new broker in another network, with these addresses.
    pub(crate) fn start_at(
        place: Place,
        data: &Path,
        name_server: &str,
        addr: &str,
    ) -> Result<Self, BoxError> {
        Self::spawn(place, data, name_server.to_owned(), addr.to_owned())
    }

    fn spawn(
        place: Place,
        data: &Path,
        name_server: String,
        addr: String,
    ) -> Result<Self, BoxError> {
        let program = std::env::current_exe()?.with_file_name("rocketmq-tower-broker");
        let log = data.with_extension("log");
        let stderr = File::options().create(true).append(true).open(&log)?;
        let started = Instant::now();
        let mut child = Command::from(place.program(program))
            .args(["--namesrv", &name_server, "--listen", &addr, "--data"])
            .arg(data)
            .args(["--flush", "sync"])
            .args(["--transaction-timeout", "2", "--transaction-check-interval", "2"])
            // The command also reads options from the environment.
            .env_clear()
            .envs(std::env::var_os("PATH").map(|path| ("PATH", path)))
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(stderr)
            .kill_on_drop(true)
            .spawn()
            .map_err(|error| format!("the broker cannot be started: {error}"))?;
        let stdout = child.stdout.take().map(BufReader::new);
        Ok(Self { child, stdout, place, data: data.to_owned(), log, name_server, addr, started })
    }

    /// Waits for the line that says that the broker is ready.
    pub(crate) async fn ready(&mut self) -> Checked {
        let mut line = String::new();
        let stdout = self.stdout.as_mut().ok_or("the broker has no output")?;
        timeout(TIMEOUT, stdout.read_line(&mut line)).await??;
        let expected = format!("ready namesrv={} broker={}", self.name_server, self.addr);
        equal(line.trim_end(), &expected)
    }

    /// Creates topics, with 4 queues each. Consumers that start before their topic exists see it only after 30 s.
    pub(crate) async fn create_topics(&self, topics: &[&str]) -> Checked {
        let client = Client::new();
        for topic in topics {
            let request = create_topic(topic, 4)?;
            let answer = client.invoke(self.addr.as_str(), request, TIMEOUT).await?;
            equal(answer.response_code(), ResponseCode::SUCCESS)?;
        }
        Ok(())
    }

    /// Returns its resident memory, in KiB.
    pub(crate) fn resident(&self) -> Result<u64, BoxError> {
        let id = self.child.id().ok_or("the broker has ended")?;
        let status = fs::read_to_string(format!("/proc/{id}/status"))?;
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
        let figure = line.and_then(|line| line.split_whitespace().next());
        Ok(figure.ok_or("there is no VmRSS in its status")?.parse()?)
    }

    /// Sends SIGINT, as Ctrl-C does, and waits until it has ended.
    pub(crate) async fn stop(mut self) -> Checked {
        let id = self.child.id().ok_or("the broker has ended")?.to_string();
        let sent = Command::new("kill").args(["-INT", &id]).status().await?;
        equal(sent.success(), true)?;
        let status = timeout(TIMEOUT, self.child.wait()).await??;
        if status.success() { Ok(()) } else { Err(format!("it ends with {status}").into()) }
    }

    /// Kills it with SIGKILL, and starts another one with the same data and ports.
    pub(crate) async fn replace(&mut self) -> Checked {
        self.child.kill().await?;
        let (name_server, addr) = (self.name_server.clone(), self.addr.clone());
        *self = Self::spawn(self.place.clone(), &self.data, name_server, addr)?;
        self.ready().await
    }

    pub(crate) fn print_log(&self) {
        print_end("the broker", &self.log);
    }
}
