//! The processor that both sides use for requests of the other.

use crate::errors;
use crate::journal::{CallId, End, Host};
use crate::payload::{self, Kind};
use crate::sabotage::Sabotage;
use crate::stage::Stage;
use crate::world::World;
use bytes::Bytes;
use rocketmq_tower::channel::Responder;
use rocketmq_tower::{BoxError, Channel, RemotingCommand, ResponseCode};
use rocketmq_tower_test_support::lock;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::time::sleep;

/// The processor of one host; clones share its state.
#[derive(Clone, Debug)]
pub(crate) struct Processor {
    pub(crate) world: Arc<World>,
    pub(crate) host: Host,
    /// Counts the processors that exist.
    _one: Arc<()>,
    /// The body of the previous request.
    last: Arc<Mutex<Bytes>>,
}

impl Processor {
    pub(crate) fn new(world: &Arc<World>, host: Host, one: Arc<()>) -> Self {
        Self { world: Arc::clone(world), host, _one: one, last: Arc::default() }
    }

    pub(crate) async fn process(
        self,
        request: RemotingCommand,
    ) -> Result<Option<RemotingCommand>, BoxError> {
        let body = request.body().clone();
        let Some((kind, (id, work))) = Kind::of(&request).zip(payload::parse(&body)) else {
            return Err("not a request of a caller".into());
        };
        self.world.journal.runs(id);
        if self.world.is(Sabotage::RunsTwice) && id.0 % 16 == 0 {
            self.world.journal.runs(id);
        }
        if self.world.is(Sabotage::NoRecovery) && self.world.has_reached(Stage::Recovery) {
            request.defer()?.discard();
            return Ok(None);
        }
        let answer = RemotingCommand::response(ResponseCode::SUCCESS);
        match kind {
            Kind::Echo => return Ok(Some(answer.with_body(self.maybe_mixed_up(id, body)))),
            Kind::Slow => sleep(work).await,
            Kind::Defer => {
                let responder = request.defer()?;
                tokio::spawn(answer_later(responder, answer.with_body(body), work));
                return Ok(None);
            }
            Kind::Abandon => {
                let responder = request.defer()?;
                tokio::spawn(async move {
                    sleep(work).await;
                    drop(responder);
                });
                return Ok(None);
            }
            Kind::CallBack => {
                let channel = request.channel().cloned();
                let ended = match channel {
                    Some(channel) => call(&self.world, self.host, &channel, work).await,
                    None => End::Failed,
                };
                if ended != End::Answered {
                    return Err(payload::failure(id).into());
                }
            }
            Kind::Fail => return Err(payload::failure(id).into()),
            Kind::Swallow => {
                request.defer()?.discard();
                return Ok(None);
            }
        }
        Ok(Some(answer.with_body(body)))
    }

    fn maybe_mixed_up(&self, id: CallId, body: Bytes) -> Bytes {
        let mut last = lock(&self.last);
        let before = std::mem::replace(&mut *last, body.clone());
        if self.world.is(Sabotage::WrongCaller) && id.0 % 16 == 0 { before } else { body }
    }
}

/// Responds after a while, or as soon as the connection is to end.
async fn answer_later(responder: Responder, answer: RemotingCommand, work: Duration) {
    let channel = responder.channel();
    tokio::select! {
        biased;
        () = sleep(work) => {}
        () = channel.draining() => {}
    }
    // An error means that the connection is closed.
    _ = responder.send(answer);
}

/// Calls the other end of a connection.
pub(crate) async fn call(
    world: &Arc<World>,
    host: Host,
    channel: &Channel,
    limit: Duration,
) -> End {
    let open = world.journal.begin(host, Some(limit));
    let kind = if open.id().0 % 2 == 0 { Kind::Echo } else { Kind::Slow };
    let command = payload::request(open.id(), kind, limit / 4, 40);
    let sent = command.body().clone();
    let end = match channel.invoke(command, limit).await {
        Ok(answer) => match payload::judge(open.id(), kind, &sent, &answer) {
            Ok(end) => end,
            Err(wrong) => {
                world.journal.violation("right answers", wrong);
                End::Failed
            }
        },
        Err(error) => errors::of_channel(&error),
    };
    open.end(end);
    end
}
