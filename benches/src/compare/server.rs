//! Runs a server as a process.

use super::interrupt;
use super::kind::Kind;
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use rocketmq_tower::BoxError;
use std::io::{BufRead, BufReader};
use std::net::{SocketAddr, TcpListener};
use std::process::{Child, ChildStderr, ChildStdout, Command, Stdio};
use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant};

/// A running server. Dropping this ends it.
pub(crate) struct Server {
    child: Child,
    pub(crate) address: SocketAddr,
}

/// Maximum time until a started server listens.
const START: Duration = Duration::from_secs(30);

/// Maximum time for a server to end after SIGTERM; then it is killed.
const END: Duration = Duration::from_secs(5);

impl Server {
    pub(super) fn start(kind: Kind) -> Result<Self, BoxError> {
        let mut command = if kind.is_peer() {
            Command::new("benches/peers/start")
        } else {
            let mut command = Command::new(std::env::current_exe()?);
            command.arg("serve");
            command
        };
        command.args([kind.key(), "--listen", "127.0.0.1:0"]);
        Self::spawn(command, |line| line.strip_prefix("listening on ")?.parse().ok())
    }

    /// Runs the command until `address` finds the server's address in a line that it prints.
    pub(crate) fn spawn(
        mut command: Command,
        address: impl Fn(&str) -> Option<SocketAddr> + Send + 'static,
    ) -> Result<Self, BoxError> {
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn()?;
        let (stdout, stderr) = (child.stdout.take(), child.stderr.take());
        let errors = thread::spawn(move || stderr.and_then(last_line));
        let mut server = Self { child, address: SocketAddr::from(([127, 0, 0, 1], 0)) };
        interrupt::started(server.process()?);
        match find(stdout.ok_or("no output")?, address) {
            Some(address) => {
                server.address = address;
                Ok(server)
            }
            None => {
                drop(server);
                let said = errors.join().ok().flatten();
                Err(said.unwrap_or_else(|| "the server did not start in time".into()).into())
            }
        }
    }

    pub(crate) fn pid(&self) -> u32 {
        self.child.id()
    }

    fn process(&self) -> Result<Pid, BoxError> {
        Ok(Pid::from_raw(i32::try_from(self.pid())?))
    }

    /// Tells the server to end, and waits for it. Returns whether it ended within `limit`; else it
    /// was killed.
    pub(crate) fn end(&mut self, limit: Duration) -> Result<bool, BoxError> {
        let pid = self.process()?;
        interrupt::ended(pid);
        if self.child.try_wait()?.is_some() {
            return Ok(true);
        }
        kill(pid, Signal::SIGTERM)?;
        let deadline = Instant::now() + limit;
        while self.child.try_wait()?.is_none() {
            if Instant::now() > deadline {
                self.child.kill()?;
                self.child.wait()?;
                return Ok(false);
            }
            thread::sleep(Duration::from_millis(20));
        }
        Ok(true)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        if let Err(error) = self.end(END) {
            eprintln!("a server did not end: {error}");
        }
    }
}

/// Returns the first address in the lines that a process prints; `None` if it has not come when
/// [`START`] is over. All further output is read and discarded, so that the process never blocks on a
/// full pipe.
fn find(
    stdout: ChildStdout,
    address: impl Fn(&str) -> Option<SocketAddr> + Send + 'static,
) -> Option<SocketAddr> {
    let (sender, receiver) = mpsc::channel();
    thread::spawn(move || {
        for line in BufReader::new(stdout).lines().map_while(Result::ok) {
            if let Some(address) = address(&line) {
                sender.send(address).ok();
            }
        }
    });
    receiver.recv_timeout(START).ok()
}

/// Returns an address whose port and the second one below it are free: Apache's broker has two.
pub(crate) fn free_address() -> Result<SocketAddr, BoxError> {
    for _ in 0..100 {
        let address = TcpListener::bind("127.0.0.1:0")?.local_addr()?;
        if TcpListener::bind((address.ip(), address.port() - 2)).is_ok() {
            return Ok(address);
        }
    }
    Err("no port is free".into())
}

/// Copies a process's stderr to this one's until the process ends. Returns the last line.
fn last_line(stderr: ChildStderr) -> Option<String> {
    let lines = BufReader::new(stderr).lines().map_while(Result::ok);
    lines.inspect(|line| eprintln!("{line}")).last()
}
