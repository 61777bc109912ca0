//! Checks that accepting resumes after errors, without a busy loop.
#![allow(clippy::expect_used, clippy::panic, reason = "test code")]

use rocketmq_tower::server::listener::{Accept, Retry};
use rocketmq_tower::server::{Listener, ServeError};
use rocketmq_tower::{Addr, ChannelInfo, RemotingCommand, Server, service_fn};
use rocketmq_tower_test_support::{Raw, SECOND, echo, request, soon};
use std::collections::VecDeque;
use std::io::{self, ErrorKind};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;
use tokio::io::DuplexStream;
use tokio::time::{Instant, sleep, timeout};

/// A listener that accepts and fails as scripted, and counts the attempts.
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

/// Errors that accept(2) says to retry like EAGAIN.
#[cfg(target_os = "linux")]
#[tokio::test(start_paused = true)]
async fn linux_reports_network_errors_of_one_connection() {
    // EPERM, ENONET, EPROTO, ENOPROTOOPT, EOPNOTSUPP, ENETDOWN, ENETUNREACH, ECONNABORTED,
    // ETIMEDOUT, EHOSTDOWN, EHOSTUNREACH.
    for errno in [1, 64, 71, 92, 95, 100, 101, 103, 110, 112, 113] {
        let steps = [Err(io::Error::from_raw_os_error(errno)), connection()];
        assert_eq!(seconds_to_accept(&mut Retry::new(script(steps).0)).await, 0, "errno {errno}");
    }
    // EBADF, ENFILE, ENOBUFS.
    for errno in [9, 23, 105] {
        let steps = [Err(io::Error::from_raw_os_error(errno)), connection()];
        assert_eq!(seconds_to_accept(&mut Retry::new(script(steps).0)).await, 1, "errno {errno}");
    }
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
    assert_eq!(listener.failure().expect("the last error").raw_os_error(), Some(24));
}

/// The server's future then returns the error, after an orderly end.
#[tokio::test(start_paused = true)]
async fn a_server_whose_listener_gives_up_fails_after_draining() {
    let (ours, theirs) = tokio::io::duplex(1024);
    let (script, _) = script([Ok(theirs), no_files(), no_files()]);
    let slow = service_fn(|request: RemotingCommand| async move {
        sleep(5 * SECOND).await;
        echo(request).await
    });
    let mut client = Raw::new(ours);
    client.send(&request(1, 1)).await;
    let server = Server::new(slow).listen(Retry::new(script).give_up_after(2));
    let server = tokio::spawn(server.serve());
    assert_eq!(client.next().await.expect("answered").opaque(), 1);
    assert!(client.next().await.is_none());
    drop(client);
    let ServeError::Accept(error) = soon(server).await.expect("no panic").expect_err("failed")
    else {
        panic!("accepting failed")
    };
    assert_eq!(error.raw_os_error(), Some(24));
}

#[tokio::test(start_paused = true)]
async fn a_connection_that_ends_allows_one_attempt_more() {
    let steps = (0..5).map(|_| no_files()).chain([connection()]);
    let (script, attempts) = script(steps);
    let mut listener = Retry::new(script);
    let started = Instant::now();
    for attempt in 1..=3 {
        assert!(timeout(Duration::from_millis(1), listener.accept()).await.is_err());
        assert_eq!(attempts.load(Ordering::Relaxed), attempt);
        assert!(timeout(Duration::from_millis(1), listener.accept()).await.is_err());
        assert_eq!(attempts.load(Ordering::Relaxed), attempt, "no more than one");
        listener.connection_ended();
        listener.connection_ended();
    }
    assert!(started.elapsed() < SECOND);
    // The fourth error causes a wait of 8 s, the fifth one of 16 s.
    assert_eq!(seconds_to_accept(&mut listener).await, 24);
}

/// When a connection returns its descriptor, the next connection gets it at once, not after the
/// back-off.
#[tokio::test(start_paused = true)]
async fn the_server_accepts_again_when_one_of_its_connections_ends() {
    let ends = (0..2).map(|_| tokio::io::duplex(1024));
    let (mut ours, theirs): (Vec<_>, VecDeque<_>) = ends.unzip();
    // There is one descriptor in all.
    let used = Arc::new(AtomicUsize::new(0));
    let listener = Retry::new(OneAtATime { connections: theirs, used: Arc::clone(&used) });
    tokio::spawn(Server::new(service_fn(echo)).listen(listener).serve());
    let (mut late, mut early) = (Raw::new(ours.remove(1)), Raw::new(ours.remove(0)));
    early.call(&request(1, 1)).await;
    // Waits of 1, 2, 4, 8 and 16 s have elapsed; one of 32 s began at 31 s.
    sleep(40 * SECOND).await;
    let started = Instant::now();
    used.store(0, Ordering::Relaxed);
    drop(early);
    assert_eq!(late.call(&request(1, 2)).await.opaque(), 2);
    assert_eq!(started.elapsed().as_secs(), 0);
}

/// Fails like a process without file descriptors until the previous connection ends.
struct OneAtATime {
    connections: VecDeque<DuplexStream>,
    used: Arc<AtomicUsize>,
}

impl Accept for OneAtATime {
    type Io = DuplexStream;

    async fn accept(&mut self) -> io::Result<(DuplexStream, ChannelInfo)> {
        if self.used.swap(1, Ordering::Relaxed) == 1 {
            no_files()?;
        }
        match self.connections.pop_front() {
            Some(io) => Ok((io, ChannelInfo::default())),
            None => std::future::pending().await,
        }
    }

    fn local_addr(&self) -> Addr {
        Addr::Unnamed
    }
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
