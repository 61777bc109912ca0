//! The connections of a client.

mod connection;
mod dialer;
mod slots;

pub(super) use connection::PooledConnection;
pub(super) use dialer::Dialer;

use super::deadline::Deadline;
use super::{ConnectError, InvokeError};
use rocketmq_tower_core::channel::CallStage;
use rocketmq_tower_core::error::chain_text;
use rocketmq_tower_core::sync::lock;
use rocketmq_tower_core::{Addr, Channel};
use rocketmq_tower_layers::task::spawn;
use slots::{DialReceiver, DialResult, PoolSlot, PoolSlots};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, Weak};
use std::time::Duration;
use tokio::sync::watch;
use tokio::time::{Instant, timeout, timeout_at};

/// One connection for each address, opened by the first call. Calls to an address that is being
/// connected wait for the same attempt.
pub(super) struct ConnectionPool {
    dialer: Arc<dyn Dialer>,
    max: usize,
    dial_timeout: Duration,
    /// Whether new calls are refused.
    shutdown: AtomicBool,
    /// Whether calls that wait for a connection are refused, too.
    aborted: AtomicBool,
    slots: Mutex<PoolSlots>,
}

enum Lookup {
    Open(PooledConnection),
    Dialing(DialReceiver),
}

impl ConnectionPool {
    pub(super) fn new(dialer: Arc<dyn Dialer>, max: usize, dial_timeout: Duration) -> Arc<Self> {
        Arc::new(Self {
            dialer,
            max,
            dial_timeout,
            shutdown: AtomicBool::new(false),
            aborted: AtomicBool::new(false),
            slots: Mutex::default(),
        })
    }

    /// Returns the number of addresses that have a connection or an attempt to connect.
    pub(super) fn len(&self) -> usize {
        lock(&self.slots).len()
    }

    /// Returns the connection to `addr`. Waits for it until `by` or the deadline, whichever is
    /// earlier.
    pub(super) async fn get(
        self: &Arc<Self>,
        addr: &Addr,
        deadline: Deadline,
        by: Instant,
    ) -> Result<PooledConnection, InvokeError> {
        let mut receiver = match self.look_up(addr)? {
            Lookup::Open(connection) => return Ok(connection),
            Lookup::Dialing(receiver) => receiver,
        };
        let result =
            match timeout_at(by.min(deadline.at()), receiver.wait_for(Option::is_some)).await {
                Ok(Ok(result)) => result.clone(),
                // Stopped by `abort`, by the end of the runtime, or by a panic of the transport.
                Ok(Err(_)) => None,
                Err(_) => return Err(deadline.passed(addr, CallStage::Connection)),
            };
        if self.aborted.load(Ordering::Acquire) {
            return Err(InvokeError::ShutDown);
        }
        let stopped = || Arc::new(ConnectError::Transport("connecting was stopped".into()));
        result
            .unwrap_or_else(|| Err(stopped()))
            .map_err(|source| InvokeError::from_connect(addr, source))
    }

    /// Finds the connection to `addr`, or starts to connect.
    fn look_up(self: &Arc<Self>, addr: &Addr) -> Result<Lookup, InvokeError> {
        self.check()?;
        let mut slots = lock(&self.slots);
        match slots.get(addr) {
            Some(PoolSlot::Open(connection)) if connection.is_usable() => {
                return Ok(Lookup::Open(connection.clone()));
            }
            // If the sender was dropped, there will be no result.
            Some(PoolSlot::Dialing { receiver, .. }) if receiver.has_changed().is_ok() => {
                return Ok(Lookup::Dialing(receiver.clone()));
            }
            Some(_) => {}
            None if slots.len() >= self.max => {
                return Err(InvokeError::TooManyConnections { limit: self.max });
            }
            None => {}
        }
        let number = slots.next_dial();
        let (sender, receiver) = watch::channel(None);
        let (pool, dialer) = (Arc::downgrade(self), Arc::clone(&self.dialer));
        // In its own task, so that it goes on when the call that started it is dropped.
        let dialing = dial(pool, dialer, self.dial_timeout, addr.clone(), number, sender);
        let task = spawn("rocketmq dial", dialing).abort_handle();
        let slot = PoolSlot::Dialing { number, receiver: receiver.clone(), task };
        let old = slots.replace(addr.clone(), slot);
        drop(slots);
        drop(old);
        Ok(Lookup::Dialing(receiver))
    }

    /// Whether there is a connection to `addr` that calls can use.
    pub(super) fn is_connected(&self, addr: &Addr) -> bool {
        let slots = lock(&self.slots);
        matches!(slots.get(addr), Some(PoolSlot::Open(connection)) if connection.is_usable())
    }

    /// Removes the connection with this id.
    fn evict(&self, addr: &Addr, id: u64) {
        let slot = lock(&self.slots).remove_connection(addr, id);
        // Dropped after the lock: it may be the last handle of a connection.
        drop(slot);
    }

    /// Drains a connection: it closes when its calls have ended. New calls get a new connection.
    pub(super) fn retire(&self, addr: &Addr, channel: &Channel) {
        lock(&self.slots).add_retired(channel);
        self.evict(addr, channel.id());
        channel.drain();
    }

    /// Retires the connection to `addr`, if there is one.
    pub(super) fn leave(&self, addr: &Addr) {
        let slot = lock(&self.slots).remove(addr);
        if let Some(PoolSlot::Open(connection)) = slot {
            self.retire(addr, &connection.channel);
        }
    }

    /// Closes the connection to `addr`, or stops connecting.
    pub(super) fn close(&self, addr: &Addr, why: &'static str) {
        let slot = lock(&self.slots).remove(addr);
        match slot {
            Some(PoolSlot::Open(connection)) => connection.channel.close(why),
            Some(PoolSlot::Dialing { task, .. }) => task.abort(),
            None => {}
        }
    }

    /// Fails if the client was shut down.
    pub(super) fn check(&self) -> Result<(), InvokeError> {
        let ended = self.shutdown.load(Ordering::Relaxed);
        if ended { Err(InvokeError::ShutDown) } else { Ok(()) }
    }

    /// Refuses new calls. Calls that wait for a connection may still get one.
    pub(super) fn shutdown(&self) {
        self.shutdown.store(true, Ordering::Relaxed);
    }

    /// Drains all connections and returns their handles.
    pub(super) fn drain(&self) -> Vec<Channel> {
        let channels = lock(&self.slots).channels();
        channels.iter().for_each(Channel::drain);
        channels
    }

    /// Closes all connections and stops connecting.
    pub(super) fn abort(&self) {
        self.aborted.store(true, Ordering::Release);
        let mut slots = lock(&self.slots);
        let channels = slots.channels();
        let taken = slots.take();
        drop(slots);
        for slot in &taken {
            if let PoolSlot::Dialing { task, .. } = slot {
                task.abort();
            }
        }
        channels.iter().for_each(|channel| channel.close("the client was shut down"));
    }
}

/// Opens a connection, puts it into the pool unless the pool was dropped meanwhile, and sends it to
/// the calls that wait.
async fn dial(
    pool: Weak<ConnectionPool>,
    dialer: Arc<dyn Dialer>,
    limit: Duration,
    addr: Addr,
    number: u64,
    sender: watch::Sender<Option<DialResult>>,
) {
    let (evict_from, evict_addr) = (pool.clone(), addr.clone());
    let evict = Box::new(move |id| {
        if let Some(pool) = evict_from.upgrade() {
            pool.evict(&evict_addr, id);
        }
    });
    let result = match timeout(limit, dialer.dial(addr.clone(), evict)).await {
        Ok(result) => result.map(PooledConnection::new),
        Err(_) => Err(ConnectError::TransportTimeout(limit)),
    };
    if let Err(error) = &result {
        tracing::debug!(%addr, error = chain_text(error), "connecting failed");
    }
    let result = result.map_err(Arc::new);
    if let Some(pool) = pool.upgrade() {
        lock(&pool.slots).finish_dial(&addr, number, &result);
    }
    // An error means that no call waits for it.
    _ = sender.send(Some(result));
}
