//! The brokers behind the gateway: their addresses inside, and those at which clients reach them.

mod book;
mod ports;

pub(crate) use book::{AddressBook, Change};
pub(crate) use ports::Ports;

use rocketmq_tower_core::Addr;
use rocketmq_tower_core::sync::lock;
use std::fmt;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicU8, Ordering};
use std::sync::{Arc, Mutex};

/// Names a broker: an upstream cluster of the settings, the broker's name, and its id, which is 0 for the master.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct BrokerId {
    pub(crate) upstream: Arc<str>,
    pub(crate) name: Arc<str>,
    pub(crate) id: i64,
}

impl BrokerId {
    /// Returns a hash that is the same in every process.
    fn hash(&self) -> u32 {
        crc32fast::hash(format!("{}\0{}\0{}", self.upstream, self.name, self.id).as_bytes())
    }
}

impl fmt::Display for BrokerId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.name, self.id)
    }
}

/// A broker that has a port of the gateway.
#[derive(Debug)]
pub(crate) struct Broker {
    pub(crate) id: BrokerId,
    /// The address for clients, `host:port`.
    pub(crate) advertised: String,
    /// The same with an IP address, for the ids of messages.
    pub(crate) outside: SocketAddr,
    inside: Mutex<Inside>,
    /// How the last attempt to connect to it went: one of the constants below.
    reached: AtomicU8,
}

const UNKNOWN: u8 = 0;
const REACHED: u8 = 1;
const UNREACHABLE: u8 = 2;

/// The address of a broker in its cluster.
#[derive(Clone, Debug)]
struct Inside {
    text: Arc<str>,
    /// `None` if it is a host name.
    socket: Option<SocketAddr>,
}

impl Broker {
    pub(crate) fn new(id: BrokerId, advertised: String, outside: SocketAddr, addr: &str) -> Self {
        let (inside, reached) = (Mutex::new(Inside::new(addr)), AtomicU8::new(UNKNOWN));
        Self { id, advertised, outside, inside, reached }
    }

    /// Returns the address in the cluster.
    pub(crate) fn addr(&self) -> Addr {
        (&*lock(&self.inside).text).into()
    }

    pub(crate) fn addr_text(&self) -> Arc<str> {
        Arc::clone(&lock(&self.inside).text)
    }

    /// Returns the address in the cluster, unless it is a host name.
    pub(crate) fn inside(&self) -> Option<SocketAddr> {
        lock(&self.inside).socket
    }

    /// Notes whether a connection to it could be opened; `None` if one that was open has ended.
    pub(crate) fn note_reached(&self, reached: Option<bool>) {
        let value = reached.map_or(UNKNOWN, |reached| if reached { REACHED } else { UNREACHABLE });
        self.reached.store(value, Ordering::Relaxed);
    }

    /// Returns what was noted last.
    pub(crate) fn reached(&self) -> Option<bool> {
        match self.reached.load(Ordering::Relaxed) {
            UNKNOWN => None,
            value => Some(value == REACHED),
        }
    }

    fn move_to(&self, addr: &str) {
        *lock(&self.inside) = Inside::new(addr);
        self.note_reached(None);
    }
}

impl Inside {
    fn new(addr: &str) -> Self {
        Self { text: addr.into(), socket: addr.parse().ok() }
    }
}
