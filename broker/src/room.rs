//! Room in memory, in bytes: a total, of which each connection has at most a share.
//!
//! It bounds what the broker holds for requests that are large: messages that wait to be written, and
//! answers that wait to be sent. A connection that takes its whole share keeps only itself waiting, and
//! some bytes of each connection are its own, so that small requests never wait for others' large ones.

use std::sync::Arc;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// The sizes of a room, in bytes.
#[derive(Clone, Copy, Debug)]
pub(crate) struct RoomLimits {
    /// For all connections together, beside what is their own.
    pub(crate) total: usize,
    /// For each connection. It has to fit into the total.
    pub(crate) share: usize,
    /// For each connection, beside the total.
    pub(crate) own: usize,
}

/// A room.
#[derive(Debug)]
pub(crate) struct Room {
    limits: RoomLimits,
    total: Arc<Semaphore>,
}

/// The part of a room that a connection may use.
#[derive(Debug)]
pub(crate) struct Share {
    own: Arc<Semaphore>,
    share: Arc<Semaphore>,
}

/// Room that is taken. Dropping it gives it back.
#[derive(Debug)]
#[must_use]
pub(crate) struct Taken {
    share: Option<OwnedSemaphorePermit>,
    total: Option<OwnedSemaphorePermit>,
}

impl Taken {
    /// Gives back what is not needed.
    pub(crate) fn shrink(&mut self, bytes: usize) {
        for permit in [&mut self.share, &mut self.total].into_iter().flatten() {
            let rest = permit.num_permits().saturating_sub(bytes);
            drop(permit.split(rest));
        }
    }
}

impl Share {
    pub(crate) fn of(limits: RoomLimits) -> Self {
        let semaphore = |bytes| Arc::new(Semaphore::new(bytes));
        Self { own: semaphore(limits.own), share: semaphore(limits.share) }
    }
}

impl Room {
    pub(crate) fn new(limits: RoomLimits) -> Self {
        Self { limits, total: Arc::new(Semaphore::new(limits.total)) }
    }

    /// Takes room if there is some now. More bytes than a share has count as the whole share.
    pub(crate) fn try_take(&self, share: &Share, bytes: usize) -> Option<Taken> {
        let bytes = self.permits(bytes);
        if let Ok(own) = Arc::clone(&share.own).try_acquire_many_owned(bytes) {
            return Some(Taken { share: Some(own), total: None });
        }
        let mine = Arc::clone(&share.share).try_acquire_many_owned(bytes).ok()?;
        let total = Arc::clone(&self.total).try_acquire_many_owned(bytes).ok()?;
        Some(Taken { share: Some(mine), total: Some(total) })
    }

    /// Takes room, and waits until there is some. Cancel safe.
    pub(crate) async fn take(&self, share: &Share, bytes: usize) -> Taken {
        if let Some(taken) = self.try_take(share, bytes) {
            return taken;
        }
        let bytes = self.permits(bytes);
        // In this order, what waits for the total holds a share of it at most. Neither is ever closed.
        let mine = Arc::clone(&share.share).acquire_many_owned(bytes).await.ok();
        let total = Arc::clone(&self.total).acquire_many_owned(bytes).await.ok();
        Taken { share: mine, total }
    }

    /// Takes room for the broker itself.
    pub(crate) async fn take_of_total(&self, bytes: usize) -> Taken {
        let total = Arc::clone(&self.total).acquire_many_owned(self.permits(bytes)).await.ok();
        Taken { share: None, total }
    }

    /// Returns how many bytes are free, of the total.
    pub(crate) fn free(&self) -> usize {
        self.total.available_permits()
    }

    fn permits(&self, bytes: usize) -> u32 {
        u32::try_from(bytes.clamp(1, self.limits.share)).unwrap_or(u32::MAX)
    }
}

#[cfg(test)]
mod tests {
    use super::{Room, RoomLimits, Share};
    use tokio_test::{assert_pending, assert_ready, task};

    const LIMITS: RoomLimits = RoomLimits { total: 150, share: 100, own: 10 };

    #[test]
    fn a_connection_that_uses_its_share_keeps_only_itself_waiting() {
        let (room, greedy, other) = (Room::new(LIMITS), Share::of(LIMITS), Share::of(LIMITS));
        let most = room.try_take(&greedy, 100).unwrap();
        assert!(room.try_take(&greedy, 11).is_none());
        let mut waits = task::spawn(room.take(&greedy, 11));
        assert_pending!(waits.poll());
        let rest = room.try_take(&other, 50).unwrap();
        drop(most);
        assert!(waits.is_woken());
        let mut taken = assert_ready!(waits.poll());
        taken.shrink(1);
        assert!(room.try_take(&greedy, 99).is_some(), "the rest is free");
        drop((taken, rest));
        let all = [room.try_take(&greedy, 90), room.try_take(&other, 60)];
        assert!(all.iter().all(Option::is_some), "what is dropped is free again");
    }

    #[test]
    fn some_bytes_of_each_connection_are_its_own() {
        let (room, small) = (Room::new(LIMITS), Share::of(LIMITS));
        let shares = [Share::of(LIMITS), Share::of(LIMITS)];
        let _all = [room.try_take(&shares[0], 100), room.try_take(&shares[1], 50)];
        assert!(room.try_take(&small, 11).is_none());
        let own = room.try_take(&small, 10).unwrap();
        assert!(room.try_take(&small, 1).is_none());
        drop(own);
        drop(room.try_take(&small, 10).unwrap());
    }

    #[test]
    fn what_is_larger_than_a_share_takes_the_whole_share() {
        let (room, share) = (Room::new(LIMITS), Share::of(LIMITS));
        let whole = room.try_take(&share, usize::MAX).unwrap();
        assert!(room.try_take(&share, 11).is_none());
        drop(whole);
        let mut broker = task::spawn(room.take_of_total(usize::MAX));
        drop(assert_ready!(broker.poll()));
    }

    #[test]
    fn one_that_stops_waiting_holds_nothing() {
        let (room, one, two) = (Room::new(LIMITS), Share::of(LIMITS), Share::of(LIMITS));
        let _most = room.try_take(&one, 100).unwrap();
        let mut waits = task::spawn(room.take(&two, 60));
        assert_pending!(waits.poll());
        drop(waits);
        drop(room.try_take(&two, 50).unwrap());
    }
}
