//! The bounds on parked requests.

use rocketmq_tower_core::command::remark;
use rocketmq_tower_core::error::write_causes;
use rocketmq_tower_core::{Abort, RemotingCommand, ResponseCode};
use std::error::Error;
use std::fmt;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, LazyLock};

/// The part of a parked request's size that does not depend on the request, in bytes.
const OVERHEAD: usize = 1024;

/// A request cannot be parked: the table has its maximum number of requests, or of bytes.
///
/// Its source is an [`Abort`] with `SYSTEM_BUSY` and the remark [`remark::OVERLOAD`], which
/// [`recover`](rocketmq_tower_layers::recover) turns into the response.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum NoRoom {
    /// The table has its maximum number of requests.
    Requests {
        /// The limit, [`LongPolls::max_parked`](super::LongPolls::max_parked).
        max: usize,
    },
    /// The requests in the table have their maximum size.
    Bytes {
        /// The limit, [`LongPolls::max_bytes`](super::LongPolls::max_bytes).
        max: usize,
    },
}

static BUSY: LazyLock<Abort> =
    LazyLock::new(|| Abort::new(ResponseCode::SYSTEM_BUSY, remark::OVERLOAD));

impl fmt::Display for NoRoom {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Requests { max } => write!(f, "{max} requests are parked, the maximum"),
            Self::Bytes { max } => write!(f, "the parked requests reach the limit of {max} bytes"),
        }?;
        write_causes(f, &*BUSY)
    }
}

impl Error for NoRoom {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        Some(&*BUSY)
    }
}

/// The limits, and the part of them that is in use.
#[derive(Debug)]
pub(super) struct Room {
    pub(super) max_parked: AtomicUsize,
    pub(super) max_bytes: AtomicUsize,
    parked: AtomicUsize,
    bytes: AtomicUsize,
}

/// The share of one request in the limits, given back on drop.
#[derive(Debug)]
pub(super) struct Share {
    room: Arc<Room>,
    bytes: usize,
}

impl Room {
    pub(super) const fn new(max_parked: usize, max_bytes: usize) -> Self {
        Self {
            max_parked: AtomicUsize::new(max_parked),
            max_bytes: AtomicUsize::new(max_bytes),
            parked: AtomicUsize::new(0),
            bytes: AtomicUsize::new(0),
        }
    }

    pub(super) fn parked(&self) -> usize {
        self.parked.load(Ordering::Relaxed)
    }

    pub(super) fn bytes(&self) -> usize {
        self.bytes.load(Ordering::Relaxed)
    }

    pub(super) fn take(self: &Arc<Self>, request: &RemotingCommand) -> Result<Share, NoRoom> {
        let bytes = size(request);
        let max = self.max_parked.load(Ordering::Relaxed);
        if !add(&self.parked, 1, max) {
            return Err(NoRoom::Requests { max });
        }
        let max = self.max_bytes.load(Ordering::Relaxed);
        if !add(&self.bytes, bytes, max) {
            self.parked.fetch_sub(1, Ordering::Relaxed);
            return Err(NoRoom::Bytes { max });
        }
        Ok(Share { room: Arc::clone(self), bytes })
    }
}

/// Adds `more` to `used` unless the sum is above `max`. Returns whether it did.
fn add(used: &AtomicUsize, more: usize, max: usize) -> bool {
    used.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |used| {
        used.checked_add(more).filter(|sum| *sum <= max)
    })
    .is_ok()
}

fn size(request: &RemotingCommand) -> usize {
    let fields = request.ext_fields().iter().map(|(name, value)| name.len() + value.len());
    OVERHEAD + request.body().len() + fields.sum::<usize>()
}

impl Drop for Share {
    fn drop(&mut self) {
        self.room.parked.fetch_sub(1, Ordering::Relaxed);
        self.room.bytes.fetch_sub(self.bytes, Ordering::Relaxed);
    }
}
