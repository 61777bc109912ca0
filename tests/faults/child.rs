//! A server in its own process, with its own limits and memory.
//!
//! The test binary runs itself again with only the test [`serve`].

use rocketmq_tower::driver::{ConnectionConfig, DriverService};
use rocketmq_tower::layers::RecoverLayer;
use rocketmq_tower::server::{RunningServer, serve as serve_stack};
use rocketmq_tower::{BoxError, RemotingCommand, ResponseCode, Server, service_fn};
use rocketmq_tower_test_support::{Process, SECOND, echo, soon};
use std::fs::File;
use std::io::{self, BufRead, BufReader, Read};
use std::net::SocketAddr;
use std::process::{Child, Command, Stdio};
use tokio::net::TcpListener;
use tokio::time::sleep;
use tracing::Level;

const MARK: &str = "listening on ";
/// The name of the variable that says which server to run.
const KIND: &str = "FAULTS_SERVE";

/// A request of this code opens as many files of the server's as its opaque says, and fails if one
/// cannot be opened.
pub(crate) const OPEN_FILES: i32 = 7;

/// A request of this code is answered after a second.
pub(crate) const SLOW: i32 = 8;

/// The server of the child process.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Kind {
    /// Allows 10,000 connections.
    TenThousand,
    /// Has the default limit of connections.
    Default,
    /// The same, without raising the limit of open files.
    NotRaised,
    /// Has a stack of its own, without a limit.
    Stack,
    /// The same, without raising the limit of open files.
    StackNotRaised,
    /// Has a budget of 64 MiB.
    SmallBudget,
}

const KINDS: [Kind; 6] = [
    Kind::TenThousand,
    Kind::Default,
    Kind::NotRaised,
    Kind::Stack,
    Kind::StackNotRaised,
    Kind::SmallBudget,
];

/// A server in a child process, which ends when this is dropped.
pub(crate) struct Served {
    child: Child,
    pub(crate) addr: SocketAddr,
    /// The warnings that were logged before the server listened.
    pub(crate) warnings: Vec<String>,
}

impl Served {
    /// Starts a server that may have at most `files` open files.
    pub(crate) fn start(files: u32) -> Self {
        Self::with(Kind::TenThousand, files, files)
    }

    /// Starts a server with these limits of open files.
    pub(crate) fn with(kind: Kind, soft: u32, hard: u32) -> Self {
        let own = std::env::current_exe().expect("a path");
        let limits = format!("ulimit -Sn {soft} && ulimit -Hn {hard} && exec \"$0\" \"$@\"");
        let mut child = Command::new("sh")
            .args(["-c", &limits])
            .arg(own)
            .args(["--exact", "child::serve", "--ignored", "--nocapture", "--test-threads=1"])
            .env(KIND, format!("{kind:?}"))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("starts");
        let output = BufReader::new(child.stdout.take().expect("piped"));
        let mut warnings = Vec::new();
        let found = output.lines().map_while(Result::ok).find_map(|line| {
            if line.contains("WARN") {
                warnings.push(line.trim().to_owned());
            }
            line.split_once(MARK).map(|(_, addr)| addr.trim().parse().expect("an address"))
        });
        Self { child, addr: found.expect("it listens"), warnings }
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

/// Answers, after it has opened the files that were asked for.
async fn answer(request: RemotingCommand) -> Result<RemotingCommand, BoxError> {
    if request.request_code() == SLOW.into() {
        sleep(SECOND).await;
        return Ok(RemotingCommand::response(ResponseCode::SUCCESS));
    }
    if request.request_code() == OPEN_FILES.into() {
        let files = (0..request.opaque()).map(|_| File::open("/dev/null"));
        files.collect::<io::Result<Vec<_>>>()?;
    }
    echo(request).await
}

async fn start(kind: Kind) -> RunningServer {
    let server = Server::new(service_fn(answer));
    let server = match kind {
        Kind::TenThousand => server.max_connections(10_000),
        Kind::Default => server,
        Kind::SmallBudget => server.budget(64 << 20),
        Kind::NotRaised => server.raise_file_limit(false),
        Kind::Stack | Kind::StackNotRaised => {
            let (recover, config) = (RecoverLayer::new(), ConnectionConfig::server());
            let stack = DriverService::server(recover, service_fn(answer), config);
            let tcp = TcpListener::bind("127.0.0.1:0").await.expect("binds");
            return serve_stack(tcp, stack).raise_file_limit(kind == Kind::Stack).spawn();
        }
    };
    soon(server.bind("127.0.0.1:0")).await.expect("binds").spawn()
}

/// Not a test: [`Served`] runs it in the child process.
#[test]
#[ignore = "run by the tests that need a process of their own"]
fn serve() {
    let Ok(name) = std::env::var(KIND) else {
        return;
    };
    let kind = KINDS.into_iter().find(|kind| format!("{kind:?}") == name).expect("a kind");
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    runtime.expect("a runtime").block_on(async {
        let log = tracing_subscriber::fmt().with_max_level(Level::WARN).with_ansi(false);
        let log = tracing::subscriber::set_default(log.with_writer(io::stdout).finish());
        let server = start(kind).await;
        // The parent process reads no more lines than these.
        drop(log);
        println!("{MARK}{}", server.local_addr());
        // This blocks until the parent process closes the pipe, or ends.
        let parent = tokio::task::spawn_blocking(|| io::stdin().read(&mut [0]));
        parent.await.expect("it waits").expect("a pipe");
        server.shutdown().await.expect("no failure");
    });
}
