//! The steps of a trial.

use super::super::bare::BareBroker;
use super::super::peer::{Peer, message};
use super::super::popped::popped;
use super::super::requests::{Pop, Sent, request};
use super::super::soon;
use super::ledger::{Half, Ledger, POPPED, QUEUES};
use crate::Flush;
use crate::config::BrokerConfig;
use crate::storage::tests::{Fault, Random, SimulatedStore};
use bytes::BytesMut;
use rocketmq_tower::message::{BatchedMessage, Properties, SendHeader, sys_flag};
use rocketmq_tower::protocol::OffsetResponseHeader;
use rocketmq_tower::{RemotingCommand, RequestCode, ResponseCode};
use std::sync::Arc;
use std::time::Duration;
use tokio::time::sleep;

pub(super) struct Trial {
    seed: u64,
    config: BrokerConfig,
    store: SimulatedStore,
    bare: BareBroker,
    client: Peer,
    random: Random,
    ledger: Ledger,
}

impl Trial {
    pub(super) async fn start(seed: u64) -> Self {
        // Without a flush, a loss of power loses messages, but the end of the process does not.
        let flush = if seed % 4 == 3 { Flush::Async } else { Flush::Sync };
        let config = BrokerConfig { flush, ..BrokerConfig::default() };
        let store = SimulatedStore::new(flush);
        let bare = BareBroker::with(Arc::new(store.open().expect("an empty store")), &config).await;
        let (client, random) = (bare.client().await, Random::new(seed));
        let ledger = Ledger { commits: vec![-1], ..Ledger::default() };
        Self { seed, config, store, bare, client, random, ledger }
    }

    pub(super) async fn step(&mut self) {
        match self.random.below(23) {
            0..=6 => self.send_three().await,
            7 | 8 => self.send_batch().await,
            9 | 10 => self.send_delayed().await,
            11 => self.send_half().await,
            12 | 13 => self.end_half().await,
            14 => self.commit_offset().await,
            15 | 16 => {
                let faults = [Fault::NoRoom, Fault::Files, Fault::Write, Fault::Sync];
                let fault = faults[self.random.below(faults.len())];
                self.store.disk.fail_after(fault, self.random.below(6) as u64);
            }
            17 if self.config.flush == Flush::Sync => {
                self.store.disk.power_off_after(self.random.below(20) as u64);
            }
            18 => self.restart().await,
            20..=22 => self.pop().await,
            _ if self.store.disk.loses_power() => {}
            _ => _ = self.ledger.check(&self.client, self.seed).await,
        }
        if self.bare.state.log.failed().is_cancelled() || self.store.disk.is_off() {
            self.restart().await;
        }
    }

    /// Ends the broker in some way, and starts it on what is on the disk.
    async fn restart(&mut self) {
        let loses_power = self.config.flush == Flush::Sync && self.random.one_in(2);
        if !loses_power && self.random.one_in(3) {
            self.bare.close_log().await;
        }
        let seed = self.random.next();
        self.store.take_away(loses_power.then_some(seed));
        let storage = self.store.open();
        let storage = storage.unwrap_or_else(|error| panic!("{error}, seed {}", self.seed));
        self.bare = BareBroker::with(Arc::new(storage), &self.config).await;
        self.client = self.bare.client().await;
        self.ledger.check(&self.client, self.seed).await;
        self.check_offset().await;
    }

    /// Waits for what is delayed, and compares everything.
    pub(super) async fn end(mut self) {
        self.restart().await;
        soon(async {
            while self.ledger.check(&self.client, self.seed).await > 0 {
                sleep(Duration::from_millis(5)).await;
            }
        })
        .await;
        // Those that are still open can be committed, and are served then.
        for half in std::mem::take(&mut self.ledger.halves) {
            self.client.get(end_of(&half, sys_flag::COMMIT)).await;
            self.ledger.hidden.remove(&half.body);
            self.ledger.released.insert(half.body);
        }
        assert_eq!(self.ledger.check(&self.client, self.seed).await, 0);
        soon(async {
            while !self.ledger.is_consumed() {
                self.pop_from(&Pop::new(POPPED).waits(100), false).await;
            }
        })
        .await;
    }

    /// Pops some messages, and acknowledges some of them.
    async fn pop(&mut self) {
        let messages = 1 + self.random.below(4) as i32;
        self.pop_from(&Pop::new(POPPED).at_most(messages).invisible(20), true).await;
    }

    async fn pop_from(&mut self, pop: &Pop<'_>, forgets: bool) {
        let answer = self.client.call(pop.request()).await;
        match answer.response_code() {
            ResponseCode::SUCCESS => {}
            // Its topic may not exist.
            ResponseCode::POLLING_TIMEOUT | ResponseCode::TOPIC_NOT_EXIST => return,
            _ => {
                let remark = answer.remark().unwrap_or_default();
                assert!(remark.contains("the store failed"), "{remark}, seed {}", self.seed);
                return;
            }
        }
        for popped in popped(&answer) {
            if forgets && self.random.one_in(2) {
                continue;
            }
            if self.call(popped.ack()).await.is_some() {
                self.ledger.consumed.insert(popped.message.body);
            }
        }
    }

    /// Returns the answer to a request, or `None` if the store has failed. Nothing else fails.
    async fn call(&self, request: RemotingCommand) -> Option<RemotingCommand> {
        let answer = self.client.call(request).await;
        let succeeds = answer.response_code().is_success();
        let remark = answer.remark().unwrap_or_default();
        assert!(succeeds || remark.contains("the store failed"), "{remark}, seed {}", self.seed);
        succeeds.then_some(answer)
    }

    fn queue(&mut self) -> (&'static str, i32) {
        QUEUES[self.random.below(QUEUES.len())]
    }

    fn new_body(&mut self, queue: (&str, i32)) -> String {
        let padding = if self.random.one_in(8) { 9000 } else { 100 };
        let padding = self.random.below(padding);
        self.ledger.body(queue, padding)
    }

    /// Sends three messages at a time.
    async fn send_three(&mut self) {
        let mut sends = Vec::new();
        for _ in 0..3 {
            let queue = self.queue();
            let body = self.new_body(queue);
            sends.push((message(queue.0, queue.1, &[], &body), body));
        }
        let call = |at: usize| self.call(sends[at].0.clone());
        let (one, two, three) = tokio::join!(call(0), call(1), call(2));
        for ((_, body), answer) in sends.into_iter().zip([one, two, three]) {
            if let Some(answer) = answer {
                self.ledger.placed.insert(body, Sent::of(&answer).queue_offset);
            }
        }
    }

    async fn send_batch(&mut self) {
        let queue = self.queue();
        let bodies = [(); 3].map(|()| self.new_body(queue));
        let mut encoded = BytesMut::new();
        for body in &bodies {
            let (flag, properties) = (0, Properties::default());
            let part = BatchedMessage { flag, body: body.as_bytes(), properties };
            part.encode(&mut encoded).unwrap();
        }
        let mut header = SendHeader::new("producers", queue.0, queue.1);
        header.batch = true;
        if let Some(answer) = self.call(header.request().with_body(encoded.freeze())).await {
            let first = Sent::of(&answer).queue_offset;
            self.ledger.placed.extend(bodies.into_iter().zip(first..));
        }
    }

    async fn send_delayed(&mut self) {
        let queue = self.queue();
        let body = self.new_body(queue);
        let delay = (1 + self.random.below(30)).to_string();
        let send = message(queue.0, queue.1, &[("TIMER_DELAY_MS", &delay)], &body);
        let Some(answer) = self.call(send).await else { return };
        if !self.random.one_in(3) {
            self.ledger.released.insert(body);
            return;
        }
        // It may be delivered at this time.
        let handle = Sent::of(&answer).recall_handle.clone().expect("a handle");
        let recall =
            request(RequestCode::RECALL_MESSAGE, &[("topic", queue.0), ("recallHandle", &handle)]);
        let answer = self.client.call(recall).await;
        match answer.response_code() {
            ResponseCode::SUCCESS => _ = self.ledger.hidden.insert(body),
            ResponseCode::ILLEGAL_OPERATION => _ = self.ledger.released.insert(body),
            _ => {
                let remark = answer.remark().unwrap_or_default();
                assert!(remark.contains("the store failed"), "{remark}, seed {}", self.seed);
            }
        }
    }

    async fn send_half(&mut self) {
        let queue = self.queue();
        let body = self.new_body(queue);
        let send = message(queue.0, queue.1, &[("TRAN_MSG", "true"), ("PGROUP", "g")], &body);
        let answer = self.call(send).await;
        self.ledger.hidden.insert(body.clone());
        if let Some(answer) = answer {
            self.ledger.halves.push(Half { body, sent: Sent::of(&answer) });
        }
    }

    async fn end_half(&mut self) {
        if self.ledger.halves.is_empty() {
            return;
        }
        let half = self.random.below(self.ledger.halves.len());
        let half = self.ledger.halves.swap_remove(half);
        let commits = self.random.one_in(2);
        let outcome = if commits { sys_flag::COMMIT } else { sys_flag::ROLLBACK };
        let done = self.call(end_of(&half, outcome)).await.is_some();
        if commits {
            // If that failed, it may be served all the same.
            self.ledger.hidden.remove(&half.body);
            if done {
                self.ledger.released.insert(half.body);
            }
        }
    }

    async fn commit_offset(&mut self) {
        let offset = self.random.below(1000) as i64;
        let text = offset.to_string();
        let fields = [
            ("consumerGroup", "g"),
            ("topic", "BenchmarkTest"),
            ("queueId", "0"),
            ("commitOffset", text.as_str()),
        ];
        self.ledger.commits.push(offset);
        if self.call(request(RequestCode::UPDATE_CONSUMER_OFFSET, &fields)).await.is_some() {
            self.ledger.commits = vec![offset];
        }
    }

    async fn check_offset(&mut self) {
        let fields = [("consumerGroup", "g"), ("topic", "BenchmarkTest"), ("queueId", "0")];
        let answer = self.client.get(request(RequestCode::QUERY_CONSUMER_OFFSET, &fields)).await;
        let offset = answer.header::<OffsetResponseHeader>().unwrap().offset;
        let commits = &mut self.ledger.commits;
        // Without any commit, it is the start of the queue.
        let known = commits.contains(&offset) || (commits[0] == -1 && offset == 0);
        assert!(known, "{offset}, but {commits:?} were committed, seed {}", self.seed);
        *commits = vec![if commits.contains(&offset) { offset } else { -1 }];
    }
}

/// Returns a request to end the transaction of a message.
fn end_of(half: &Half, outcome: i32) -> RemotingCommand {
    let (table, log) =
        (half.sent.queue_offset.to_string(), half.sent.commit_log_offset().to_string());
    let fields = [
        ("producerGroup", "g"),
        ("tranStateTableOffset", &*table),
        ("commitLogOffset", &*log),
        ("commitOrRollback", &*outcome.to_string()),
        ("fromTransactionCheck", "false"),
        ("msgId", "1"),
    ];
    request(RequestCode::END_TRANSACTION, &fields)
}
