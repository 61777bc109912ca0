//! Processors and hooks that fail: their own request gets an error response, and nothing else is
//! affected.

use crate::common::run;
use crate::support::{FAILS, PANICS, start};
use rocketmq_tower::driver::ConnectionConfig;
use rocketmq_tower::layers::rpc_hook::{RequestHead, RpcHook};
use rocketmq_tower::{Addr, BoxError, RemotingCommand, ResponseCode, Server, Service, service_fn};
use rocketmq_tower_test_support::{Raw, echo, request};
use std::future::{Ready, ready};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll};

const MANY: i32 = 100;

/// Sends one request per code at once, and returns the codes of the responses by opaque.
async fn codes_of(peer: &mut Raw, codes: &[i32]) -> Vec<ResponseCode> {
    for (opaque, &code) in codes.iter().enumerate() {
        peer.send(&request(code, opaque as i32)).await;
    }
    let mut answers = vec![None; codes.len()];
    for _ in codes {
        let answer = peer.next().await.expect("an answer each");
        let place = &mut answers[answer.opaque() as usize];
        assert!(place.replace(answer.response_code()).is_none(), "one answer each");
    }
    answers.into_iter().flatten().collect()
}

#[tokio::test]
async fn panics_and_errors_among_other_requests_are_answered() {
    let mut faulted = start(ConnectionConfig::server()).await;
    let mut peer = Raw::connect(faulted.server.addr).await;
    let codes: Vec<_> = (0..MANY).map(|n| [1, PANICS, 1, FAILS][n as usize % 4]).collect();
    let answers = codes_of(&mut peer, &codes).await;
    for (code, answer) in codes.into_iter().zip(answers) {
        let expected = if code == 1 { ResponseCode::SUCCESS } else { ResponseCode::SYSTEM_ERROR };
        assert_eq!(answer, expected, "{code}");
    }
    faulted.neighbour_is_served().await;
    drop(peer);
    assert_eq!(faulted.end().await.to_string(), "the peer closed the connection");
    faulted.server.stop().await;
}

/// A processor that cannot take requests while it is broken.
#[derive(Clone)]
struct Breakable {
    broken: Arc<AtomicBool>,
    panics: bool,
}

impl Service<RemotingCommand> for Breakable {
    type Response = RemotingCommand;
    type Error = BoxError;
    type Future = Ready<Result<RemotingCommand, BoxError>>;

    fn poll_ready(&mut self, _cx: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        let broken = self.broken.load(Ordering::SeqCst);
        assert!(!(broken && self.panics), "a bug");
        Poll::Ready(if broken { Err("worn out".into()) } else { Ok(()) })
    }

    fn call(&mut self, _request: RemotingCommand) -> Self::Future {
        ready(Ok(RemotingCommand::response(ResponseCode::SUCCESS)))
    }
}

/// Requests during the failure get an error response; once the processor works again, it serves.
#[tokio::test]
async fn a_processor_whose_readiness_fails_answers_for_as_long_as_it_does() {
    let broken = Arc::new(AtomicBool::new(false));
    let processor = Breakable { broken: Arc::clone(&broken), panics: false };
    let server = run(Server::new(processor).bind("127.0.0.1:0").await.expect("binds"));
    let mut peer = Raw::connect(server.addr).await;
    for (is_broken, expected) in [
        (false, ResponseCode::SUCCESS),
        (true, ResponseCode::SYSTEM_ERROR),
        (false, ResponseCode::SUCCESS),
    ] {
        broken.store(is_broken, Ordering::SeqCst);
        let answers = codes_of(&mut peer, &[1; MANY as usize]).await;
        assert!(answers.iter().all(|&answer| answer == expected), "{answers:?}");
    }
    drop(peer);
    assert_eq!(server.stop().await.aborted, 0);
}

/// A processor that panics in `poll_ready` is unusable: its connection ends in an orderly way.
#[tokio::test]
async fn a_processor_whose_readiness_panics_costs_its_connection() {
    let broken = Arc::new(AtomicBool::new(false));
    let processor = Breakable { broken: Arc::clone(&broken), panics: true };
    let server = run(Server::new(processor).bind("127.0.0.1:0").await.expect("binds"));
    let mut peer = Raw::connect(server.addr).await;
    let mut neighbour = Raw::connect(server.addr).await;
    peer.call(&request(1, 1)).await;
    neighbour.call(&request(1, 1)).await;
    broken.store(true, Ordering::SeqCst);
    peer.send(&request(1, 2)).await;
    while let Some(answer) = peer.next_or_end().await {
        assert_eq!(answer.response_code(), ResponseCode::SYSTEM_ERROR);
    }
    broken.store(false, Ordering::SeqCst);
    assert_eq!(neighbour.call(&request(1, 3)).await.response_code(), ResponseCode::SUCCESS);
    drop((peer, neighbour));
    assert_eq!(server.stop().await.aborted, 0);
}

/// Fails and panics depending on the request's code.
struct BadHook;

impl RpcHook for BadHook {
    fn before(&self, _peer: &Addr, request: &mut RemotingCommand) -> Result<(), BoxError> {
        assert_ne!(request.code(), 11, "a bug");
        if request.code() == 10 { Err("not before".into()) } else { Ok(()) }
    }

    fn after(
        &self,
        _peer: &Addr,
        request: &RequestHead,
        _response: Option<&mut RemotingCommand>,
    ) -> Result<(), BoxError> {
        assert_ne!(request.code(), 13, "a bug");
        if request.code() == 12 { Err("not after".into()) } else { Ok(()) }
    }
}

#[tokio::test]
async fn hooks_that_fail_or_panic_fail_their_request_alone() {
    let server = Server::new(service_fn(echo)).hook(BadHook).bind("127.0.0.1:0").await;
    let server = run(server.expect("binds"));
    let mut peer = Raw::connect(server.addr).await;
    let codes: Vec<_> = (0..MANY).map(|n| n % 5 + 9).collect();
    let answers = codes_of(&mut peer, &codes).await;
    for (code, answer) in codes.into_iter().zip(answers) {
        let expected = if code == 9 { ResponseCode::SUCCESS } else { ResponseCode::SYSTEM_ERROR };
        assert_eq!(answer, expected, "{code}");
    }
    drop(peer);
    assert_eq!(server.stop().await.aborted, 0);
}
