//! The bodies of answers to pulls, in memory until they are sent.

use crate::log::Queue;
use crate::room::{RoomLimits, Taken};
use crate::storage::{QueueEntry, Reads, Storage, StorageError};
use bytes::{Bytes, BytesMut};
use rocketmq_tower_core::sync::lock;
use std::sync::{Arc, Mutex, Weak};

/// The size of all answers that are read or wait to be sent, in bytes, and of those of a connection.
pub(crate) const ANSWERS: RoomLimits =
    RoomLimits { total: 128 * 1024 * 1024, share: 16 * 1024 * 1024, own: 256 * 1024 };

/// The room for pulls that wait, in bytes, each of [`WAITING_PULL`] bytes: 65,536 for all connections,
/// 16,384 for each, of which 64 are always there.
pub(crate) const WAITING: RoomLimits =
    RoomLimits { total: 128 * 1024 * 1024, share: 32 * 1024 * 1024, own: 128 * 1024 };

/// The bytes that a waiting pull takes, about: its task, its timer and what it waits for.
pub(crate) const WAITING_PULL: usize = 2 * 1024;

/// The size from which on equal answers share their bytes. It costs less to copy smaller ones.
const SHARED: usize = 64 * 1024;

/// The last large answer of a queue, as long as it waits to be sent. All consumers that wait for a
/// message get the same one.
#[derive(Debug, Default)]
pub(crate) struct LastAnswer(Mutex<Weak<SharedAnswer>>);

#[derive(Debug)]
struct SharedAnswer {
    entries: Vec<QueueEntry>,
    body: Bytes,
}

/// Reads the messages of `entries`, of `size` bytes together.
pub(crate) fn read(
    storage: &dyn Storage,
    queue: &Queue,
    entries: Vec<QueueEntry>,
    size: usize,
    reads: Reads,
) -> Result<Bytes, StorageError> {
    let last = queue.last_answer();
    if size >= SHARED
        && let Some(known) = lock(&last.0).upgrade().filter(|known| known.entries == entries)
    {
        return Ok(Bytes::from_owner(Shared(known)));
    }
    let mut body = BytesMut::with_capacity(size);
    storage.copy(&entries, reads, &mut body)?;
    if size < SHARED {
        return Ok(body.freeze());
    }
    let answer = Arc::new(SharedAnswer { entries, body: body.freeze() });
    *lock(&last.0) = Arc::downgrade(&answer);
    Ok(Bytes::from_owner(Shared(answer)))
}

struct Shared(Arc<SharedAnswer>);

impl AsRef<[u8]> for Shared {
    fn as_ref(&self) -> &[u8] {
        &self.0.body
    }
}

/// Returns a body that holds its room until it is dropped: when it was sent, or the connection has
/// ended.
pub(crate) fn holding(body: Bytes, room: Taken) -> Bytes {
    Bytes::from_owner(Holding { body, _room: room })
}

struct Holding {
    body: Bytes,
    _room: Taken,
}

impl AsRef<[u8]> for Holding {
    fn as_ref(&self) -> &[u8] {
        &self.body
    }
}
