//! Calls that this side makes over the channel.

use crate::wire::Flag;
use rocketmq_tower_core::{CallError, Channel, RemotingCommand};
use std::future::{Future, poll_fn};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};
use std::time::Duration;
use tower_service::Service;

/// A call in flight.
struct Waiting {
    call: Pin<Box<dyn Future<Output = Result<RemotingCommand, CallError>>>>,
    flag: Arc<Flag>,
    opaque: i32,
    /// Whether it has a timeout.
    timed: bool,
    oneway: bool,
}

#[derive(Default)]
pub(super) struct Calls {
    waiting: Vec<Waiting>,
    made: i32,
}

/// The ext field that identifies a call, whatever its opaque on the wire.
pub(super) const NUMBER: &str = "n";

impl Calls {
    /// Begins a call, which `poll` then polls with the others.
    pub(super) fn begin(&mut self, channel: &Channel, kind: u8, seconds: u8, size: usize) {
        self.made += 1;
        let opaque = -self.made;
        let mut command = RemotingCommand::request(7)
            .with_ext_field(NUMBER, &opaque.to_string())
            .with_body(vec![b'c'; size]);
        command.set_opaque(opaque);
        let limit = Duration::from_secs(seconds.into());
        let mut channel = channel.clone();
        let mut timed = false;
        let mut oneway = true;
        let call: Pin<Box<dyn Future<Output = _>>> = match kind % 6 {
            0 => {
                (timed, oneway) = (true, false);
                Box::pin(async move { channel.invoke(command, limit).await })
            }
            1 => {
                (timed, oneway) = (true, true);
                Box::pin(async move { channel.invoke(command.oneway(), limit).await })
            }
            2 => {
                let answer = RemotingCommand::response(0);
                Box::pin(async move { channel.invoke_oneway(command).await.map(|()| answer) })
            }
            3 => {
                let answer = RemotingCommand::response(0);
                Box::pin(async move { channel.write_oneway(command).await.map(|()| answer) })
            }
            4 => return drop(channel.try_invoke_oneway(command)),
            _ => {
                oneway = false;
                Box::pin(async move {
                    poll_fn(|cx| channel.poll_ready(cx)).await?;
                    channel.call(command).await
                })
            }
        };
        self.waiting.push(Waiting { call, flag: Flag::new(), opaque, timed, oneway });
    }

    pub(super) fn len(&self) -> usize {
        self.waiting.len()
    }

    /// Polls the calls that were woken.
    pub(super) fn poll(&mut self) {
        self.waiting.retain_mut(|waiting| {
            while waiting.flag.take() {
                let waker = Waker::from(Arc::clone(&waiting.flag));
                let mut cx = Context::from_waker(&waker);
                if let Poll::Ready(outcome) = waiting.call.as_mut().poll(&mut cx) {
                    waiting.judge(outcome);
                    return false;
                }
            }
            true
        });
    }

    /// Drops one call.
    pub(super) fn give_up(&mut self, index: u8) {
        if !self.waiting.is_empty() {
            let index = usize::from(index) % self.waiting.len();
            drop(self.waiting.swap_remove(index));
        }
    }

    /// Drops the calls without a timeout.
    pub(super) fn give_up_untimed(&mut self) {
        self.waiting.retain(|waiting| waiting.timed);
    }

    /// Checks that all calls end once the connection is closed.
    pub(super) fn assert_over(&mut self) {
        self.poll();
        assert!(self.waiting.is_empty(), "{} calls go on", self.waiting.len());
    }
}

impl Waiting {
    fn judge(&self, outcome: Result<RemotingCommand, CallError>) {
        match outcome {
            Ok(_) if self.oneway => {}
            Ok(answer) => {
                assert_eq!(answer.opaque(), self.opaque, "the caller's own opaque");
                assert!(answer.is_response());
                if let Some(number) = answer.ext_fields().get(NUMBER) {
                    assert_eq!(number, self.opaque.to_string(), "another call's answer");
                }
            }
            Err(CallError::Timeout { .. }) => assert!(self.timed),
            Err(CallError::Full | CallError::NotReady) => {
                panic!("{:?}", outcome.err())
            }
            Err(_) => {}
        }
    }
}
