//! The bytes of what the broker keeps for its clients: members, subscriptions, filters, locks of queues.

use crate::refusal::refuse;
use rocketmq_tower::{BoxError, ResponseCode};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

/// The bounds of an account, in bytes.
#[derive(Clone, Copy, Debug)]
pub(crate) struct ClientStateLimits {
    /// For all connections together.
    pub(crate) total: usize,
    /// For each connection.
    pub(crate) per_connection: usize,
}

impl ClientStateLimits {
    pub(crate) const DEFAULT: Self =
        Self { total: 64 * 1024 * 1024, per_connection: 4 * 1024 * 1024 };
}

/// The bytes that each connection may use though the total is used up: enough for the groups of a usual
/// client. So a few peers that use their whole share do not keep others out.
pub(crate) const OWN: usize = 32 * 1024;

/// The account of all connections.
#[derive(Debug)]
pub(super) struct Account {
    limits: ClientStateLimits,
    used: AtomicUsize,
}

impl Account {
    pub(super) fn new(limits: ClientStateLimits) -> Arc<Self> {
        Arc::new(Self { limits, used: AtomicUsize::new(0) })
    }

    /// Returns the account of a new connection.
    pub(super) fn of_connection(self: &Arc<Self>) -> Arc<ConnectionAccount> {
        Arc::new(ConnectionAccount { all: Arc::clone(self), used: AtomicUsize::new(0) })
    }

    #[cfg(any(test, feature = "fuzzing"))]
    pub(super) fn used(&self) -> usize {
        self.used.load(Ordering::Relaxed)
    }
}

/// The account of one connection.
#[derive(Debug)]
pub(crate) struct ConnectionAccount {
    all: Arc<Account>,
    used: AtomicUsize,
}

impl ConnectionAccount {
    /// Takes room for something that is kept, until the charge is dropped. That may be after the
    /// connection has ended.
    ///
    /// # Errors
    /// If there is no room: a refusal with `SYSTEM_BUSY`.
    pub(crate) fn charge(self: &Arc<Self>, bytes: usize) -> Result<Charge, BoxError> {
        let limits = self.all.limits;
        let mine = self.used.fetch_add(bytes, Ordering::Relaxed).saturating_add(bytes);
        // Dropping it gives the bytes back.
        let mut charge = Charge { account: Arc::clone(self), bytes, counted: false };
        if mine > limits.per_connection.max(OWN) {
            let text = format!(
                "the broker keeps at most {} bytes for the clients of a connection",
                limits.per_connection.max(OWN)
            );
            return Err(refuse(ResponseCode::SYSTEM_BUSY, text));
        }
        let taken = self.all.used.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |used| {
            let new = used.saturating_add(bytes);
            (new <= limits.total || mine <= OWN).then_some(new)
        });
        if taken.is_err() {
            let text = format!("the broker keeps at most {} bytes for all clients", limits.total);
            return Err(refuse(ResponseCode::SYSTEM_BUSY, text));
        }
        charge.counted = true;
        Ok(charge)
    }
}

/// Room that is taken in an account. Dropping it gives the room back.
#[derive(Debug)]
pub(crate) struct Charge {
    account: Arc<ConnectionAccount>,
    bytes: usize,
    /// Counted in the account of all connections, too.
    counted: bool,
}

impl Drop for Charge {
    fn drop(&mut self) {
        self.account.used.fetch_sub(self.bytes, Ordering::Relaxed);
        if self.counted {
            self.account.all.used.fetch_sub(self.bytes, Ordering::Relaxed);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Account, ClientStateLimits, OWN};

    #[test]
    fn a_connection_has_a_share_and_gets_back_what_is_dropped() {
        let all = Account::new(ClientStateLimits { total: 10 * OWN, per_connection: 2 * OWN });
        let one = all.of_connection();
        let half = one.charge(OWN).unwrap();
        let rest = one.charge(OWN).unwrap();
        let error = one.charge(1).unwrap_err().to_string();
        assert!(error.contains("of a connection"), "{error}");
        assert_eq!(all.used(), 2 * OWN, "a refused charge takes nothing");
        drop(half);
        let again = one.charge(OWN).unwrap();
        // Charges count until they are dropped, also after the connection's account.
        drop(one);
        assert_eq!(all.used(), 2 * OWN);
        drop((rest, again));
        assert_eq!(all.used(), 0);
    }

    #[test]
    fn when_the_total_is_used_up_each_connection_has_some_bytes_of_its_own() {
        let all = Account::new(ClientStateLimits { total: 4 * OWN, per_connection: 4 * OWN });
        let (greedy, modest) = (all.of_connection(), all.of_connection());
        let _taken = greedy.charge(4 * OWN).unwrap();
        let own = modest.charge(OWN).unwrap();
        let error = modest.charge(1).unwrap_err().to_string();
        assert!(error.contains("all clients"), "{error}");
        drop(own);
        modest.charge(OWN).unwrap();
    }
}
