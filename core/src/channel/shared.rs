//! The state that all handles of a connection share.

use super::call_pool::CallPool;
use super::deferral::Deferrals;
use super::failures::Failures;
use super::inbox::{DRAIN, Inbox};
use super::silence::Silence;
use super::{ChannelInfo, CloseReason};
use std::fmt;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, OnceLock};
use tokio::sync::{Notify, Semaphore};

/// The number of the next connection in this process.
static NEXT_ID: AtomicU64 = AtomicU64::new(1);

/// All the state that a [`Channel`](super::Channel) keeps alive. It contains no socket, no buffer
/// and no task.
pub(crate) struct Shared {
    pub(crate) id: u64,
    /// The info with which the connection was created.
    accepted: ChannelInfo,
    /// The final info, set when the driver starts. `None` if layers have not changed it.
    settled: OnceLock<Box<ChannelInfo>>,
    pub(crate) inbox: Inbox,
    /// Why the connection closes. Only the first reason is stored.
    reason: OnceLock<Box<CloseReason>>,
    /// Whether the connection is closed.
    gone: AtomicBool,
    /// Notified when the connection closes and when it starts to drain.
    changed: Notify,
    /// Permits for calls. Empty until the driver starts.
    pub(crate) calls: Arc<Semaphore>,
    /// Permits for oneway requests. Empty until the driver starts.
    pub(crate) oneways: Arc<Semaphore>,
    /// Made for the first call: most connections of a server have none.
    pool: OnceLock<Box<CallPool>>,
    /// The peer's requests that the driver holds: running, or waiting for the service.
    held_requests: AtomicUsize,
    pub(crate) deferrals: Deferrals,
    pub(crate) failures: Failures,
    pub(crate) silence: Silence,
    bounds: OnceLock<Bounds>,
}

/// Limits from the driver's configuration.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Bounds {
    pub(crate) calls: usize,
    pub(crate) oneways: usize,
    pub(crate) deferred: usize,
}

impl Shared {
    pub(crate) fn new(accepted: ChannelInfo) -> Arc<Self> {
        Arc::new(Self {
            id: NEXT_ID.fetch_add(1, Ordering::Relaxed),
            accepted,
            settled: OnceLock::new(),
            inbox: Inbox::new(),
            reason: OnceLock::new(),
            gone: AtomicBool::new(false),
            changed: Notify::new(),
            calls: Arc::new(Semaphore::new(0)),
            oneways: Arc::new(Semaphore::new(0)),
            pool: OnceLock::new(),
            held_requests: AtomicUsize::new(0),
            deferrals: Deferrals::new(),
            failures: Failures::default(),
            silence: Silence::default(),
            bounds: OnceLock::new(),
        })
    }

    /// Called when the driver starts: makes the info final and adds the permits.
    pub(crate) fn start(&self, info: ChannelInfo, bounds: Bounds) {
        if !info.equals(&self.accepted) {
            _ = self.settled.set(Box::new(info));
        }
        let permits = |max: usize| max.min(Semaphore::MAX_PERMITS);
        let (calls, oneways) = (permits(bounds.calls), permits(bounds.oneways));
        if self.bounds.set(Bounds { calls, oneways, ..bounds }).is_ok() {
            self.calls.add_permits(calls);
            self.oneways.add_permits(oneways);
        }
    }

    pub(super) fn pool(&self) -> &CallPool {
        self.pool.get_or_init(Box::default)
    }

    pub(crate) fn info(&self) -> &ChannelInfo {
        self.settled.get().map_or(&self.accepted, |info| info)
    }

    /// Returns why the connection closed or is closing.
    pub(crate) fn reason(&self) -> Option<&CloseReason> {
        self.reason.get().map(|reason| &**reason)
    }

    /// Sets the reason unless one is already set. Returns the one that is set.
    pub(crate) fn set_reason(&self, reason: CloseReason) -> &CloseReason {
        self.reason.get_or_init(|| Box::new(reason))
    }

    pub(crate) fn is_gone(&self) -> bool {
        self.gone.load(Ordering::Acquire)
    }

    /// Announces that the transport is closed: pending calls fail, and nothing more can be sent.
    pub(crate) fn set_gone(&self, reason: CloseReason) {
        self.set_reason(reason);
        if self.gone.swap(true, Ordering::AcqRel) {
            return;
        }
        self.calls.close();
        self.oneways.close();
        self.inbox.close();
        // Creates the pool if necessary: another thread may be about to create and use it.
        self.pool().close();
        self.deferrals.close();
        self.changed.notify_waiters();
    }

    /// Waits until the transport is closed.
    pub(crate) async fn wait_gone(&self) -> CloseReason {
        loop {
            // Registered before the check, so that a change in between is not missed.
            let changed = self.changed.notified();
            if self.is_gone() {
                return self.reason().cloned().unwrap_or(CloseReason::Aborted);
            }
            changed.await;
        }
    }

    pub(crate) fn drain(&self) {
        self.inbox.signal(DRAIN);
        self.changed.notify_waiters();
    }

    pub(crate) fn is_draining(&self) -> bool {
        self.inbox.bits() & DRAIN != 0
    }

    /// Waits until the connection starts to drain or is closed.
    pub(crate) async fn wait_draining(&self) {
        loop {
            let changed = self.changed.notified();
            if self.is_draining() || self.is_gone() {
                return;
            }
            changed.await;
        }
    }

    /// Returns the number of calls and oneway requests that hold a permit.
    pub(crate) fn under_way(&self) -> usize {
        self.bounds.get().map_or(0, |bounds| {
            let free = self.calls.available_permits() + self.oneways.available_permits();
            (bounds.calls + bounds.oneways).saturating_sub(free)
        })
    }

    /// Notes how many requests of the peer the driver holds.
    #[inline]
    pub(crate) fn note_requests(&self, held: usize) {
        self.held_requests.store(held, Ordering::Relaxed);
    }

    /// Returns the number of the peer's requests that are not answered, including deferred ones.
    pub(super) fn requests(&self) -> usize {
        self.held_requests.load(Ordering::Relaxed) + self.deferrals.waiting()
    }

    /// Returns the maximum number of deferred exchanges.
    pub(super) fn max_deferred(&self) -> usize {
        self.bounds.get().map_or(0, |bounds| bounds.deferred)
    }
}

/// Prints which connection it is.
impl fmt::Debug for Shared {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Channel")
            .field("id", &self.id)
            .field("local_addr", &self.info().local_addr)
            .field("peer_addr", &self.info().peer_addr)
            .field("closed", &self.is_gone())
            .finish()
    }
}
