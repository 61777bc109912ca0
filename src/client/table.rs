//! The connections of a client.

use super::dial::Dialer;
use super::{ConnectError, Deadline, InvokeError};
use rocketmq_tower_core::connection::CallStage;
use rocketmq_tower_core::error::chain_text;
use rocketmq_tower_core::{Addr, Channel};
use std::collections::HashMap;
use std::collections::hash_map::Entry as Place;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::Duration;
use tokio::sync::watch;
use tokio::time::{Instant, timeout, timeout_at};

/// A connection to an address, which its clones keep open.
#[derive(Clone, Debug)]
pub(super) struct Connection {
    pub(super) channel: Channel,
    answers: Arc<AtomicU64>,
}

impl Connection {
    fn new(channel: Channel) -> Self {
        Self { channel, answers: Arc::default() }
    }

    pub(super) fn is_usable(&self) -> bool {
        !self.channel.is_closed() && !self.channel.is_draining()
    }

    /// How many calls over it were answered: whether it is alive.
    pub(super) fn answers(&self) -> u64 {
        self.answers.load(Ordering::Relaxed)
    }

    pub(super) fn answered(&self) {
        self.answers.fetch_add(1, Ordering::Relaxed);
    }
}

type Dialed = Result<Connection, Arc<ConnectError>>;

/// Who dials tells those who wait for it.
type Dialing = watch::Receiver<Option<Dialed>>;

/// One connection for each address, made when it is needed. Who needs one that is being made waits
/// with the others.
pub(super) struct Table {
    dialer: Arc<dyn Dialer>,
    max: usize,
    dial_timeout: Duration,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    entries: HashMap<Addr, Entry>,
    shut_down: bool,
    /// Not even those that were waiting get a connection any more.
    cut: bool,
    dials: u64,
}

enum Entry {
    Dialing { number: u64, dialing: Dialing },
    Open(Connection),
}

/// What there is for an address.
enum Found {
    Open(Connection),
    Dialing(Dialing),
}

impl Table {
    pub(super) fn new(dialer: Arc<dyn Dialer>, max: usize, dial_timeout: Duration) -> Arc<Self> {
        Arc::new(Self { dialer, max, dial_timeout, state: Mutex::default() })
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// How many addresses there are that have, or will have, a connection.
    pub(super) fn len(&self) -> usize {
        self.lock().entries.len()
    }

    /// The connection to `addr`. Waits for it until `by`, or until the call is over.
    pub(super) async fn get(
        self: &Arc<Self>,
        addr: &Addr,
        deadline: Deadline,
        by: Instant,
    ) -> Result<Connection, InvokeError> {
        let mut dialing = match self.find(addr)? {
            Found::Open(connection) => return Ok(connection),
            Found::Dialing(dialing) => dialing,
        };
        let dialed =
            match timeout_at(by.min(deadline.at()), dialing.wait_for(Option::is_some)).await {
                Ok(Ok(dialed)) => dialed.clone(),
                Ok(Err(_)) => None,
                Err(_) => return Err(deadline.passed(addr, CallStage::Connection)),
            };
        if self.lock().cut {
            return Err(InvokeError::ShutDown);
        }
        dialed
            .unwrap_or_else(|| Err(Arc::new(stopped())))
            .map_err(|source| InvokeError::Connect { addr: addr.clone(), source })
    }

    fn find(self: &Arc<Self>, addr: &Addr) -> Result<Found, InvokeError> {
        let mut state = self.lock();
        if state.shut_down {
            return Err(InvokeError::ShutDown);
        }
        match state.entries.get(addr) {
            Some(Entry::Open(connection)) if connection.is_usable() => {
                return Ok(Found::Open(connection.clone()));
            }
            // Without a sender, there will be no result.
            Some(Entry::Dialing { dialing, .. }) if dialing.has_changed().is_ok() => {
                return Ok(Found::Dialing(dialing.clone()));
            }
            Some(_) => {}
            None if state.entries.len() >= self.max => {
                return Err(InvokeError::TooManyConnections { limit: self.max });
            }
            None => {}
        }
        state.dials += 1;
        let (number, (done, dialing)) = (state.dials, watch::channel(None));
        let entry = Entry::Dialing { number, dialing: dialing.clone() };
        let old = state.entries.insert(addr.clone(), entry);
        drop(state);
        // Not under the lock: it may be the last handle of a connection.
        drop(old);
        let table = Arc::downgrade(self);
        let (dialer, limit) = (Arc::clone(&self.dialer), self.dial_timeout);
        let dial = Dial { table, dialer, limit, addr: addr.clone(), number };
        // In a task of its own: it goes on when the caller that needed it first gives up.
        tokio::spawn(dial.run(done));
        Ok(Found::Dialing(dialing))
    }

    /// Takes note of how dialling ended.
    fn dialed(&self, addr: &Addr, number: u64, dialed: &Dialed) {
        let mut state = self.lock();
        let Place::Occupied(mut place) = state.entries.entry(addr.clone()) else { return };
        if !matches!(place.get(), Entry::Dialing { number: latest, .. } if *latest == number) {
            return;
        }
        match dialed {
            // One that has ended already will not be evicted again.
            Ok(connection) if connection.is_usable() => {
                place.insert(Entry::Open(connection.clone()));
            }
            _ => {
                place.remove();
            }
        }
    }

    /// Forgets the connection with this number.
    fn evict(&self, addr: &Addr, id: u64) {
        let mut state = self.lock();
        let entry = state.entries.get(addr);
        if matches!(entry, Some(Entry::Open(connection)) if connection.channel.id() == id) {
            let entry = state.entries.remove(addr);
            drop(state);
            drop(entry);
        }
    }

    /// Lets a connection end when what is under way on it is done; new calls get a fresh one.
    pub(super) fn retire(&self, addr: &Addr, channel: &Channel) {
        self.evict(addr, channel.id());
        channel.drain();
    }

    /// Takes the connection to `addr` out of the table, if there is one.
    pub(super) fn remove(&self, addr: &Addr) -> Option<Channel> {
        let entry = self.lock().entries.remove(addr);
        match entry {
            Some(Entry::Open(connection)) => Some(connection.channel),
            _ => None,
        }
    }

    /// Gives no connection to calls that wait for one either.
    pub(super) fn cut(&self) {
        self.lock().cut = true;
    }

    /// Takes no calls any more, and drains all connections.
    pub(super) fn shut_down(&self) -> Vec<Channel> {
        let mut state = self.lock();
        state.shut_down = true;
        let entries = std::mem::take(&mut state.entries);
        drop(state);
        let channels = entries.into_values().filter_map(|entry| match entry {
            Entry::Open(connection) => Some(connection.channel),
            Entry::Dialing { .. } => None,
        });
        channels.inspect(Channel::drain).collect()
    }
}

/// The error of those who wait for a dial that was stopped: the runtime ends, or it panicked.
fn stopped() -> ConnectError {
    ConnectError::Transport("connecting was stopped".into())
}

/// A connection to be.
struct Dial {
    table: Weak<Table>,
    dialer: Arc<dyn Dialer>,
    limit: Duration,
    addr: Addr,
    number: u64,
}

impl Dial {
    /// Makes the connection and puts it into the table, unless the client is gone by then.
    async fn run(self, done: watch::Sender<Option<Dialed>>) {
        let (table, addr) = (self.table.clone(), self.addr.clone());
        let evict = Box::new(move |id| {
            if let Some(table) = table.upgrade() {
                table.evict(&addr, id);
            }
        });
        let dialed = match timeout(self.limit, self.dialer.dial(self.addr.clone(), evict)).await {
            Ok(dialed) => dialed.map(Connection::new),
            Err(_) => Err(ConnectError::TransportTimeout(self.limit)),
        };
        if let Err(error) = &dialed {
            tracing::debug!(addr = %self.addr, error = chain_text(error), "no connection");
        }
        let dialed = dialed.map_err(Arc::new);
        if let Some(table) = self.table.upgrade() {
            table.dialed(&self.addr, self.number, &dialed);
        }
        // An error means that nobody waits any more.
        _ = done.send(Some(dialed));
    }
}
