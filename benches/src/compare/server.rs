//! A server as a process.

use super::kind::Kind;
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use rocketmq_tower::BoxError;
use std::io::{BufRead, BufReader};
use std::net::SocketAddr;
use std::process::{Child, ChildStdout, Command, Stdio};
use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant};

/// A server that ends when this is dropped.
pub(super) struct Server {
    child: Child,
    pub(super) address: SocketAddr,
}

/// How long a server may take until it listens.
const START: Duration = Duration::from_secs(30);

/// How long it may take to end when it is told to.
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
        let mut child = command.stdin(Stdio::null()).stdout(Stdio::piped()).spawn()?;
        let stdout = child.stdout.take().ok_or("no output")?;
        let mut server = Self { child, address: SocketAddr::from(([127, 0, 0, 1], 0)) };
        server.address = first_line(stdout)?
            .strip_prefix("listening on ")
            .ok_or("it did not say where it listens")?
            .parse()?;
        Ok(server)
    }

    pub(super) fn pid(&self) -> u32 {
        self.child.id()
    }

    fn end(&mut self) -> Result<(), BoxError> {
        kill(Pid::from_raw(i32::try_from(self.pid())?), Signal::SIGTERM)?;
        let deadline = Instant::now() + END;
        while self.child.try_wait()?.is_none() {
            if Instant::now() > deadline {
                self.child.kill()?;
                self.child.wait()?;
            }
            thread::sleep(Duration::from_millis(20));
        }
        Ok(())
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        if let Err(error) = self.end() {
            eprintln!("a server did not end: {error}");
        }
    }
}

/// The first line that a process prints. What follows is read, too, and dropped, so that the process
/// never waits to print it.
fn first_line(stdout: ChildStdout) -> Result<String, BoxError> {
    let (sender, receiver) = mpsc::channel();
    thread::spawn(move || {
        for line in BufReader::new(stdout).lines().map_while(Result::ok) {
            sender.send(line).ok();
        }
    });
    Ok(receiver.recv_timeout(START).map_err(|_| "it ended, or did not listen in time")?)
}
