//! Signals that end a server. The test binary runs itself again with only the test `serve`, as a signal
//! is for a whole process.
#![cfg(unix)]
#![allow(clippy::expect_used, clippy::panic, reason = "test code")]

use rocketmq_tower::server::shutdown_signal;
use rocketmq_tower::{Server, service_fn};
use rocketmq_tower_test_support::{Raw, SECOND, request, sleeper, soon};
use std::net::SocketAddr;
use std::process::Stdio;
use tokio::io::{AsyncBufReadExt, BufReader, Lines};
use tokio::net::TcpStream;
use tokio::process::{Child, ChildStdout, Command};

const MARK: &str = "listening on ";

/// A server in a child process. A request takes as many seconds as its code says.
struct Served {
    child: Child,
    /// Kept open: the child fails if it cannot write.
    _output: Lines<BufReader<ChildStdout>>,
    addr: SocketAddr,
}

impl Served {
    async fn start() -> Self {
        let mut child = Command::new(std::env::current_exe().expect("a path"))
            .args(["--exact", "serve", "--ignored", "--nocapture", "--test-threads=1"])
            .env("SIGNALS_SERVE", "1")
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

    /// Sends the process a signal, and waits until it no longer accepts connections.
    async fn begin_to_end(&self, signal: &str) {
        self.send(signal).await;
        while TcpStream::connect(self.addr).await.is_ok() {
            tokio::task::yield_now().await;
        }
    }

    async fn send(&self, signal: &str) {
        let id = self.child.id().expect("it runs").to_string();
        let sent = Command::new("kill").args(["-s", signal, &id]).status();
        assert!(soon(sent).await.expect("runs").success());
    }

    async fn exit_code(mut self) -> Option<i32> {
        soon(self.child.wait()).await.expect("ends").code()
    }
}

/// Not a test: [`Served`] runs it in the child process.
#[tokio::test]
#[ignore = "run by the tests that need a process of their own"]
async fn serve() {
    if std::env::var_os("SIGNALS_SERVE").is_none() {
        return;
    }
    let server = Server::new(service_fn(sleeper)).drain_deadline(600 * SECOND).bind("127.0.0.1:0");
    let server = server.await.expect("binds");
    let signal = shutdown_signal().expect("signals can be caught");
    println!("{MARK}{}", server.local_addr());
    server.serve_until(signal).await.expect("no failure");
}

#[tokio::test]
async fn ctrl_c_and_sigterm_let_requests_finish() {
    for signal in ["INT", "TERM"] {
        let server = Served::start().await;
        let mut peer = Raw::connect(server.addr).await;
        peer.call(&request(0, 1)).await;
        peer.send(&request(1, 2)).await;
        // Answered after the request with opaque 2 has begun.
        peer.call(&request(0, 3)).await;
        server.begin_to_end(signal).await;
        assert_eq!(peer.receive().await.opaque(), 2, "{signal}");
        assert_eq!(server.exit_code().await, Some(0), "{signal}");
    }
}

#[tokio::test]
async fn a_second_signal_ends_the_process_at_once() {
    let server = Served::start().await;
    let mut peer = Raw::connect(server.addr).await;
    peer.send(&request(300, 1)).await;
    peer.call(&request(0, 2)).await;
    server.begin_to_end("TERM").await;
    server.send("TERM").await;
    assert_eq!(server.exit_code().await, Some(130));
}
