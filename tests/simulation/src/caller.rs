//! Callers, which use every way to make a call.

use crate::errors;
use crate::journal::{End, Open};
use crate::network::PORT;
use crate::payload::{self, Kind};
use crate::sabotage::Sabotage;
use crate::world::World;
use rocketmq_tower::client::{Client, Endpoint, InvokeError, RetryUnprocessed};
use rocketmq_tower::{Addr, RemotingCommand, Service, ServiceExt};
use rocketmq_tower_test_support::Dice;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;
use tokio::time::{sleep, timeout};
use tower::retry::Retry;

/// The maximum attempts for a call that certainly was not run, and the pause between attempts.
const ATTEMPTS: u32 = 3;
const PAUSE: Duration = Duration::from_millis(10);

type Outcome = Result<RemotingCommand, InvokeError>;

/// The calls of one caller.
pub(crate) struct Calls {
    world: Arc<World>,
    number: usize,
    client: Client,
    endpoint: Endpoint,
    retrying: Retry<RetryUnprocessed, Client>,
    dice: Dice,
}

/// Makes calls until `stop` is set.
pub(crate) async fn run(mut calls: Calls, stop: Arc<AtomicBool>) {
    while !stop.load(Ordering::Relaxed) {
        let pause = calls.dice.millis(0..60);
        sleep(pause).await;
        calls.any().await;
    }
}

impl Calls {
    pub(crate) fn new(world: Arc<World>, number: usize, client: Client, dice: Dice) -> Self {
        let policy = RetryUnprocessed::attempts(ATTEMPTS as usize).backoff(PAUSE, PAUSE);
        let endpoint = client.endpoint(addr());
        let retrying = Retry::new(policy, client.clone());
        Self { world, number, client, endpoint, retrying, dice }
    }

    /// Makes a call that must succeed once the network works again.
    pub(crate) async fn probe(&mut self) -> End {
        let limit = Duration::from_secs(1);
        let (open, command) = self.begin(Some(limit), Kind::Echo, 100);
        let sent = command.clone();
        let outcome = self.client.invoke(addr(), command, limit).await;
        self.end(open, Kind::Echo, &sent, outcome)
    }

    async fn any(&mut self) {
        let kind = match self.dice.within(0..100) {
            0..45 => Kind::Echo,
            45..65 => Kind::Slow,
            65..75 => Kind::Defer,
            75..80 => Kind::Abandon,
            80..90 => Kind::CallBack,
            90..97 => Kind::Fail,
            // These calls get no response, on purpose.
            _ if self.world.plan.calm => Kind::Echo,
            _ => Kind::Swallow,
        };
        let limit = match self.dice.within(0..100) {
            0..8 => self.dice.millis(0..5),
            8..70 => self.dice.millis(50..600),
            _ => self.dice.millis(600..2_000),
        };
        let length = match self.dice.within(0..100) {
            0..80 => self.dice.within(12..300),
            80..97 => self.dice.within(300..8_000),
            _ => self.dice.within(8_000..120_000),
        };
        let length = length as usize;
        match self.dice.within(0..100) {
            0..50 => self.invoke(kind, limit, length).await,
            50..62 => self.give_up(kind, limit, length).await,
            62..80 => self.oneway(kind, limit, length).await,
            80..90 => self.through_endpoint(kind, limit, length).await,
            _ => self.repeatedly(kind, length).await,
        }
    }

    async fn invoke(&mut self, mut kind: Kind, mut limit: Duration, length: usize) {
        let endless = self.world.is(Sabotage::NoEnd) && self.dice.percent(5);
        if endless {
            (kind, limit) = (Kind::Swallow, Duration::MAX);
        }
        // The checks still expect the call to end.
        let told = limit.min(Duration::from_secs(2));
        let (open, command) = self.begin(Some(told), kind, length);
        let sent = command.clone();
        let outcome = self.client.invoke(addr(), command, limit).await;
        self.end(open, kind, &sent, outcome);
    }

    async fn give_up(&mut self, kind: Kind, patience: Duration, length: usize) {
        let (open, command) = self.begin(Some(patience), kind, length);
        let sent = command.clone();
        let calling = self.client.invoke(addr(), command, 2 * patience);
        match timeout(patience, calling).await {
            Ok(outcome) => _ = self.end(open, kind, &sent, outcome),
            Err(_) => open.end(End::GivenUp),
        }
    }

    async fn oneway(&mut self, kind: Kind, limit: Duration, length: usize) {
        let (open, command) = self.begin(Some(limit), kind, length);
        let outcome = self.client.invoke_oneway(addr(), command, limit).await;
        open.end(match outcome {
            Ok(()) => End::Written,
            Err(error) => errors::of_client(&error),
        });
    }

    async fn through_endpoint(&mut self, kind: Kind, patience: Duration, length: usize) {
        let (endpoint, bounds) = (&mut self.endpoint, &self.world.plan.bounds);
        let Ok(Ok(_)) = timeout(patience, endpoint.ready()).await else { return };
        let (open, command) = self.begin(Some(bounds.call_timeout), kind, length);
        let sent = command.clone();
        let outcome = self.endpoint.call(command).await;
        self.end(open, kind, &sent, outcome);
    }

    async fn repeatedly(&mut self, kind: Kind, length: usize) {
        let limit = (self.world.plan.bounds.call_timeout + PAUSE) * ATTEMPTS;
        let (open, command) = self.begin(Some(limit), kind, length);
        let sent = command.clone();
        let retrying = self.retrying.clone();
        let outcome = retrying.oneshot((addr(), command)).await;
        self.end(open, kind, &sent, outcome);
    }

    fn begin(
        &mut self,
        limit: Option<Duration>,
        kind: Kind,
        length: usize,
    ) -> (Open, RemotingCommand) {
        let open = self.world.journal.begin(Some(self.number), limit);
        let work = self.dice.millis(0..400);
        let command = payload::request(open.id(), kind, work, length);
        (open, command)
    }

    fn end(&self, open: Open, kind: Kind, sent: &RemotingCommand, outcome: Outcome) -> End {
        let end = match outcome {
            Ok(answer) => match payload::judge(open.id(), kind, sent.body(), &answer) {
                Ok(end) => end,
                Err(wrong) => {
                    self.world.journal.violation("right answers", wrong);
                    End::Failed
                }
            },
            Err(error) => errors::of_client(&error),
        };
        open.end(end);
        end
    }
}

fn addr() -> Addr {
    Addr::from(format!("{}:{PORT}", crate::fault::SERVER))
}
