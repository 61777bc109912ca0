//! The connections to one address.

use super::connection::PooledConnection;
use super::slots::DialReceiver;
use crate::client::backoff::Backoff;
use std::time::Duration;
use tokio::task::AbortHandle;

/// A connection, or an attempt to connect.
pub(super) enum PoolSlot {
    Dialing { number: u64, receiver: DialReceiver, task: AbortHandle },
    Open(PooledConnection),
}

impl PoolSlot {
    pub(super) fn connection(&self) -> Option<&PooledConnection> {
        match self {
            Self::Open(connection) => Some(connection),
            Self::Dialing { .. } => None,
        }
    }

    pub(super) fn is_useful(&self) -> bool {
        match self {
            Self::Open(connection) => connection.is_usable(),
            // If the sender was dropped, there will be no result.
            Self::Dialing { receiver, .. } => receiver.has_changed().is_ok(),
        }
    }
}

/// The connections to one address, and the attempts to connect to it.
#[derive(Default)]
pub(super) struct Group {
    slots: Vec<PoolSlot>,
    /// The pauses between attempts to make a further connection, after one of them failed.
    backoff: Option<Backoff>,
}

/// The first pause after a further connection could not be made, and the longest.
const PAUSES: (Duration, Duration) = (Duration::from_millis(100), Duration::from_secs(60));

impl Group {
    pub(super) fn slots(&self) -> &[PoolSlot] {
        &self.slots
    }

    pub(super) fn into_slots(self) -> Vec<PoolSlot> {
        self.slots
    }

    pub(super) fn is_empty(&self) -> bool {
        self.slots.is_empty()
    }

    pub(super) fn push(&mut self, slot: PoolSlot) {
        self.slots.push(slot);
    }

    /// Removes these slots, and returns them.
    pub(super) fn remove_if(&mut self, remove: impl Fn(&PoolSlot) -> bool) -> Vec<PoolSlot> {
        let (removed, left) = self.slots.drain(..).partition(remove);
        self.slots = left;
        removed
    }

    /// Returns the open connection with the fewest calls in flight, and how many it has. Of several,
    /// returns the one that was opened first, so that without load the others become idle. Where at
    /// most one connection is allowed, its calls are not counted.
    pub(super) fn least_busy(&self, max: usize) -> Option<(&PooledConnection, usize)> {
        let open = self.slots.iter().filter_map(|slot| match slot {
            PoolSlot::Open(connection) if connection.is_usable() => {
                Some((connection, if max > 1 { connection.channel.calls() } else { 0 }))
            }
            _ => None,
        });
        open.min_by_key(|(_, calls)| *calls)
    }

    /// Returns an attempt to connect that a call can wait for.
    pub(super) fn dialing(&self) -> Option<&DialReceiver> {
        self.slots.iter().find_map(|slot| match slot {
            PoolSlot::Dialing { receiver, .. } if slot.is_useful() => Some(receiver),
            _ => None,
        })
    }

    /// Whether a further connection may be made now, of at most `max`.
    pub(super) fn may_grow(&self, max: usize) -> bool {
        self.slots.iter().filter(|slot| slot.is_useful()).count() < max
            && self.backoff.as_ref().is_none_or(|backoff| backoff.until().is_none())
    }

    /// Returns the place of attempt `number`.
    pub(super) fn dial(&self, number: u64) -> Option<usize> {
        let is_it =
            |slot: &PoolSlot| matches!(slot, PoolSlot::Dialing { number: n, .. } if *n == number);
        self.slots.iter().position(is_it)
    }

    /// Replaces an attempt with its connection.
    pub(super) fn opened(&mut self, place: usize, connection: PooledConnection) {
        self.slots[place] = PoolSlot::Open(connection);
    }

    /// Removes an attempt that made no connection.
    pub(super) fn failed(&mut self, place: usize) {
        self.slots.remove(place);
        self.pause();
    }

    /// Takes note of how a connection ended. One that ends at once, before its first
    /// response, counts as a failure, so that a server which closes further connections is not
    /// dialled in a loop.
    pub(super) fn ended(&mut self, connection: &PooledConnection) {
        if connection.was_of_use() {
            self.backoff = None;
        } else {
            self.pause();
        }
    }

    fn pause(&mut self) {
        self.backoff.get_or_insert_with(|| Backoff::new(PAUSES)).failed();
    }
}
