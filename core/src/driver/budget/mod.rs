//! [`ByteBudget`], the memory that the connections of a server share.

mod account;
mod line;
#[cfg(test)]
mod tests;

pub(super) use account::{Account, Reader};

use line::Line;
use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

/// The default number of each connection's own bytes: a full read block and a full write buffer.
const OWN_BYTES: usize = 128 * 1024;

/// The bytes that the connections of a server may hold together. Cheap to clone; clones share it.
///
/// A connection holds the bytes of a frame that has begun to arrive, of requests that are not
/// answered yet, deferred ones included, and of responses that are not written yet. They count from
/// when they arrive: a length that a peer announces counts nothing. The first 128 KiB of each
/// connection are its own, and are not taken from the budget: small requests are served, whatever
/// other connections hold.
///
/// A connection reads a frame beyond its own bytes when there is room for all of it, so that frames
/// are completed one after the other, and not all half read. The rest of a frame counts only while
/// it is arriving: after 20 ms without a byte, only the bytes that have arrived count.
///
/// When there is no room, connections stop reading and wait in line. As bytes become free, the
/// connection that has waited longest goes on first. One of those that wait in the middle of a frame
/// has the *turn*: it reads the rest of its frame beyond the budget. Therefore frames that are half
/// read cannot block each other: one of them is completed, answered and freed, and then the next has
/// its turn. A peer that has the turn must send the rest of its frame within
/// [`ConnectionConfig::read_stall`](super::ConnectionConfig::read_stall), or its connection is closed.
///
/// So at most `limit` bytes, one frame, and 128 KiB for each connection are held. Bytes are those of
/// frames: a request's allocation may be up to four times as long, if its frame is shorter than 64 KiB
/// (see [`RemotingCodec`](crate::RemotingCodec)).
///
/// ```
/// use rocketmq_tower_core::driver::{ByteBudget, ConnectionConfig};
///
/// let budget = ByteBudget::new(512 * 1024 * 1024);
/// let mut config = ConnectionConfig::server();
/// config.budget = Some(budget.clone());
/// assert_eq!((budget.used(), budget.waiting()), (0, 0));
/// ```
#[derive(Clone)]
pub struct ByteBudget {
    shared: Arc<Shared>,
}

struct Shared {
    limit: usize,
    own_bytes: usize,
    used: AtomicUsize,
    line: Line,
}

impl ByteBudget {
    /// Creates a budget of `limit` bytes.
    #[must_use]
    pub fn new(limit: usize) -> Self {
        Self::with_own_bytes(limit, OWN_BYTES)
    }

    /// Creates a budget of `limit` bytes, of which each connection may hold `own` bytes without taking
    /// from the budget, instead of 128 KiB. With less, small requests may have to wait for large ones. A
    /// connection that holds nothing may read once, up to 64 KiB.
    #[must_use]
    pub fn with_own_bytes(limit: usize, own: usize) -> Self {
        let (used, line) = (AtomicUsize::new(0), Line::default());
        Self { shared: Arc::new(Shared { limit, own_bytes: own, used, line }) }
    }

    /// Returns the number of bytes that may be used.
    #[must_use]
    pub fn limit(&self) -> usize {
        self.shared.limit
    }

    /// Returns the number of bytes in use, without those that are the connections' own. Includes the
    /// rest of frames that are arriving.
    #[must_use]
    pub fn used(&self) -> usize {
        self.shared.used.load(Ordering::SeqCst)
    }

    /// Returns the number of connections that wait for bytes to become free.
    #[must_use]
    pub fn waiting(&self) -> usize {
        self.shared.line.len()
    }

    fn has_room(&self, bytes: usize) -> bool {
        self.used().saturating_add(bytes) <= self.limit()
    }

    /// Whether no more than the limit is used.
    fn is_kept(&self) -> bool {
        self.has_room(0)
    }

    /// Takes `bytes` bytes if there is room for them.
    fn try_take(&self, bytes: usize) -> bool {
        let more = |used: usize| used.checked_add(bytes).filter(|used| *used <= self.limit());
        self.shared.used.fetch_update(Ordering::SeqCst, Ordering::SeqCst, more).is_ok()
    }

    fn take(&self, bytes: usize) {
        self.shared.used.fetch_add(bytes, Ordering::SeqCst);
    }

    fn give_back(&self, bytes: usize) {
        self.shared.used.fetch_sub(bytes, Ordering::SeqCst);
        self.wake_next();
    }

    /// Wakes the connection that may read next, if there is one.
    fn wake_next(&self) {
        if self.shared.line.len() > 0 {
            self.shared.line.wake_next(self);
        }
    }
}

/// A budget of 256 MiB.
impl Default for ByteBudget {
    fn default() -> Self {
        Self::new(256 * 1024 * 1024)
    }
}

impl From<usize> for ByteBudget {
    fn from(limit: usize) -> Self {
        Self::new(limit)
    }
}

impl fmt::Debug for ByteBudget {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ByteBudget")
            .field("limit", &self.limit())
            .field("used", &self.used())
            .field("waiting", &self.waiting())
            .finish()
    }
}
