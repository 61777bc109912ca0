//! The side that sees the answers: a raw connection to a server, or the caller of a client.

use crate::processor::SLOW_TIME;
use rocketmq_tower::codec::DecodeError;
use rocketmq_tower::{BoxError, RemotingCommand, ServiceExt};
use rocketmq_tower_test_support::{Raw, request};
use std::time::Duration;
use tokio::io::DuplexStream;
use tokio::time::{Instant, timeout};
use tower::util::BoxCloneService;

pub(crate) type Caller = BoxCloneService<RemotingCommand, RemotingCommand, BoxError>;

pub(crate) enum Peer {
    Raw(Raw<DuplexStream>),
    Caller(Caller),
}

/// The answer to a request as text, and the time that it took.
pub(crate) type Got = (String, Duration);

impl Peer {
    /// Sends requests with these codes at once. Returns what each of them gets.
    pub(crate) async fn burst(&mut self, codes: &[i32]) -> Vec<String> {
        self.timed_burst(codes).await.into_iter().map(|(seen, _)| seen).collect()
    }

    /// Like [`burst`](Self::burst), with times.
    pub(crate) async fn timed_burst(&mut self, codes: &[i32]) -> Vec<Got> {
        let begin = Instant::now();
        match self {
            Self::Raw(raw) => burst(raw, codes).await,
            Self::Caller(caller) => {
                let calls = codes.iter().map(|code| {
                    let call = caller.clone().oneshot(request(*code, 0));
                    tokio::spawn(async move { (result(call.await), begin.elapsed()) })
                });
                let mut seen = Vec::new();
                for call in calls.collect::<Vec<_>>() {
                    seen.push(call.await.expect("no panic"));
                }
                seen
            }
        }
    }

    /// Sends a request with this code, and returns what it gets.
    pub(crate) async fn call(&mut self, code: i32) -> String {
        self.burst(&[code]).await.remove(0)
    }

    /// Sends a oneway request with this code.
    pub(crate) async fn oneway(&mut self, code: i32) {
        let command = request(code, -1).oneway();
        match self {
            // Fails if the server has closed the connection; then the next call says so.
            Self::Raw(raw) => _ = raw.try_send(&command).await,
            Self::Caller(caller) => {
                let sent = caller.clone().oneshot(command).await;
                assert!(sent.is_ok(), "{}", result(sent));
            }
        }
    }
}

async fn burst(raw: &mut Raw<DuplexStream>, codes: &[i32]) -> Vec<Got> {
    let begin = Instant::now();
    let mut seen = vec![(String::from("closed"), Duration::ZERO); codes.len()];
    for (code, opaque) in codes.iter().zip(0..) {
        if raw.try_send(&request(*code, opaque)).await.is_err() {
            return seen;
        }
    }
    for _ in codes {
        let next = match timeout(10 * SLOW_TIME, raw.try_next()).await {
            Ok(Ok(next)) => next,
            Ok(Err(DecodeError::Io(_) | DecodeError::EndInFrame { .. })) => None,
            Ok(Err(error)) => panic!("{error}"),
            Err(_) => {
                let unanswered = seen.iter_mut().filter(|(seen, _)| seen == "closed");
                unanswered.for_each(|(seen, _)| *seen = "no answer".into());
                return seen;
            }
        };
        let Some(answer) = next else { return seen };
        let index = usize::try_from(answer.opaque()).expect("an answer to a request");
        assert_eq!(seen[index].0, "closed", "one answer for each request");
        seen[index] = (shown(&answer), begin.elapsed());
    }
    seen
}

fn result(result: Result<RemotingCommand, BoxError>) -> String {
    match result {
        Ok(answer) => shown(&answer),
        Err(error) => format!("error: {error}"),
    }
}

/// Returns the code of an answer, and its remark unless that is the usual one.
pub(crate) fn shown(answer: &RemotingCommand) -> String {
    let code = answer.response_code().to_string();
    let usual = match &*code {
        "SUCCESS" => "",
        "NO_PERMISSION" => "not you",
        "REQUEST_CODE_NOT_SUPPORTED" => " request type 99 not supported",
        "SYSTEM_BUSY" => "[OVERLOAD]system busy, start flow control for a while",
        _ => "-",
    };
    match answer.remark().unwrap_or_default() {
        remark if remark == usual => code,
        remark if remark.starts_with("[TIMEOUT_CLEAN_QUEUE]") => format!("{code} (timeout)"),
        remark => format!("{code} ({remark})"),
    }
}
