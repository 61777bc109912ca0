//! The connections of a client.

mod connection;
mod dialer;
mod group;
mod slots;

pub(super) use connection::PooledConnection;
pub(super) use dialer::Dialer;

use super::deadline::Deadline;
use super::transport::dialing_until;
use super::{ConnectError, InvokeError};
use group::PoolSlot;
use rocketmq_tower_core::channel::CallStage;
use rocketmq_tower_core::error::chain_text;
use rocketmq_tower_core::sync::lock;
use rocketmq_tower_core::{Addr, Channel};
use rocketmq_tower_layers::task::spawn;
use slots::{DialReceiver, DialResult, PoolSlots};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, Weak};
use std::time::Duration;
use tokio::sync::watch;
use tokio::time::{Instant, timeout_at};

/// Up to a number of connections for each address, the first opened by the first call. Calls to an
/// address that is being connected wait for the same attempt.
pub(super) struct ConnectionPool {
    dialer: Arc<dyn Dialer>,
    bounds: PoolBounds,
    /// Whether new calls are refused.
    shutdown: AtomicBool,
    /// Whether calls that wait for a connection are refused, too.
    aborted: AtomicBool,
    slots: Mutex<PoolSlots>,
}

/// The limits of a pool.
#[derive(Clone, Copy, Debug)]
pub(super) struct PoolBounds {
    /// The maximum number of connections.
    pub(super) connections: usize,
    /// The maximum number of connections to one address, at least 1.
    pub(super) per_address: usize,
    pub(super) dial_timeout: Duration,
}

enum Lookup {
    Open(PooledConnection),
    Dialing(DialReceiver),
}

impl ConnectionPool {
    pub(super) fn new(dialer: Arc<dyn Dialer>, bounds: PoolBounds) -> Arc<Self> {
        Arc::new(Self {
            dialer,
            bounds,
            shutdown: AtomicBool::new(false),
            aborted: AtomicBool::new(false),
            slots: Mutex::default(),
        })
    }

    /// Returns the number of connections and of attempts to connect.
    pub(super) fn len(&self) -> usize {
        lock(&self.slots).len()
    }

    /// Whether there is an open connection to `addr`.
    pub(super) fn is_open(&self, addr: &Addr) -> bool {
        lock(&self.slots).get(addr).is_some_and(|group| group.least_busy(1).is_some())
    }

    /// Returns the connection to `addr` with the fewest calls. If there is none, waits for one until
    /// `by` or the deadline, whichever is earlier.
    pub(super) async fn get(
        self: &Arc<Self>,
        addr: &Addr,
        deadline: Deadline,
        by: Instant,
    ) -> Result<PooledConnection, InvokeError> {
        let mut lookup = self.look_up(addr)?;
        loop {
            let mut receiver = match lookup {
                Lookup::Open(connection) => return Ok(connection),
                Lookup::Dialing(receiver) => receiver,
            };
            let waiting = receiver.wait_for(Option::is_some);
            let result = match timeout_at(by.min(deadline.at()), waiting).await {
                Ok(Ok(result)) => result.clone(),
                // Stopped by `abort`, by the end of the runtime, or by a panic of the transport.
                Ok(Err(_)) => None,
                Err(_) => return Err(deadline.passed(addr, CallStage::Connection)),
            };
            if self.aborted.load(Ordering::Acquire) {
                return Err(InvokeError::ShutDown);
            }
            lookup = match result {
                Some(Ok(connection)) => return Ok(connection),
                Some(Err(source)) => match self.look_for_others(addr) {
                    Some(other) => other,
                    None => return Err(InvokeError::from_connect(addr, source)),
                },
                None => {
                    let source = ConnectError::Transport("connecting was stopped".into());
                    return Err(InvokeError::from_connect(addr, source.into()));
                }
            };
        }
    }

    /// Finds the connection to `addr` with the fewest calls, or an attempt to connect; or starts one.
    /// If all open connections are busy, starts to make a further one, and does not wait for it.
    fn look_up(self: &Arc<Self>, addr: &Addr) -> Result<Lookup, InvokeError> {
        self.check()?;
        let PoolBounds { connections: max, per_address, .. } = self.bounds;
        let slots = lock(&self.slots);
        if let Some(group) = slots.get(addr) {
            if let Some((connection, calls)) = group.least_busy(per_address) {
                let connection = connection.clone();
                if calls > 0 && slots.len() < max && group.may_grow(per_address) {
                    // Without it, the call has this one.
                    _ = self.start_dial(slots, addr, max);
                }
                return Ok(Lookup::Open(connection));
            }
            if let Some(receiver) = group.dialing() {
                return Ok(Lookup::Dialing(receiver.clone()));
            }
        }
        self.start_dial(slots, addr, max).map(Lookup::Dialing)
    }

    /// Finds another connection to `addr`, or another attempt, after one has failed.
    fn look_for_others(&self, addr: &Addr) -> Option<Lookup> {
        let slots = lock(&self.slots);
        let group = slots.get(addr)?;
        let open = group.least_busy(self.bounds.per_address);
        let open = open.map(|(connection, _)| Lookup::Open(connection.clone()));
        open.or_else(|| group.dialing().cloned().map(Lookup::Dialing))
    }

    /// Starts to connect to `addr`, unless there are `max` connections.
    fn start_dial(
        self: &Arc<Self>,
        mut slots: MutexGuard<'_, PoolSlots>,
        addr: &Addr,
        max: usize,
    ) -> Result<DialReceiver, InvokeError> {
        let useless = slots.remove_useless(addr);
        if slots.len() >= max {
            drop(slots);
            drop(useless);
            return Err(InvokeError::TooManyConnections { limit: max });
        }
        let number = slots.next_dial();
        let (sender, receiver) = watch::channel(None);
        let (pool, dialer) = (Arc::downgrade(self), Arc::clone(&self.dialer));
        // In its own task, so that it goes on when the call that started it is dropped.
        let dialing = dial(pool, dialer, self.bounds.dial_timeout, addr.clone(), number, sender);
        let task = spawn("rocketmq dial", dialing).abort_handle();
        slots.add(addr.clone(), PoolSlot::Dialing { number, receiver: receiver.clone(), task });
        drop(slots);
        // Dropped after the lock: they may be the last handles of connections.
        drop(useless);
        Ok(receiver)
    }

    /// Whether there is a connection to `addr` that calls can use.
    pub(super) fn is_connected(&self, addr: &Addr) -> bool {
        let slots = lock(&self.slots);
        slots.get(addr).is_some_and(|group| group.least_busy(1).is_some())
    }

    /// Removes the connection with this id, which has ended.
    fn evict(&self, addr: &Addr, id: u64) {
        let slots = lock(&self.slots).remove_ended(addr, id);
        // Dropped after the lock: it may be the last handle of a connection.
        drop(slots);
    }

    /// Drains a connection: it closes when its calls have ended. New calls get another connection.
    /// Returns the number of the newest open connection to the address, or 0.
    pub(super) fn retire(&self, addr: &Addr, channel: &Channel) -> u64 {
        let mut slots = lock(&self.slots);
        slots.add_retired(channel);
        let newest = slots.newest(addr);
        let removed = slots.remove_connection(addr, channel.id());
        drop(slots);
        // Dropped after the lock: it may be the last handle of a connection.
        drop(removed);
        channel.drain();
        newest
    }

    /// Retires all connections to `addr`.
    pub(super) fn leave(&self, addr: &Addr) {
        let slots = lock(&self.slots).remove_all(addr);
        for connection in slots.iter().filter_map(PoolSlot::connection) {
            self.retire(addr, &connection.channel);
        }
    }

    /// Closes all connections to `addr`, and stops connecting.
    pub(super) fn close(&self, addr: &Addr, why: &'static str) {
        let slots = lock(&self.slots).remove_all(addr);
        for slot in slots {
            match slot {
                PoolSlot::Open(connection) => connection.channel.close(why),
                PoolSlot::Dialing { task, .. } => task.abort(),
            }
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
    let end = Deadline::within(limit).at();
    let dialing = dialing_until(end, dialer.dial(addr.clone(), evict));
    let result = match timeout_at(end, dialing).await {
        Ok(result) => result.map(|channel| PooledConnection::new(channel, number)),
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
