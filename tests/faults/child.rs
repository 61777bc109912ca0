//! A server in a process of its own, whose limits and memory are its own.
//!
//! The test binary runs itself again, as the test [`serve`] alone.

use crate::common::{echo, soon};
use rocketmq_tower::{Server, service_fn};
use std::io::{BufRead, BufReader, Read};
use std::net::SocketAddr;
use std::process::{Child, Command, Stdio};

const MARK: &str = "listening on ";

/// Ends with the value.
pub(crate) struct Process {
    child: Child,
    pub(crate) addr: SocketAddr,
}

impl Process {
    /// Starts a server that may have so many open files.
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

    /// The memory that it has now, in KiB.
    pub(crate) fn resident(&self) -> usize {
        self.memory("VmRSS:")
    }

    /// The memory that it has asked for, in KiB, whether it was ever used or not.
    pub(crate) fn reserved(&self) -> usize {
        self.memory("VmData:")
    }

    fn memory(&self, field: &str) -> usize {
        let status = self.read("status");
        let line = status.lines().find_map(|line| line.strip_prefix(field)).expect("a field");
        line.trim().trim_end_matches(" kB").parse().expect("a number")
    }

    /// How many files it has open.
    pub(crate) fn files(&self) -> usize {
        std::fs::read_dir(format!("/proc/{}/fd", self.child.id())).expect("it runs").count()
    }

    /// The processor's time that it has used, in hundredths of a second.
    pub(crate) fn ticks(&self) -> u64 {
        let stat = self.read("stat");
        let (_, fields) = stat.rsplit_once(") ").expect("a name");
        let fields: Vec<_> = fields.split(' ').collect();
        let number = |field: &str| field.parse::<u64>().expect("a number");
        number(fields[11]) + number(fields[12])
    }

    fn read(&self, file: &str) -> String {
        std::fs::read_to_string(format!("/proc/{}/{file}", self.child.id())).expect("it runs")
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        _ = self.child.kill();
        _ = self.child.wait();
    }
}

/// Not a test: what [`Process`] runs.
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
        // Until the process that started it closes the pipe, or ends.
        let parent = tokio::task::spawn_blocking(|| std::io::stdin().read(&mut [0]));
        server.serve_until(parent).await.expect("no failure");
    });
}
