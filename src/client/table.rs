//! The connections of a client.

use super::connection::Connection;
use super::dial::{Dial, Dialer};
use super::{ConnectError, Deadline, InvokeError};
use rocketmq_tower_core::channel::CallStage;
use rocketmq_tower_core::{Addr, Channel};
use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::sync::watch;
use tokio::task::AbortHandle;
use tokio::time::{Instant, timeout_at};

pub(super) type Dialed = Result<Connection, Arc<ConnectError>>;

/// Who dials tells those who wait for it.
type Dialing = watch::Receiver<Option<Dialed>>;

/// One connection for each address, made when it is needed. Who needs one that is being made waits
/// with the others.
pub(super) struct Table {
    dialer: Arc<dyn Dialer>,
    max: usize,
    dial_timeout: Duration,
    shutdown: AtomicBool,
    /// Not even those that wait for a connection get one any more.
    cut: AtomicBool,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    entries: HashMap<Addr, Entry>,
    /// Connections that end when what is under way on them is done. Those that have ended are
    /// thrown out when another comes.
    retired: Vec<Channel>,
    dials: u64,
}

enum Entry {
    Dialing { number: u64, dialing: Dialing, task: AbortHandle },
    Open(Connection),
}

/// What there is for an address.
enum Found {
    Open(Connection),
    Dialing(Dialing),
}

impl Table {
    pub(super) fn new(dialer: Arc<dyn Dialer>, max: usize, dial_timeout: Duration) -> Arc<Self> {
        Arc::new(Self {
            dialer,
            max,
            dial_timeout,
            shutdown: AtomicBool::new(false),
            cut: AtomicBool::new(false),
            state: Mutex::default(),
        })
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
                // Stopped: by `cut`, by the end of the runtime, by a panic of the transport.
                Ok(Err(_)) => None,
                Err(_) => return Err(deadline.passed(addr, CallStage::Connection)),
            };
        if self.cut.load(Ordering::Acquire) {
            return Err(InvokeError::ShutDown);
        }
        let Some(dialed) = dialed else {
            let source = Arc::new(ConnectError::Transport("connecting was stopped".into()));
            return Err(InvokeError::Connect { addr: addr.clone(), source });
        };
        dialed.map_err(|source| InvokeError::Connect { addr: addr.clone(), source })
    }

    fn find(self: &Arc<Self>, addr: &Addr) -> Result<Found, InvokeError> {
        self.check()?;
        let mut state = self.lock();
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
        let table = Arc::downgrade(self);
        let (dialer, limit) = (Arc::clone(&self.dialer), self.dial_timeout);
        let dial = Dial { table, dialer, limit, addr: addr.clone(), number };
        // In a task of its own: it goes on when the caller that needed it first gives up.
        let task = tokio::spawn(dial.run(done)).abort_handle();
        let entry = Entry::Dialing { number, dialing: dialing.clone(), task };
        let old = state.entries.insert(addr.clone(), entry);
        // It may have been drained by hand, and still have calls under way.
        if let Some(Entry::Open(old)) = &old {
            state.retired(&old.channel);
        }
        drop(state);
        // Not under the lock: it may be the last handle of a connection.
        drop(old);
        Ok(Found::Dialing(dialing))
    }

    /// Takes note of how dialling ended.
    pub(super) fn dialed(&self, addr: &Addr, number: u64, dialed: &Dialed) {
        let mut state = self.lock();
        let current = state.entries.get(addr);
        if !matches!(current, Some(Entry::Dialing { number: latest, .. }) if *latest == number) {
            // It is for those who wait for it, and nobody else.
            if let Ok(connection) = dialed {
                state.retired(&connection.channel);
            }
            return;
        }
        match dialed {
            // One that has ended already will not be evicted again.
            Ok(connection) if connection.is_usable() => {
                state.entries.insert(addr.clone(), Entry::Open(connection.clone()));
            }
            _ => _ = state.entries.remove(addr),
        }
    }

    /// Forgets the connection with this number.
    pub(super) fn evict(&self, addr: &Addr, id: u64) {
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
        self.lock().retired(channel);
        self.evict(addr, channel.id());
        channel.drain();
    }

    /// Lets the connection to `addr` end in this way, if there is one.
    pub(super) fn leave(&self, addr: &Addr) {
        let entry = self.lock().entries.remove(addr);
        if let Some(Entry::Open(connection)) = entry {
            self.retire(addr, &connection.channel);
        }
    }

    /// Closes the connection to `addr`, or stops dialling.
    pub(super) fn close(&self, addr: &Addr, why: &'static str) {
        let entry = self.lock().entries.remove(addr);
        match entry {
            Some(Entry::Open(connection)) => connection.channel.close(why),
            Some(Entry::Dialing { task, .. }) => task.abort(),
            None => {}
        }
    }

    /// Fails once the client was shut down.
    pub(super) fn check(&self) -> Result<(), InvokeError> {
        let ended = self.shutdown.load(Ordering::Relaxed);
        if ended { Err(InvokeError::ShutDown) } else { Ok(()) }
    }

    /// Takes no calls any more. Those that wait for a connection may still get it.
    pub(super) fn shutdown(&self) {
        self.shutdown.store(true, Ordering::Relaxed);
    }

    /// Drains all connections.
    pub(super) fn drain(&self) -> Vec<Channel> {
        let channels = self.lock().channels();
        channels.iter().for_each(Channel::drain);
        channels
    }

    /// Closes all connections and stops dialling.
    pub(super) fn cut(&self) {
        self.cut.store(true, Ordering::Release);
        let mut state = self.lock();
        let channels = state.channels();
        let entries = std::mem::take(&mut state.entries);
        drop(state);
        for entry in entries.values() {
            if let Entry::Dialing { task, .. } = entry {
                task.abort();
            }
        }
        channels.iter().for_each(|channel| channel.close("the client was shut down"));
    }
}

impl State {
    /// Takes note of a connection that others do not use any more.
    fn retired(&mut self, channel: &Channel) {
        self.retired.retain(|retired| !retired.is_closed());
        self.retired.push(channel.observer());
    }

    /// The handles of all connections.
    fn channels(&self) -> Vec<Channel> {
        let open = self.entries.values().filter_map(|entry| match entry {
            Entry::Open(connection) => Some(connection.channel.clone()),
            Entry::Dialing { .. } => None,
        });
        open.chain(self.retired.iter().cloned()).collect()
    }
}
