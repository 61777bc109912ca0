//! The servers' processor; the request's code selects the behaviour.

use super::books::Books;
use super::sabotage::Sabotage;
use rocketmq_tower::{BoxError, RemotingCommand, ResponseCode};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;
use tokio::sync::Semaphore;
use tokio::time::sleep;

/// Answered at once, with the body.
pub(crate) const ECHO: i32 = 1;
/// Answered after some milliseconds.
pub(crate) const SLOW: i32 = 2;
/// Deferred, and answered from elsewhere after some milliseconds.
pub(crate) const DEFER: i32 = 3;
/// Oneway: its number is recorded for its caller.
pub(crate) const NOTE: i32 = 4;
/// Answered with the last number that was recorded for the caller.
pub(crate) const NOTED: i32 = 5;
/// Answered when the client has answered a call in the other direction.
pub(crate) const PUSH: i32 = 6;
/// The code of that call to the client.
pub(crate) const PUSHED: i32 = 40;
/// Answered with an error.
pub(crate) const FAIL: i32 = 7;

/// The number of callers whose numbers are recorded.
pub(crate) const CALLERS: usize = 256;

/// The timeout for the client's response to a push.
const PUSH_TIME: Duration = Duration::from_secs(10);

#[derive(Clone)]
pub(crate) struct Processor {
    pub(crate) books: Books,
    pub(crate) notes: Arc<Vec<AtomicU64>>,
    pub(crate) sabotage: Option<Sabotage>,
    pub(crate) permits: Arc<Semaphore>,
}

/// A request that has begun; it counts as aborted if it is dropped before its end is recorded.
struct Begun<'a> {
    books: &'a Books,
    ended: bool,
}

impl Drop for Begun<'_> {
    fn drop(&mut self) {
        if !self.ended {
            self.books.served.cut.add();
        }
    }
}

/// Returns the number in the ext field of this name.
fn number(request: &RemotingCommand, name: &str) -> u64 {
    request.ext_fields().get(name).and_then(|text| text.parse().ok()).unwrap_or_default()
}

fn success(body: impl Into<bytes::Bytes>) -> Option<RemotingCommand> {
    Some(RemotingCommand::response(ResponseCode::SUCCESS).with_body(body))
}

impl Processor {
    pub(crate) async fn process(
        self,
        mut request: RemotingCommand,
    ) -> Result<Option<RemotingCommand>, BoxError> {
        let books = &self.books;
        let struck = self.sabotage.filter(|sabotage| sabotage.strikes());
        if struck == Some(Sabotage::LeakPermit) {
            self.permits.forget_permits(1);
        }
        books.served.begun.add();
        let mut begun = Begun { books, ended: false };
        if struck == Some(Sabotage::LostAnswer) && request.code() != DEFER {
            request.defer()?.discard();
        }
        let answer = match request.code() {
            NOTE => {
                self.note(&request, struck == Some(Sabotage::LostOneway));
                Ok(None)
            }
            DEFER => self.defer(&mut request),
            _ => self.answer(request).await,
        };
        begun.ended = true;
        match &answer {
            _ if struck == Some(Sabotage::LoseCount) => {}
            // Oneway and deferred requests are counted where they are handled.
            Ok(None) => {}
            Ok(Some(_)) => books.served.answered.add(),
            Err(_) => books.served.failed.add(),
        }
        match struck {
            Some(Sabotage::WrongAnswer) => Ok(success("wrong")),
            _ => answer,
        }
    }

    async fn answer(
        &self,
        mut request: RemotingCommand,
    ) -> Result<Option<RemotingCommand>, BoxError> {
        match request.code() {
            SLOW => sleep(Duration::from_millis(number(&request, "ms"))).await,
            NOTED => {
                let last = self.place(&request).load(Ordering::SeqCst);
                return Ok(success(last.to_string()));
            }
            PUSH => self.push(&request).await?,
            FAIL => return Err("as you wish".into()),
            _ => {}
        }
        Ok(success(request.take_body()))
    }

    fn place(&self, request: &RemotingCommand) -> &AtomicU64 {
        &self.notes[number(request, "caller") as usize % CALLERS]
    }

    fn note(&self, request: &RemotingCommand, lose: bool) {
        self.books.served.oneways.add();
        if !lose {
            self.place(request).store(number(request, "number"), Ordering::SeqCst);
        }
    }

    fn defer(&self, request: &mut RemotingCommand) -> Result<Option<RemotingCommand>, BoxError> {
        let responder = request.defer()?;
        self.books.served.deferred.add();
        let (books, body) = (self.books.clone(), request.take_body());
        let after = Duration::from_millis(number(request, "ms"));
        tokio::spawn(async move {
            sleep(after).await;
            let answer = RemotingCommand::response(ResponseCode::SUCCESS).with_body(body);
            match responder.send(answer) {
                Ok(()) => books.served.late_answers.add(),
                Err(_) => books.served.late_for_nobody.add(),
            }
        });
        Ok(None)
    }

    async fn push(&self, request: &RemotingCommand) -> Result<(), BoxError> {
        let channel = request.channel().ok_or("no channel")?;
        let body = request.body().clone();
        self.books.served.pushes.add();
        let mut pushing = Pushing { books: &self.books, answered: false };
        let call = RemotingCommand::request(PUSHED).with_body(body.clone());
        let answer = channel.invoke(call, PUSH_TIME).await?;
        if answer.response_code() != ResponseCode::SUCCESS {
            return Err(format!("the client answered {}", answer.response_code()).into());
        }
        if *answer.body() != body {
            self.books.fault("a push got the response of another one");
        }
        pushing.answered = true;
        Ok(())
    }
}

struct Pushing<'a> {
    books: &'a Books,
    answered: bool,
}

impl Drop for Pushing<'_> {
    fn drop(&mut self) {
        let served = &self.books.served;
        if self.answered { served.pushes_answered.add() } else { served.pushes_lost.add() }
    }
}
