//! A new process takes over from an old one while clients call: every call is answered, or fails in a
//! way that lets it be sent again. The test binary runs itself again with only the test `serve`.
//!
//! `--nocapture` shows the figures.
#![cfg(target_os = "linux")]
#![allow(clippy::expect_used, clippy::panic, reason = "test code")]

use rocketmq_tower::client::{Client, InvokeError};
use rocketmq_tower::server::listener::{SocketAcceptor, from_env};
use rocketmq_tower::server::{TcpOptions, shutdown_signal};
use rocketmq_tower::{BoxError, RemotingCommand, ResponseCode, Server, service_fn};
use rocketmq_tower_test_support::{Process, SECOND, lock, request, soon, until, within};
use std::collections::BTreeMap;
use std::net::{SocketAddr, TcpListener};
use std::os::fd::OwnedFd;
use std::process::Stdio;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use tokio::io::{AsyncBufReadExt, BufReader, Lines};
use tokio::process::{Child, ChildStdout, Command};
use tokio::task::JoinSet;

const KIND: &str = "TAKEOVER_SERVE";
const INHERITED: &str = "inherited";
const MARK: &str = "listening on ";

const CALLERS: u64 = 16;
/// New connections keep the queue of the listener busy.
const CALLS_PER_CONNECTION: usize = 3;
const ROUNDS: usize = 5;
/// The calls that are answered between two events.
const CALLS: u64 = 500;
/// How often one call may be sent before the test fails.
const ATTEMPTS: usize = 20;

/// A server in a child process, which answers with its process's id.
struct Served {
    child: Child,
    /// Kept open: the child fails if it cannot write.
    _output: Lines<BufReader<ChildStdout>>,
    addr: SocketAddr,
}

impl Served {
    /// Starts a server that binds `addr`, which others may have bound, too.
    async fn bound(addr: SocketAddr) -> Self {
        Self::start(Command::new(own()).env(KIND, addr.to_string())).await
    }

    /// Starts a server that takes connections from `listener`, as a service manager does.
    async fn inheriting(listener: &TcpListener) -> Self {
        let listener = OwnedFd::from(listener.try_clone().expect("a twin"));
        let pass = "export LISTEN_PID=$$ LISTEN_FDS=1; exec \"$0\" \"$@\" 3<&0 </dev/null";
        let mut shell = Command::new("sh");
        shell.args(["-c", pass]).arg(own()).env(KIND, INHERITED).stdin(Stdio::from(listener));
        Self::start(&mut shell).await
    }

    async fn start(command: &mut Command) -> Self {
        let mut child = command
            .args(["--exact", "serve", "--ignored", "--nocapture", "--test-threads=1"])
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .expect("starts");
        let mut lines = BufReader::new(child.stdout.take().expect("piped")).lines();
        loop {
            let line = soon(lines.next_line()).await.expect("readable").expect("it listens");
            if let Some((_, addr)) = line.split_once(MARK) {
                let addr = addr.trim().parse().expect("an address");
                return Self { child, _output: lines, addr };
            }
        }
    }

    /// Asks the process to end, and waits for its graceful end.
    async fn stop(mut self) {
        let id = self.child.id().expect("it runs").to_string();
        let sent = Command::new("kill").args(["-s", "TERM", &id]).status();
        assert!(soon(sent).await.expect("runs").success());
        let end = within(20 * SECOND, self.child.wait()).await.expect("ends");
        assert_eq!(end.code(), Some(0));
    }
}

fn own() -> std::path::PathBuf {
    std::env::current_exe().expect("a path")
}

/// Not a test: [`Served`] runs it in the child process.
#[tokio::test]
#[ignore = "run by the tests that need a process of their own"]
async fn serve() {
    let Ok(kind) = std::env::var(KIND) else {
        return;
    };
    let id = Process::own().id().to_string();
    let processor = service_fn(move |_request: RemotingCommand| {
        let answer = RemotingCommand::response(ResponseCode::SUCCESS).with_body(id.clone());
        std::future::ready(Ok::<_, BoxError>(answer))
    });
    let server = Server::new(processor);
    let server = if kind == INHERITED {
        let sockets = from_env().expect("well formed").into_iter();
        let sockets: Vec<SocketAcceptor> =
            sockets.map(|inherited| inherited.socket.into_acceptor().expect("watched")).collect();
        server.listen(sockets).spawn()
    } else {
        let mut options = TcpOptions::default();
        options.reuse_port = true;
        server.tcp_options(options).bind(kind).await.expect("binds").spawn()
    };
    let signal = shutdown_signal().expect("signals can be caught");
    println!("{MARK}{}", server.local_addr());
    signal.await;
    let shutdown = server.shutdown().await.expect("no failure");
    assert_eq!(shutdown.aborted, 0);
}

/// Calls one address over ever new connections.
struct Load {
    addr: SocketAddr,
    stopped: AtomicBool,
    answered: AtomicU64,
    repeated: AtomicU64,
    /// The number of answers of each process.
    by: Mutex<BTreeMap<String, u64>>,
    lost: Mutex<Vec<InvokeError>>,
}

impl Load {
    fn start(addr: SocketAddr) -> (Arc<Self>, JoinSet<()>) {
        let load = Arc::new(Self {
            addr,
            stopped: AtomicBool::new(false),
            answered: AtomicU64::new(0),
            repeated: AtomicU64::new(0),
            by: Mutex::default(),
            lost: Mutex::default(),
        });
        let callers = (0..CALLERS).map(|_| load.clone().run());
        let callers = callers.collect();
        (load, callers)
    }

    async fn run(self: Arc<Self>) {
        while !self.stopped.load(Ordering::Relaxed) {
            let client = Client::new();
            for _ in 0..CALLS_PER_CONNECTION {
                self.call(&client).await;
            }
            client.shutdown(SECOND).await;
        }
    }

    /// Sends a request until it is answered, or may have been processed without an answer.
    async fn call(&self, client: &Client) {
        for _ in 0..ATTEMPTS {
            match client.invoke(self.addr, request(1, 1), 5 * SECOND).await {
                Ok(answer) => {
                    assert_eq!(answer.response_code(), ResponseCode::SUCCESS);
                    let process = String::from_utf8_lossy(answer.body()).into_owned();
                    *lock(&self.by).entry(process).or_default() += 1;
                    self.answered.fetch_add(1, Ordering::Relaxed);
                    return;
                }
                Err(error) if error.is_unprocessed() => {
                    self.repeated.fetch_add(1, Ordering::Relaxed);
                }
                Err(error) => return lock(&self.lost).push(error),
            }
        }
        panic!("{ATTEMPTS} attempts in a row were not processed");
    }

    /// Waits until more calls have been answered.
    async fn goes_on(&self) {
        let target = self.answered.load(Ordering::Relaxed) + CALLS;
        until(|| self.answered.load(Ordering::Relaxed) >= target).await;
    }

    /// Ends the load, and returns how many calls may have been processed without an answer.
    async fn end(&self, name: &str, callers: JoinSet<()>) -> usize {
        self.stopped.store(true, Ordering::Relaxed);
        soon(callers.join_all()).await;
        let (answered, by) = (self.answered.load(Ordering::Relaxed), lock(&self.by).len());
        let repeated = self.repeated.load(Ordering::Relaxed);
        let lost = std::mem::take(&mut *lock(&self.lost));
        println!(
            "{name}: {answered} calls answered by {by} processes, {repeated} sent again, {} lost",
            lost.len()
        );
        for error in lost.iter().take(10) {
            println!("lost: {error:?}");
        }
        assert_eq!(by, ROUNDS + 1, "every process took its part");
        lost.len()
    }
}

#[tokio::test]
async fn a_listener_that_is_passed_on_loses_no_call() {
    let listener = TcpListener::bind("127.0.0.1:0").expect("binds");
    let mut old = Served::inheriting(&listener).await;
    let (load, callers) = Load::start(old.addr);
    for _ in 0..ROUNDS {
        load.goes_on().await;
        let new = Served::inheriting(&listener).await;
        load.goes_on().await;
        old.stop().await;
        old = new;
    }
    load.goes_on().await;
    // From here on only the last process has it.
    drop(listener);
    load.goes_on().await;
    assert_eq!(load.end("inherited", callers).await, 0);
    old.stop().await;
}

#[tokio::test]
async fn processes_that_share_a_port_lose_no_call() {
    let mut old = Served::bound("127.0.0.1:0".parse().expect("an address")).await;
    let (load, callers) = Load::start(old.addr);
    for _ in 0..ROUNDS {
        load.goes_on().await;
        let new = Served::bound(old.addr).await;
        load.goes_on().await;
        old.stop().await;
        old = new;
    }
    load.goes_on().await;
    assert_eq!(load.end("shared port", callers).await, 0);
    old.stop().await;
}
