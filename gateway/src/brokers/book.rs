//! The table of the brokers of one upstream cluster.

use super::{Broker, BrokerId};
use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::{Arc, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

/// The brokers of one upstream cluster that have a port, by all that answers may call them.
///
/// A broker that leaves the cluster stays in the table, with its port: it may come back. So the table has at most as many brokers as there
/// are ports for them. An address that a broker has left is forgotten when another broker takes it.
#[derive(Debug)]
pub(crate) struct AddressBook {
    tables: RwLock<Tables>,
    slaves: bool,
}

#[derive(Debug, Default)]
struct Tables {
    by_id: HashMap<BrokerId, Arc<Broker>>,
    by_text: HashMap<Arc<str>, Arc<Broker>>,
    by_inside: HashMap<SocketAddr, Arc<Broker>>,
    by_outside: HashMap<SocketAddr, Arc<Broker>>,
}

/// The difference between the table and what a name server says about a broker.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Change {
    None,
    /// The broker has another address now.
    Moved,
    New,
}

impl AddressBook {
    /// Creates an empty table, of masters only or also of slaves.
    pub(crate) fn new(slaves: bool) -> Self {
        Self { tables: RwLock::default(), slaves }
    }

    /// Whether clients are told slaves.
    pub(crate) fn has_slaves(&self) -> bool {
        self.slaves
    }

    fn read(&self) -> RwLockReadGuard<'_, Tables> {
        self.tables.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn write(&self) -> RwLockWriteGuard<'_, Tables> {
        self.tables.write().unwrap_or_else(PoisonError::into_inner)
    }

    /// Compares what a name server says with the table.
    pub(crate) fn compare(&self, id: &BrokerId, addr: &str) -> Change {
        match self.read().by_id.get(id) {
            Some(broker) if &*broker.addr_text() == addr => Change::None,
            Some(_) => Change::Moved,
            None => Change::New,
        }
    }

    /// Adds a broker.
    pub(crate) fn add(&self, broker: Arc<Broker>) {
        let mut tables = self.write();
        tables.by_id.insert(broker.id.clone(), Arc::clone(&broker));
        tables.by_outside.insert(broker.outside, Arc::clone(&broker));
        tables.name(broker);
    }

    /// Gives a broker another address. Returns the broker.
    pub(crate) fn move_to(&self, id: &BrokerId, addr: &str) -> Option<Arc<Broker>> {
        let mut tables = self.write();
        let broker = Arc::clone(tables.by_id.get(id)?);
        broker.move_to(addr);
        tables.name(Arc::clone(&broker));
        Some(broker)
    }

    /// Returns the address for clients of the broker with this address in the cluster, `host:port`.
    pub(crate) fn advertised(&self, inside: &str) -> Option<Arc<Broker>> {
        self.read().by_text.get(inside).cloned()
    }

    /// Returns the address for clients of the broker that has or had this address in the cluster.
    pub(crate) fn outside(&self, inside: SocketAddr) -> Option<SocketAddr> {
        self.read().by_inside.get(&inside).map(|broker| broker.outside)
    }

    /// Returns the address in the cluster of the broker that clients reach at this one.
    pub(crate) fn inside(&self, outside: SocketAddr) -> Option<SocketAddr> {
        self.read().by_outside.get(&outside).and_then(|broker| broker.inside())
    }

    /// Returns all brokers, in the order of their names and ids.
    pub(crate) fn brokers(&self) -> Vec<Arc<Broker>> {
        let mut brokers: Vec<_> = self.read().by_id.values().cloned().collect();
        brokers.sort_by(|a, b| a.id.cmp(&b.id));
        brokers
    }
}

impl Tables {
    /// Records the address that the broker has now.
    fn name(&mut self, broker: Arc<Broker>) {
        if let Some(inside) = broker.inside() {
            self.by_inside.insert(inside, Arc::clone(&broker));
        }
        self.by_text.insert(broker.addr_text(), broker);
    }
}
