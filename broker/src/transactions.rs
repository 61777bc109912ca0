//! Transactions whose outcome is still open.

use crate::log::{CommitLogOffset, Log};
use crate::refusal::refuse;
use crate::storage::StorageTable;
use rocketmq_tower::message::{Position, Properties, property};
use rocketmq_tower::{BoxError, ResponseCode};
use rocketmq_tower_core::clock;
use rocketmq_tower_core::sync::lock;
use std::collections::HashMap;
use std::ops::ControlFlow;
use std::sync::{Mutex, MutexGuard};
use std::time::Duration;

/// The maximum number of open transactions.
const MAX_OPEN: usize = 1_000_000;

/// The maximum number of checks of a transaction: Java's `transactionCheckMax`.
const MAX_CHECKS: u32 = 15;

/// The maximum of `CHECK_IMMUNITY_TIME_IN_SECONDS`, during which a message's producer is not asked.
const MAX_IMMUNITY: u64 = 24 * 3600;

/// The times at which producers are asked for the outcome of their transactions.
#[derive(Clone, Copy, Debug)]
pub(crate) struct TransactionChecks {
    /// Time until the first check. Java's `transactionTimeOut` is 6 s.
    pub(crate) first: Duration,
    /// Time between two checks. Java's `transactionCheckInterval` is 30 s.
    pub(crate) interval: Duration,
}

/// The open transactions, by the offsets of their messages.
#[derive(Debug)]
pub(crate) struct Transactions {
    open: Mutex<HashMap<CommitLogOffset, OpenTransaction>>,
    checks: TransactionChecks,
}

/// The state of an open transaction.
#[derive(Clone, Copy, Debug)]
pub(crate) struct OpenTransaction {
    /// The time of its next check, in ms since 1970.
    due: i64,
    checks: u32,
}

/// An open transaction whose check is due.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum DueCheck {
    Ask(CommitLogOffset),
    /// Its producer was asked `MAX_CHECKS` times.
    GiveUp(CommitLogOffset),
}

impl Transactions {
    /// Reads the open transactions from the store. The number of checks is not stored, and starts at
    /// zero.
    pub(crate) fn open(log: &Log, checks: TransactionChecks) -> Result<Self, BoxError> {
        let mut open = HashMap::new();
        let due = log.clock().now_ms().saturating_add(clock::millis(checks.first));
        log.storage().scan(StorageTable::Prepared, b""..&[0xff; 9], &mut |key, _| {
            open.extend(
                CommitLogOffset::from_key(key)
                    .map(|offset| (offset, OpenTransaction { due, checks: 0 })),
            );
            ControlFlow::Continue(())
        })?;
        Ok(Self { open: Mutex::new(open), checks })
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<CommitLogOffset, OpenTransaction>> {
        lock(&self.open)
    }

    /// Fails if no more transactions can be opened.
    pub(crate) fn check_room(&self) -> Result<(), BoxError> {
        if self.lock().len() < MAX_OPEN {
            return Ok(());
        }
        let text = format!("the maximum of {MAX_OPEN} open transactions is reached");
        Err(refuse(ResponseCode::SYSTEM_BUSY, text))
    }

    /// Adds a transaction whose message was stored.
    pub(crate) fn opened(&self, at: Position, properties: Properties<'_>) {
        let asked_for = properties.get(property::CHECK_IMMUNITY_TIME_IN_SECONDS);
        let seconds = asked_for.and_then(|text| text.parse().ok()).filter(|&seconds| seconds > 0);
        let seconds = seconds.map(|seconds: u64| seconds.min(MAX_IMMUNITY));
        let wait = seconds.map_or(self.checks.first, Duration::from_secs);
        let due = at.store_timestamp.saturating_add(clock::millis(wait));
        if let Some(offset) = CommitLogOffset::from_i64(at.commit_log_offset) {
            self.lock().insert(offset, OpenTransaction { due, checks: 0 });
        }
    }

    /// Returns whether a transaction is open at this offset.
    pub(crate) fn is_open(&self, offset: CommitLogOffset) -> bool {
        self.lock().contains_key(&offset)
    }

    /// Takes a transaction out, so that only the caller can commit it or roll it back.
    pub(crate) fn take(&self, offset: CommitLogOffset) -> Option<OpenTransaction> {
        self.lock().remove(&offset)
    }

    /// Puts back a transaction whose outcome could not be stored.
    pub(crate) fn put_back(&self, offset: CommitLogOffset, open: OpenTransaction) {
        self.lock().insert(offset, open);
    }

    /// Returns the transactions whose check is due, and schedules the next check of each.
    pub(crate) fn due(&self, now: i64) -> Vec<DueCheck> {
        let mut due = Vec::new();
        for (offset, open) in self.lock().iter_mut().filter(|(_, open)| open.due <= now) {
            if open.checks == MAX_CHECKS {
                due.push(DueCheck::GiveUp(*offset));
            } else {
                open.checks += 1;
                due.push(DueCheck::Ask(*offset));
            }
            open.due = now.saturating_add(clock::millis(self.checks.interval));
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

    fn one_open(properties: &str) -> (Transactions, CommitLogOffset) {
        let checks =
            TransactionChecks { first: Duration::from_secs(6), interval: Duration::from_secs(30) };
        let transactions = Transactions { open: Mutex::new(HashMap::new()), checks };
        let offset = CommitLogOffset::new(2000);
        let commit_log_offset = offset.as_i64();
        let at = Position { queue_offset: 2, commit_log_offset, store_timestamp: 1000 };
        transactions.opened(at, Properties::new(properties));
        (transactions, offset)
    }

    #[test]
    fn a_producer_is_asked_at_each_interval_until_the_maximum_number_of_checks() {
        let (transactions, offset) = one_open("");
        assert_eq!(transactions.due(6999), []);
        let mut now = 7000;
        for _ in 0..MAX_CHECKS {
            assert_eq!(transactions.due(now), [DueCheck::Ask(offset)]);
            assert_eq!(transactions.due(now + 29_999), []);
            now += 30_000;
        }
        assert_eq!(transactions.due(now), [DueCheck::GiveUp(offset)]);
    }

    #[test]
    fn a_message_may_delay_the_first_check() {
        let (transactions, offset) = one_open("CHECK_IMMUNITY_TIME_IN_SECONDS\u{1}60");
        assert_eq!(transactions.due(60_999), []);
        assert_eq!(transactions.due(61_000), [DueCheck::Ask(offset)]);
        for nonsense in ["0", "-1", "soon"] {
            let properties = format!("CHECK_IMMUNITY_TIME_IN_SECONDS\u{1}{nonsense}");
            let (transactions, offset) = one_open(&properties);
            assert_eq!(transactions.due(7000), [DueCheck::Ask(offset)], "{nonsense}");
        }
    }

    #[test]
    fn a_transaction_that_was_taken_is_not_due_until_it_is_put_back() {
        let (transactions, offset) = one_open("");
        let open = transactions.take(offset).unwrap();
        assert!(transactions.take(offset).is_none());
        assert_eq!(transactions.due(i64::MAX / 2), []);
        transactions.put_back(offset, open);
        assert_eq!(transactions.due(7000), [DueCheck::Ask(offset)]);
    }
}
