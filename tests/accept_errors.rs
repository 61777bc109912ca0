//! Accepting goes on after errors, without a hot loop.
#![allow(clippy::expect_used, clippy::panic, reason = "test code")]

mod common;

use common::{Raw, SECOND, echo, request, soon};
use rocketmq_tower::server::Listener;
use rocketmq_tower::server::listener::{Accept, Retry};
use rocketmq_tower::{Addr, ChannelInfo, Server, service_fn};
use std::collections::VecDeque;
use std::io::{self, ErrorKind};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;
use tokio::io::DuplexStream;
use tokio::time::{Instant, timeout};

/// Accepts and fails as the test says, and counts the attempts.
struct Script {
    steps: VecDeque<io::Result<DuplexStream>>,
    attempts: Arc<AtomicUsize>,
}

impl Accept for Script {
    type Io = DuplexStream;

    async fn accept(&mut self) -> io::Result<(DuplexStream, ChannelInfo)> {
        self.attempts.fetch_add(1, Ordering::Relaxed);
        match self.steps.pop_front() {
            Some(step) => step.map(|io| (io, ChannelInfo::default())),
            None => std::future::pending().await,
        }
    }

    fn local_addr(&self) -> Addr {
        Addr::Unnamed
    }
}

fn no_files() -> io::Result<DuplexStream> {
    // EMFILE
    Err(io::Error::from_raw_os_error(24))
}

fn aborted() -> io::Result<DuplexStream> {
    Err(ErrorKind::ConnectionAborted.into())
}

fn connection() -> io::Result<DuplexStream> {
    Ok(tokio::io::duplex(64).0)
}

fn script(steps: impl IntoIterator<Item = io::Result<DuplexStream>>) -> (Script, Arc<AtomicUsize>) {
    let attempts = Arc::new(AtomicUsize::new(0));
    let steps = steps.into_iter().collect();
    (Script { steps, attempts: Arc::clone(&attempts) }, attempts)
}

async fn seconds_to_accept(listener: &mut Retry<Script>) -> u64 {
    let started = Instant::now();
    timeout(Duration::from_secs(1000), listener.accept()).await.expect("accepts").expect("goes on");
    started.elapsed().as_secs()
}

#[tokio::test(start_paused = true)]
async fn the_systems_errors_are_waited_out_from_1_s_doubling_to_64_s() {
    for (errors, seconds) in [(1, 1), (2, 3), (3, 7), (7, 127), (8, 191), (9, 255)] {
        let steps = (0..errors).map(|_| no_files()).chain([connection()]);
        let mut listener = Retry::new(script(steps).0);
        assert_eq!(seconds_to_accept(&mut listener).await, seconds, "after {errors} errors");
    }
}

#[tokio::test(start_paused = true)]
async fn a_success_ends_the_series() {
    let steps = [no_files(), no_files(), connection(), no_files(), connection()];
    let mut listener = Retry::new(script(steps).0);
    assert_eq!(seconds_to_accept(&mut listener).await, 3);
    assert_eq!(seconds_to_accept(&mut listener).await, 1);
}

#[tokio::test(start_paused = true)]
async fn errors_of_one_connection_are_retried_at_once_but_not_for_ever() {
    let steps = (0..64).map(|_| aborted()).chain([connection()]);
    assert_eq!(seconds_to_accept(&mut Retry::new(script(steps).0)).await, 0);
    let steps = (0..130).map(|_| aborted()).chain([connection()]);
    assert_eq!(seconds_to_accept(&mut Retry::new(script(steps).0)).await, 3, "not a hot loop");
}

#[tokio::test(start_paused = true)]
async fn a_wait_goes_on_when_the_accept_was_cancelled() {
    let (script, attempts) = script([no_files(), no_files(), connection()]);
    let mut listener = Retry::new(script);
    let started = Instant::now();
    while timeout(SECOND / 10, listener.accept()).await.is_err() {}
    assert_eq!(started.elapsed().as_secs(), 3);
    assert_eq!(attempts.load(Ordering::Relaxed), 3);
}

#[tokio::test(start_paused = true)]
async fn it_gives_up_only_when_told_to() {
    let (script, _) = script((0..5).map(|_| no_files()).chain([connection()]));
    let mut listener = Retry::new(script).give_up_after(3);
    let started = Instant::now();
    assert!(listener.accept().await.is_none());
    assert_eq!(started.elapsed(), 3 * SECOND);
}

#[tokio::test(start_paused = true)]
async fn connections_that_are_there_go_on_meanwhile() {
    let (ours, theirs) = tokio::io::duplex(1024);
    let (late, their_late) = tokio::io::duplex(1024);
    let steps = [Ok(theirs), no_files(), no_files(), no_files(), Ok(their_late)];
    let (script, _) = script(steps);
    tokio::spawn(Server::new(service_fn(echo)).listen(Retry::new(script)).serve());
    let mut client = Raw::new(ours);
    for opaque in 0..3 {
        assert_eq!(client.call(&request(1, opaque)).await.opaque(), opaque);
    }
    assert_eq!(
        soon(Raw::new(late).call(&request(1, 9))).await.opaque(),
        9,
        "and accepting goes on"
    );
}
