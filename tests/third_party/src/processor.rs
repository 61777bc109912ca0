//! The processor inside all rows: what it does depends on the request's code.

use rocketmq_tower::{Abort, BoxError, RemotingCommand, ResponseCode, Router, service_fn};
use rocketmq_tower_test_support::{SECOND, soon};
use std::time::Duration;
use tokio::sync::watch;
use tokio::time::sleep;

/// Is answered at once.
pub(crate) const OK: i32 = 1;
/// Is answered after [`HOLD_TIME`].
pub(crate) const HOLD: i32 = 2;
/// Is answered after [`SLOW_TIME`].
pub(crate) const SLOW: i32 = 3;
/// Is answered [`HOLD_TIME`] later by a responder.
pub(crate) const DEFERRED: i32 = 4;
/// Is refused with an abort.
pub(crate) const REFUSED: i32 = 5;
/// Is refused with an abort after other tasks have had turns. Needs no clock, which stands still while
/// a layer polls in a loop, as a waiter of `Coalesce` does.
pub(crate) const REFUSED_LATER: i32 = 6;
/// Fails with an error that the protocol has no code for.
pub(crate) const BROKEN: i32 = 7;
/// Has no route.
pub(crate) const UNKNOWN: i32 = 99;

pub(crate) const HOLD_TIME: Duration = SECOND;
pub(crate) const SLOW_TIME: Duration = Duration::from_secs(60);

/// The codes of the requests that reached the processor, in order.
#[derive(Clone, Debug, Default)]
pub(crate) struct Log(watch::Sender<Vec<i32>>);

impl Log {
    fn push(&self, code: i32) {
        self.0.send_modify(|codes| codes.push(code));
    }

    pub(crate) fn count(&self, code: i32) -> usize {
        self.0.borrow().iter().filter(|seen| **seen == code).count()
    }

    /// Waits until a request with this code reaches the processor.
    pub(crate) async fn reached(&self, code: i32) {
        let mut codes = self.0.subscribe();
        soon(codes.wait_for(|codes| codes.contains(&code))).await.expect("the log is open");
    }
}

/// Returns the processor; requests that reach it are written to `log`.
pub(crate) fn router(log: &Log) -> Router {
    let codes = [OK, HOLD, SLOW, DEFERRED, REFUSED, REFUSED_LATER, BROKEN];
    let builder = codes.into_iter().fold(Router::builder(), |builder, code| {
        let log = log.clone();
        builder.route(
            code,
            service_fn(move |request: RemotingCommand| {
                log.push(request.code());
                process(request)
            }),
        )
    });
    builder.build().expect("each code once")
}

async fn process(request: RemotingCommand) -> Result<Option<RemotingCommand>, BoxError> {
    let not_you = || Abort::new(ResponseCode::NO_PERMISSION, "not you");
    match request.code() {
        OK => {}
        HOLD => sleep(HOLD_TIME).await,
        SLOW => sleep(SLOW_TIME).await,
        DEFERRED => {
            let responder = request.defer()?;
            tokio::spawn(async move {
                sleep(HOLD_TIME).await;
                // Fails if the connection is closed.
                _ = responder.send(RemotingCommand::response(ResponseCode::SUCCESS));
            });
            return Ok(None);
        }
        REFUSED => return Err(not_you().into()),
        REFUSED_LATER => {
            for _ in 0..100 {
                tokio::task::yield_now().await;
            }
            return Err(not_you().into());
        }
        _ => return Err("broken".into()),
    }
    Ok(Some(RemotingCommand::response(ResponseCode::SUCCESS)))
}
