//! The entries of a pool: all connections, and the attempts to connect.

use super::connection::PooledConnection;
use super::group::{Group, PoolSlot};
use crate::client::ConnectError;
use rocketmq_tower_core::{Addr, Channel};
use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::sync::Arc;
use tokio::sync::watch;

pub(super) type DialResult = Result<PooledConnection, Arc<ConnectError>>;

/// Receives the result of an attempt to connect, `None` until there is one.
pub(super) type DialReceiver = watch::Receiver<Option<DialResult>>;

/// The connections of a pool, and the attempts to connect.
#[derive(Default)]
pub(super) struct PoolSlots {
    /// No group is empty.
    by_addr: HashMap<Addr, Group>,
    /// The number of slots in all groups.
    len: usize,
    /// Connections that close when their calls have ended. Those that have ended are removed when
    /// another is added.
    retired: Vec<Channel>,
    dials: u64,
}

impl PoolSlots {
    /// Returns the number of connections and of attempts to connect.
    pub(super) fn len(&self) -> usize {
        self.len
    }

    pub(super) fn get(&self, addr: &Addr) -> Option<&Group> {
        self.by_addr.get(addr)
    }

    /// Returns the number of the newest open connection to `addr`, or 0.
    pub(super) fn newest(&self, addr: &Addr) -> u64 {
        let slots = self.get(addr).map_or(&[][..], Group::slots);
        let numbers = slots.iter().filter_map(PoolSlot::connection).map(PooledConnection::number);
        numbers.max().unwrap_or(0)
    }

    /// Returns a number for the next attempt to connect.
    pub(super) fn next_dial(&mut self) -> u64 {
        self.dials += 1;
        self.dials
    }

    pub(super) fn add(&mut self, addr: Addr, slot: PoolSlot) {
        self.by_addr.entry(addr).or_default().push(slot);
        self.len += 1;
    }

    /// Removes the slots of `addr` that are of no use. The caller drops them after releasing the
    /// lock: they may be the last handles of connections.
    #[must_use]
    pub(super) fn remove_useless(&mut self, addr: &Addr) -> Vec<PoolSlot> {
        let removed = self.remove_if(addr, |slot| !slot.is_useful());
        for slot in &removed {
            // The user may have drained it, and it may still have calls in flight.
            if let Some(connection) = slot.connection() {
                self.add_retired(&connection.channel);
            }
        }
        removed
    }

    #[must_use]
    pub(super) fn remove_all(&mut self, addr: &Addr) -> Vec<PoolSlot> {
        self.remove_if(addr, |_| true)
    }

    /// Removes the connection with this id, if it is a connection of `addr`.
    #[must_use]
    pub(super) fn remove_connection(&mut self, addr: &Addr, id: u64) -> Vec<PoolSlot> {
        self.remove_if(addr, |slot| slot.connection().is_some_and(|open| open.channel.id() == id))
    }

    /// Removes the connection with this id, which has ended.
    #[must_use]
    pub(super) fn remove_ended(&mut self, addr: &Addr, id: u64) -> Vec<PoolSlot> {
        let removed = self.remove_connection(addr, id);
        // If it was the last one, the next call connects at once.
        if let Some(group) = self.by_addr.get_mut(addr) {
            removed.iter().filter_map(PoolSlot::connection).for_each(|ended| group.ended(ended));
        }
        removed
    }

    fn remove_if(&mut self, addr: &Addr, remove: impl Fn(&PoolSlot) -> bool) -> Vec<PoolSlot> {
        let Some(group) = self.by_addr.get_mut(addr) else { return Vec::new() };
        let removed = group.remove_if(remove);
        self.len -= removed.len();
        if group.is_empty() {
            self.by_addr.remove(addr);
        }
        removed
    }

    /// Stores the result of attempt `number`, unless it was removed. The result of an attempt that
    /// was removed goes only to the calls that wait for it.
    pub(super) fn finish_dial(&mut self, addr: &Addr, number: u64, result: &DialResult) {
        let Entry::Occupied(mut group) = self.by_addr.entry(addr.clone()) else {
            return self.keep_unasked(result);
        };
        let Some(place) = group.get().dial(number) else { return self.keep_unasked(result) };
        match result {
            // A connection that has already ended would never be evicted.
            Ok(connection) if connection.is_usable() => {
                group.get_mut().opened(place, connection.clone());
            }
            _ => {
                group.get_mut().failed(place);
                self.len -= 1;
                if group.get().is_empty() {
                    group.remove();
                }
            }
        }
    }

    /// Remembers the connection of an attempt that was removed.
    fn keep_unasked(&mut self, result: &DialResult) {
        if let Ok(connection) = result {
            self.add_retired(&connection.channel);
        }
    }

    /// Remembers a connection that gets no new calls.
    pub(super) fn add_retired(&mut self, channel: &Channel) {
        self.retired.retain(|retired| !retired.is_closed());
        self.retired.push(channel.observer());
    }

    /// Returns the handles of all connections.
    pub(super) fn channels(&self) -> Vec<Channel> {
        let slots = self.by_addr.values().flat_map(Group::slots);
        let open = slots.filter_map(PoolSlot::connection).map(|open| open.channel.clone());
        open.chain(self.retired.iter().cloned()).collect()
    }

    /// Empties all slots.
    pub(super) fn take(&mut self) -> Vec<PoolSlot> {
        self.len = 0;
        std::mem::take(&mut self.by_addr).into_values().flat_map(Group::into_slots).collect()
    }
}
