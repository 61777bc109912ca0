//! A service controlled by the fuzzer: each request's code selects what happens to it.

use super::stage::{Answered, Deferred, How, MOST_CALLS, Parked, Readiness, Shared, Stage};
use rocketmq_tower_core::{BoxError, Channel, RemotingCommand, ResponseCode};
use std::cell::RefCell;
use std::future::Future;
use std::panic::resume_unwind;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll};
use std::time::Duration;
use tower_service::Service;

#[derive(Clone)]
pub(super) struct Scripted(pub(super) Shared);

/// A panic that skips the panic hook, which would end the fuzzer.
fn quiet_panic() -> ! {
    resume_unwind(Box::new("as the script says"))
}

impl Service<RemotingCommand> for Scripted {
    type Response = Option<RemotingCommand>;
    type Error = BoxError;
    type Future = Exchange;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        let mut stage = self.0.borrow_mut();
        stage.book.asks();
        match stage.readiness {
            Readiness::Ready => return Poll::Ready(Ok(())),
            Readiness::Pending => {
                stage.asker = Some(cx.waker().clone());
                return Poll::Pending;
            }
            Readiness::Fails | Readiness::Panics => stage.book.service_fails(),
        }
        if stage.readiness == Readiness::Fails {
            return Poll::Ready(Err("the script says so".into()));
        }
        drop(stage);
        quiet_panic()
    }

    fn call(&mut self, mut request: RemotingCommand) -> Exchange {
        let (code, opaque, oneway) = (request.code(), request.opaque(), request.is_oneway());
        let channel = request.channel().expect("a request has one").clone();
        let mut stage = self.0.borrow_mut();
        stage.book.admit(&request);
        let body = request.take_body();
        let answer = RemotingCommand::response(ResponseCode::SUCCESS).with_body(body);
        let answered = Rc::new(RefCell::new(Answered::default()));
        let defer = |stage: &mut Stage| {
            let responder = request.defer().ok()?;
            assert!(request.defer().is_err() || oneway, "deferred twice");
            let finished = Rc::clone(&answered);
            stage.deferred.push(Deferred { responder, opaque, oneway, finished });
            Some(())
        };
        let step = match code & 0xf {
            1 => Step::End(How::Fails),
            2 => {
                stage.book.running -= 1;
                stage.book.owe(opaque, oneway);
                drop(stage);
                quiet_panic()
            }
            3 => Step::End(How::Panics),
            4 => Step::End(How::Silent),
            5 => Step::park(&mut stage),
            6 => defer(&mut stage).map_or(Step::End(How::Fails), |()| Step::End(How::Silent)),
            7 => {
                _ = defer(&mut stage);
                Step::End(How::Answers)
            }
            8 => {
                _ = defer(&mut stage);
                Step::End(How::Panics)
            }
            9 => {
                _ = defer(&mut stage);
                Step::park(&mut stage)
            }
            10 => Step::Yields(3),
            11 if stage.calls < MOST_CALLS => {
                stage.calls += 1;
                Step::call_back(channel.clone())
            }
            _ => Step::End(How::Answers),
        };
        drop(stage);
        let stage = Rc::clone(&self.0);
        let answer = if code & 0xf == 12 {
            answer.with_body(vec![b'x'; usize::from(code.to_be_bytes()[2]) * 256])
        } else {
            answer
        };
        Exchange { stage, step, answer: Some(answer), answered, opaque, oneway, done: false }
    }
}

/// The future of one request.
pub(super) struct Exchange {
    stage: Shared,
    step: Step,
    answer: Option<RemotingCommand>,
    answered: Rc<RefCell<Answered>>,
    opaque: i32,
    oneway: bool,
    done: bool,
}

enum Step {
    End(How),
    Parked(Rc<RefCell<Parked>>),
    Yields(u8),
    CallsBack(Pin<Box<dyn Future<Output = ()>>>),
}

impl Step {
    fn park(stage: &mut Stage) -> Self {
        let parked = Rc::<RefCell<Parked>>::default();
        stage.parked.push(Rc::clone(&parked));
        Self::Parked(parked)
    }

    fn call_back(channel: Channel) -> Self {
        Self::CallsBack(Box::pin(async move {
            let call = RemotingCommand::request(7).with_body("back");
            _ = channel.invoke(call, Duration::from_secs(2)).await;
        }))
    }
}

impl Future for Exchange {
    type Output = Result<Option<RemotingCommand>, BoxError>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = &mut *self;
        assert!(!this.done, "polled after its end");
        let how = match &mut this.step {
            Step::End(how) => *how,
            Step::Parked(parked) => {
                let mut parked = parked.borrow_mut();
                let Some(how) = parked.how else {
                    parked.waker = Some(cx.waker().clone());
                    return Poll::Pending;
                };
                how
            }
            Step::Yields(0) => How::Answers,
            Step::Yields(left) => {
                *left -= 1;
                cx.waker().wake_by_ref();
                return Poll::Pending;
            }
            Step::CallsBack(call) => {
                // A call lets the driver read on.
                this.stage.borrow_mut().book.called = true;
                std::task::ready!(call.as_mut().poll(cx));
                How::Answers
            }
        };
        this.done = true;
        this.settle(how);
        match how {
            How::Answers => Poll::Ready(Ok(this.answer.take())),
            How::Silent => Poll::Ready(Ok(None)),
            How::Fails => Poll::Ready(Err("the script says so".into())),
            How::Panics => quiet_panic(),
        }
    }
}

impl Exchange {
    /// Records what this outcome means for the request's response.
    fn settle(&self, how: How) {
        let mut stage = self.stage.borrow_mut();
        stage.book.running -= 1;
        let mut answered = self.answered.borrow_mut();
        if answered.settled {
            return;
        }
        match how {
            How::Silent if answered.abandoned => stage.book.owe(self.opaque, self.oneway),
            // If there is a responder, it settles the request.
            How::Silent if Rc::strong_count(&self.answered) > 1 => {
                answered.returned = true;
                return;
            }
            _ => stage.book.owe(self.opaque, self.oneway),
        }
        answered.settled = true;
    }
}

impl Drop for Exchange {
    fn drop(&mut self) {
        let allowed = self.done || std::thread::panicking();
        assert!(allowed || self.stage.borrow().driver_dropped, "a request was cut");
    }
}
