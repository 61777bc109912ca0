//! A server in its own process, with its own limits and memory.
//!
//! The test binary runs itself again with only the test [`serve`].

use rocketmq_tower::{Server, service_fn};
use rocketmq_tower_test_support::{Process, echo, soon};
use std::io::{BufRead, BufReader, Read};
use std::net::SocketAddr;
use std::process::{Child, Command, Stdio};

const MARK: &str = "listening on ";

/// A server in a child process, which ends when this is dropped.
pub(crate) struct Served {
    child: Child,
    pub(crate) addr: SocketAddr,
}

impl Served {
    /// Starts a server that may have at most `files` open files.
    pub(crate) fn start(files: u32) -> Self {
        let own = std::env::current_exe().expect("a path");
        let mut child = Command::new("sh")
            .args(["-c", &format!("ulimit -n {files}; exec \"$0\" \"$@\"")])
            .arg(own)
            .args(["--exact", "child::serve", "--ignored", "--nocapture", "--test-threads=1"])
            .env("FAULTS_SERVE", "1")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("starts");
        let output = BufReader::new(child.stdout.take().expect("piped"));
        let found = output.lines().map_while(Result::ok).find_map(|line| {
            line.split_once(MARK).map(|(_, addr)| addr.trim().parse().expect("an address"))
        });
        Self { child, addr: found.expect("it listens") }
    }

    /// Returns the process, to measure its usage.
    pub(crate) fn process(&self) -> Process {
        Process::of(self.child.id())
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        _ = self.child.kill();
        _ = self.child.wait();
    }
}

/// Not a test: [`Served`] runs it in the child process.
#[test]
#[ignore = "run by the tests that need a process of their own"]
fn serve() {
    if std::env::var_os("FAULTS_SERVE").is_none() {
        return;
    }
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    runtime.expect("a runtime").block_on(async {
        let server = Server::new(service_fn(echo)).max_connections(10_000).bind("127.0.0.1:0");
        let server = soon(server).await.expect("binds");
        println!("{MARK}{}", server.local_addr());
        // This blocks until the parent process closes the pipe, or ends.
        let parent = tokio::task::spawn_blocking(|| std::io::stdin().read(&mut [0]));
        server.serve_until(parent).await.expect("no failure");
    });
}
