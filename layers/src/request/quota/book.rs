use super::amount::{Amount, direction};
use super::counts::{Counter, Counts, Key, Last};
use super::rule::{By, Direction, Quota};
use crate::identity::{UserOf, verified_user};
use rocketmq_tower_core::error::chain_text;
use rocketmq_tower_core::subject::Subject;
use rocketmq_tower_core::{Abort, RemotingCommand, ResponseCode};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;
use tokio::time::Instant;

/// All quotas of a layer, with their counts.
#[derive(Debug)]
pub(super) struct Book {
    counters: Box<[Counter]>,
    start: Instant,
    refused: AtomicU64,
}

/// The counts to which the response will be charged: of each quota, by its index.
#[derive(Debug)]
pub(super) struct Due {
    book: Arc<Book>,
    counts: Vec<(usize, Arc<Counts>)>,
}

/// One service's way to the counts.
#[derive(Clone, Debug)]
pub(super) struct Clerk {
    book: Arc<Book>,
    user_of: UserOf,
    /// The last key of each quota. A service has one connection, which usually has one topic, so the
    /// tables are rarely looked up.
    last: Box<[Option<Last>]>,
    /// The counts of the present request, by the index of their quota. Empty between requests.
    found: Vec<(usize, Arc<Counts>)>,
}

impl Book {
    pub(super) fn new(quotas: impl IntoIterator<Item = Quota>) -> Self {
        let counters = quotas.into_iter().map(Counter::new).collect();
        Self { counters, start: Instant::now(), refused: AtomicU64::new(0) }
    }

    pub(super) fn keys(&self) -> usize {
        self.counters.iter().map(Counter::keys).sum()
    }

    pub(super) fn refused(&self) -> u64 {
        self.refused.load(Ordering::Relaxed)
    }

    /// Nanoseconds since the start. 64 bits of them last for centuries.
    fn now(&self) -> u64 {
        self.start.elapsed().as_nanos() as u64
    }

    fn charge(&self, now: u64, amount: Amount, counts: impl Iterator<Item = (usize, Arc<Counts>)>) {
        for (index, counts) in counts {
            if let Some(counter) = self.counters.get(index) {
                counts.charge(now, &counter.quota, amount);
            }
        }
    }

    fn refuse(&self, quota: &Quota, key: Key<'_>, wait: u64) -> Abort {
        self.refused.fetch_add(1, Ordering::Relaxed);
        Abort::new(ResponseCode::SYSTEM_BUSY, remark(quota, key, wait))
    }
}

impl Due {
    /// Charges the messages of the response.
    pub(super) fn charge(self, response: &RemotingCommand) {
        let amount = Amount::received(response);
        self.book.charge(self.book.now(), amount, self.counts.into_iter());
    }
}

impl Clerk {
    pub(super) fn new(book: Arc<Book>, user_of: Option<UserOf>) -> Self {
        let last = book.counters.iter().map(|_| None).collect();
        Self { book, user_of: user_of.unwrap_or(verified_user), last, found: Vec::new() }
    }

    /// Charges a send, or returns what a receive is to be charged to.
    pub(super) fn admit(&mut self, request: &RemotingCommand) -> Result<Option<Due>, Abort> {
        let Some(direction) = direction(request.request_code()) else { return Ok(None) };
        let now = self.book.now();
        let found = self.find(request, direction, now);
        let due = found.map(|()| match direction {
            _ if self.found.is_empty() => None,
            Direction::Receive => {
                let counts = self.found.drain(..).collect();
                Some(Due { book: Arc::clone(&self.book), counts })
            }
            Direction::Send => {
                let amount = Amount::sent(request);
                self.book.charge(now, amount, self.found.drain(..));
                None
            }
        });
        self.found.clear();
        due
    }

    /// Finds the counts of a request. Fails if one of them is beyond its quota.
    fn find(
        &mut self,
        request: &RemotingCommand,
        direction: Direction,
        now: u64,
    ) -> Result<(), Abort> {
        let subject = Subject::of(request)
            .map_err(|error| Abort::new(ResponseCode::SYSTEM_ERROR, chain_text(&error)))?;
        let user = (self.user_of)(request);
        let mut longest: Option<(u64, &Quota, Key<'_>)> = None;
        for (index, (counter, last)) in self.book.counters.iter().zip(&mut self.last).enumerate() {
            let quota = &counter.quota;
            let key = counter.key(request, &subject, user);
            let Some(key) = key.filter(|_| quota.direction == direction) else { continue };
            let counts = counter.counts(key, now, last);
            let wait = counts.wait(now, quota);
            if wait > longest.map_or(0, |(wait, ..)| wait) {
                longest = Some((wait, quota, key));
            }
            self.found.push((index, counts));
        }
        match longest {
            Some((wait, quota, key)) => Err(self.book.refuse(quota, key, wait)),
            None => Ok(()),
        }
    }
}

/// `[QUOTA]topic orders may send 1000 messages and 1048576 bytes per second, retry in 250 ms`.
fn remark(quota: &Quota, key: Key<'_>, wait: u64) -> String {
    let key = match (quota.by, key) {
        (By::Topic, Key::Name(name)) => format!("topic {name}"),
        (By::Group, Key::Name(name)) => format!("group {name}"),
        (By::User, Key::Name(name)) => format!("user {name}"),
        (_, Key::Address(ip)) => format!("address {ip}"),
        (_, Key::Name(_)) => "all".to_owned(),
    };
    let what = match quota.direction {
        Direction::Send => "sent",
        Direction::Receive => "received",
    };
    let limits = [(quota.messages, "messages"), (quota.bytes, "bytes")];
    let limits: Vec<_> = limits
        .into_iter()
        .filter_map(|(limit, unit)| Some(format!("{} {unit}", limit?.per_second)))
        .collect();
    let wait = Duration::from_nanos(wait).as_millis() + 1;
    format!("[QUOTA]{key}: {} {what} per second, retry in {wait} ms", limits.join(" and "))
}
