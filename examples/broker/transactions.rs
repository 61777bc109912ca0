//! Transactions that are not decided yet.

use crate::clock;
use crate::error::refuse;
use crate::log::{Log, Place};
use crate::storage::Table;
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

/// When producers are asked what became of their transactions.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Checks {
    /// At first after this. Java's `transactionTimeOut` is 6 s.
    pub(crate) first: Duration,
    /// Then again after this. Java's `transactionCheckInterval` is 30 s.
    pub(crate) interval: Duration,
}

/// The open transactions, by the places of their messages.
#[derive(Debug)]
pub(crate) struct Transactions {
    open: Mutex<HashMap<Place, Open>>,
    checks: Checks,
}

/// One that is open.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Open {
    /// When its producer is to be asked, in ms.
    due: i64,
    checks: u32,
}

/// What is to be done about an open transaction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Due {
    Ask(Place),
    /// Its producer was asked often enough.
    GiveUp(Place),
}

impl Transactions {
    /// Those in the store. How often their producers were asked is forgotten.
    pub(crate) fn open(log: &Log, checks: Checks) -> Result<Self, BoxError> {
        let mut open = HashMap::new();
        let due = clock::now_ms() + checks.first.as_millis() as i64;
        log.storage().scan(Table::Prepared, b""..&[0xff; 9], &mut |key, _| {
            open.extend(Place::from_key(key).map(|place| (place, Open { due, checks: 0 })));
            ControlFlow::Continue(())
        })?;
        Ok(Self { open: Mutex::new(open), checks })
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<Place, Open>> {
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
        let wait = seconds.map_or(self.checks.first, Duration::from_secs);
        let due = at.store_timestamp.saturating_add(wait.as_millis() as i64);
        if let Some(place) = Place::from_commit_log_offset(at.commit_log_offset) {
            self.lock().insert(place, Open { due, checks: 0 });
        }
    }

    /// Takes one to decide it. Whoever has taken it is the only one who can.
    pub(crate) fn take(&self, place: Place) -> Option<Open> {
        self.lock().remove(&place)
    }

    /// Puts back one that could not be decided.
    pub(crate) fn put_back(&self, place: Place, open: Open) {
        self.lock().insert(place, open);
    }

    /// Those whose time has come. The next time of each is an interval later.
    pub(crate) fn due(&self, now: i64) -> Vec<Due> {
        let mut due = Vec::new();
        for (place, open) in self.lock().iter_mut().filter(|(_, open)| open.due <= now) {
            if open.checks == MAX_CHECKS {
                due.push(Due::GiveUp(*place));
            } else {
                open.checks += 1;
                due.push(Due::Ask(*place));
            }
            open.due = now + self.checks.interval.as_millis() as i64;
        }
        due
    }
}
