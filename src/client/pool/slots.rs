//! The entries of a pool, one for each address.

use super::connection::PooledConnection;
use crate::client::ConnectError;
use rocketmq_tower_core::{Addr, Channel};
use std::collections::HashMap;
use std::sync::Arc;
use tokio::sync::watch;
use tokio::task::AbortHandle;

pub(super) type DialResult = Result<PooledConnection, Arc<ConnectError>>;

/// Receives the result of an attempt to connect, `None` until there is one.
pub(super) type DialReceiver = watch::Receiver<Option<DialResult>>;

/// The connections of a pool, and the attempts to connect.
#[derive(Default)]
pub(super) struct PoolSlots {
    by_addr: HashMap<Addr, PoolSlot>,
    /// Connections that close when their calls have ended. Those that have ended are removed when
    /// another is added.
    retired: Vec<Channel>,
    dials: u64,
}

pub(super) enum PoolSlot {
    Dialing { number: u64, receiver: DialReceiver, task: AbortHandle },
    Open(PooledConnection),
}

impl PoolSlots {
    /// Returns the number of addresses that have a connection or an attempt to connect.
    pub(super) fn len(&self) -> usize {
        self.by_addr.len()
    }

    pub(super) fn get(&self, addr: &Addr) -> Option<&PoolSlot> {
        self.by_addr.get(addr)
    }

    /// Returns a number for the next attempt to connect.
    pub(super) fn next_dial(&mut self) -> u64 {
        self.dials += 1;
        self.dials
    }

    /// Replaces the slot of `addr`. The caller drops the old slot after releasing the lock: it may
    /// be the last handle of a connection.
    #[must_use]
    pub(super) fn replace(&mut self, addr: Addr, slot: PoolSlot) -> Option<PoolSlot> {
        let old = self.by_addr.insert(addr, slot);
        // The user may have drained it, and it may still have calls in flight.
        if let Some(PoolSlot::Open(old)) = &old {
            self.add_retired(&old.channel);
        }
        old
    }

    #[must_use]
    pub(super) fn remove(&mut self, addr: &Addr) -> Option<PoolSlot> {
        self.by_addr.remove(addr)
    }

    /// Removes the connection with this id, if it is the connection of `addr`.
    #[must_use]
    pub(super) fn remove_connection(&mut self, addr: &Addr, id: u64) -> Option<PoolSlot> {
        match self.get(addr) {
            Some(PoolSlot::Open(connection)) if connection.channel.id() == id => self.remove(addr),
            _ => None,
        }
    }

    /// Stores the result of attempt `number`, unless a newer attempt has replaced it. The result of
    /// a replaced attempt goes only to the calls that wait for it.
    pub(super) fn finish_dial(&mut self, addr: &Addr, number: u64, result: &DialResult) {
        let is_current =
            matches!(self.get(addr), Some(PoolSlot::Dialing { number: n, .. }) if *n == number);
        match result {
            Ok(connection) if !is_current => self.add_retired(&connection.channel),
            // A connection that has already ended would never be evicted.
            Ok(connection) if connection.is_usable() => {
                self.by_addr.insert(addr.clone(), PoolSlot::Open(connection.clone()));
            }
            _ if is_current => _ = self.by_addr.remove(addr),
            _ => {}
        }
    }

    /// Remembers a connection that gets no new calls.
    pub(super) fn add_retired(&mut self, channel: &Channel) {
        self.retired.retain(|retired| !retired.is_closed());
        self.retired.push(channel.observer());
    }

    /// Returns the handles of all connections.
    pub(super) fn channels(&self) -> Vec<Channel> {
        let open = self.by_addr.values().filter_map(|slot| match slot {
            PoolSlot::Open(connection) => Some(connection.channel.clone()),
            PoolSlot::Dialing { .. } => None,
        });
        open.chain(self.retired.iter().cloned()).collect()
    }

    /// Empties all slots.
    pub(super) fn take(&mut self) -> Vec<PoolSlot> {
        std::mem::take(&mut self.by_addr).into_values().collect()
    }
}
