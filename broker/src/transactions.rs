//! Transactions that are not decided yet.

use crate::clock;
use crate::log::{CommitLogOffset, Log};
use crate::refusal::refuse;
use crate::storage::StorageTable;
use rocketmq_tower::message::{Position, Properties, property};
use rocketmq_tower::{BoxError, ResponseCode};
use std::collections::HashMap;
use std::ops::ControlFlow;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// More transactions than this can't be open at a time.
const MAX_OPEN: usize = 1_000_000;

/// So often a producer is asked: Java's `transactionCheckMax`.
const MAX_CHECKS: u32 = 15;

/// The longest that a message may ask not to be asked about, in seconds.
const MAX_IMMUNITY: u64 = 24 * 3600;

/// When producers are asked what became of their transactions.
#[derive(Clone, Copy, Debug)]
pub(crate) struct TransactionChecks {
    /// At first after this. Java's `transactionTimeOut` is 6 s.
    pub(crate) first: Duration,
    /// Visibility again after this. Java's `transactionCheckInterval` is 30 s.
    pub(crate) interval: Duration,
}

/// The open transactions, by the places of their messages.
#[derive(Debug)]
pub(crate) struct Transactions {
    open: Mutex<HashMap<CommitLogOffset, OpenTransaction>>,
    checks: TransactionChecks,
}

/// One that is open.
#[derive(Clone, Copy, Debug)]
pub(crate) struct OpenTransaction {
    /// When its producer is to be asked, in ms.
    due: i64,
    checks: u32,
}

/// What is to be done about an open transaction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum DueCheck {
    Ask(CommitLogOffset),
    /// Its producer was asked often enough.
    GiveUp(CommitLogOffset),
}

impl Transactions {
    /// Those in the store. How often their producers were asked is forgotten.
    pub(crate) fn open(log: &Log, checks: TransactionChecks) -> Result<Self, BoxError> {
        let mut open = HashMap::new();
        let due = clock::now_ms() + checks.first.as_millis() as i64;
        log.storage().scan(StorageTable::Prepared, b""..&[0xff; 9], &mut |key, _| {
            open.extend(
                CommitLogOffset::from_key(key)
                    .map(|place| (place, OpenTransaction { due, checks: 0 })),
            );
            ControlFlow::Continue(())
        })?;
        Ok(Self { open: Mutex::new(open), checks })
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<CommitLogOffset, OpenTransaction>> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether one more may begin.
    pub(crate) fn check_room(&self) -> Result<(), BoxError> {
        if self.lock().len() < MAX_OPEN {
            return Ok(());
        }
        let text = format!("{MAX_OPEN} transactions are open");
        Err(refuse(ResponseCode::SYSTEM_BUSY, text))
    }

    /// Notes one that has begun.
    pub(crate) fn opened(&self, at: Position, properties: Properties<'_>) {
        let asked_for = properties.get(property::CHECK_IMMUNITY_TIME_IN_SECONDS);
        let seconds = asked_for.and_then(|text| text.parse().ok()).filter(|&seconds| seconds > 0);
        let seconds = seconds.map(|seconds: u64| seconds.min(MAX_IMMUNITY));
        let wait = seconds.map_or(self.checks.first, Duration::from_secs);
        let due = at.store_timestamp.saturating_add(wait.as_millis() as i64);
        if let Some(place) = CommitLogOffset::from_i64(at.commit_log_offset) {
            self.lock().insert(place, OpenTransaction { due, checks: 0 });
        }
    }

    /// Takes one to decide it. Whoever has taken it is the only one who can.
    pub(crate) fn take(&self, place: CommitLogOffset) -> Option<OpenTransaction> {
        self.lock().remove(&place)
    }

    /// Puts back one that could not be decided.
    pub(crate) fn put_back(&self, place: CommitLogOffset, open: OpenTransaction) {
        self.lock().insert(place, open);
    }

    /// Those whose time has come. The next time of each is an interval later.
    pub(crate) fn due(&self, now: i64) -> Vec<DueCheck> {
        let mut due = Vec::new();
        for (place, open) in self.lock().iter_mut().filter(|(_, open)| open.due <= now) {
            if open.checks == MAX_CHECKS {
                due.push(DueCheck::GiveUp(*place));
            } else {
                open.checks += 1;
                due.push(DueCheck::Ask(*place));
            }
            open.due = now + self.checks.interval.as_millis() as i64;
        }
        due
    }
}

#[cfg(test)]
mod tests {
    use super::{
        CommitLogOffset, DueCheck, MAX_CHECKS, Position, Properties, TransactionChecks,
        Transactions,
    };
    use std::collections::HashMap;
    use std::sync::Mutex;
    use std::time::Duration;

    fn begun(properties: &str) -> (Transactions, CommitLogOffset) {
        let checks =
            TransactionChecks { first: Duration::from_secs(6), interval: Duration::from_secs(30) };
        let transactions = Transactions { open: Mutex::new(HashMap::new()), checks };
        let place = CommitLogOffset::new(1, 2);
        let commit_log_offset = place.as_i64();
        let at = Position { queue_offset: 2, commit_log_offset, store_timestamp: 1000 };
        transactions.opened(at, Properties::new(properties));
        (transactions, place)
    }

    #[test]
    fn a_producer_is_asked_after_a_while_and_then_again_and_again_but_not_for_ever() {
        let (transactions, place) = begun("");
        assert_eq!(transactions.due(6999), []);
        let mut now = 7000;
        for _ in 0..MAX_CHECKS {
            assert_eq!(transactions.due(now), [DueCheck::Ask(place)]);
            assert_eq!(transactions.due(now + 29_999), []);
            now += 30_000;
        }
        assert_eq!(transactions.due(now), [DueCheck::GiveUp(place)]);
    }

    #[test]
    fn a_message_may_ask_for_more_time() {
        let (transactions, place) = begun("CHECK_IMMUNITY_TIME_IN_SECONDS\u{1}60");
        assert_eq!(transactions.due(60_999), []);
        assert_eq!(transactions.due(61_000), [DueCheck::Ask(place)]);
        for nonsense in ["0", "-1", "soon"] {
            let properties = format!("CHECK_IMMUNITY_TIME_IN_SECONDS\u{1}{nonsense}");
            let (transactions, place) = begun(&properties);
            assert_eq!(transactions.due(7000), [DueCheck::Ask(place)], "{nonsense}");
        }
    }

    #[test]
    fn one_that_is_taken_is_not_there_until_it_is_put_back() {
        let (transactions, place) = begun("");
        let open = transactions.take(place).unwrap();
        assert!(transactions.take(place).is_none());
        assert_eq!(transactions.due(i64::MAX / 2), []);
        transactions.put_back(place, open);
        assert_eq!(transactions.due(7000), [DueCheck::Ask(place)]);
    }
}
