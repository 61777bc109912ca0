//! The state that all clones share, and the tasks that work on it.

use super::room::Room;
use super::table::Table;
use super::waiter::{PollEnd, Waiter};
use rocketmq_tower_core::sync::lock;
use std::hash::Hash;
use std::sync::{Arc, Mutex, MutexGuard};
use tokio::sync::Notify;
use tokio::task::{AbortHandle, yield_now};
use tokio::time::{Instant, sleep_until};

/// The number of waiters that a task handles before it yields.
const BATCH: usize = 64;

pub(super) struct Shared<K> {
    pub(super) room: Arc<Room>,
    table: Mutex<Table<K>>,
    /// Notified when the earliest deadline has become earlier.
    earlier: Notify,
}

/// Registers a key before its state is read, so that a wake that comes before the request is
/// parked is not lost. Released on drop.
pub(super) struct Ticket<K: Clone + Eq + Hash> {
    shared: Arc<Shared<K>>,
    key: K,
    /// The key's number of wakes before its state was read.
    seen: u64,
}

impl<K: Clone + Eq + Hash> Drop for Ticket<K> {
    fn drop(&mut self) {
        self.shared.table().remove_ticket(&self.key);
    }
}

impl<K> Shared<K> {
    pub(super) fn new(room: Room) -> Arc<Self> {
        let (table, earlier) = (Mutex::default(), Notify::new());
        Arc::new(Self { room: Arc::new(room), table, earlier })
    }

    pub(super) fn table(&self) -> MutexGuard<'_, Table<K>> {
        lock(&self.table)
    }
}

impl<K> Shared<K>
where
    K: Clone + Eq + Hash + Send + 'static,
{
    pub(super) fn ticket(self: &Arc<Self>, key: K) -> Ticket<K> {
        let seen = self.table().add_ticket(&key);
        Ticket { shared: Arc::clone(self), key, seen }
    }

    /// Counts a wake, and takes the waiters of the key from the table, with a ticket for them.
    pub(super) fn wake(self: &Arc<Self>, key: &K) -> Option<(Ticket<K>, Vec<Waiter<K>>)> {
        let mut table = self.table();
        let seen = table.count_wake(key)?;
        table.add_ticket(key);
        let waiters = table.take_key(key);
        drop(table);
        Some((Ticket { shared: Arc::clone(self), key: key.clone(), seen }, waiters))
    }

    /// Starts the timer, or tells it that the earliest deadline was `before`.
    fn set_timer(
        self: &Arc<Self>,
        table: &mut Table<K>,
        before: Option<Instant>,
        spawn: impl FnOnce() -> AbortHandle,
    ) {
        let Some(next) = table.next_deadline() else { return };
        // The timer has also finished if its runtime was shut down.
        if table.timer.as_ref().is_none_or(AbortHandle::is_finished) {
            table.timer = Some(spawn());
        } else if before.is_none_or(|before| next < before) {
            self.earlier.notify_one();
        }
    }

    /// Removes the waiters that are due, and returns them and the next deadline. Without one, the
    /// timer ends.
    fn take_due(&self) -> (Vec<Waiter<K>>, Option<Instant>) {
        let mut table = self.table();
        let due = table.take_due(Instant::now());
        let next = table.next_deadline();
        if next.is_none() {
            table.timer = None;
        }
        (due, next)
    }

    /// Ends waiters at their deadlines. Returns when no waiter has a deadline.
    async fn run_timer(self: Arc<Self>) {
        loop {
            let (due, next) = self.take_due();
            end_all(due, PollEnd::TimedOut).await;
            let Some(next) = next else { return };
            tokio::select! {
                () = sleep_until(next) => {}
                () = self.earlier.notified() => {}
            }
        }
    }

    /// Ends the waiters of a connection when it drains or closes.
    fn watch(self: &Arc<Self>, waiter: &Waiter<K>) -> AbortHandle {
        let (shared, channel) = (Arc::clone(self), waiter.channel());
        let watching = async move {
            channel.draining().await;
            let waiters = shared.table().take_connection(channel.id());
            end_all(waiters, PollEnd::Draining).await;
        };
        waiter.runtime.spawn(watching).abort_handle()
    }
}

impl<K> Ticket<K>
where
    K: Clone + Eq + Hash + Send + 'static,
{
    /// Adds the waiters to the table. If the key was woken since the ticket was made, they try again
    /// first.
    pub(super) fn park(mut self, waiters: Vec<Waiter<K>>) {
        let Some(runtime) = waiters.first().map(|waiter| waiter.runtime.clone()) else { return };
        let shared = Arc::clone(&self.shared);
        let mut table = shared.table();
        if table.shut_down {
            drop(table);
            waiters.into_iter().for_each(|waiter| waiter.end(PollEnd::ShutDown));
            return;
        }
        let wakes = table.wakes(&self.key);
        if wakes != self.seen {
            drop(table);
            self.seen = wakes;
            return self.try_again(waiters);
        }
        let before = table.next_deadline();
        for waiter in waiters {
            table.insert(waiter, |waiter| shared.watch(waiter));
        }
        shared.set_timer(&mut table, before, || {
            runtime.spawn(Arc::clone(&shared).run_timer()).abort_handle()
        });
    }

    /// Lets the waiters try again, in a task, and parks those that get no response.
    pub(super) fn try_again(self, waiters: Vec<Waiter<K>>) {
        let Some(runtime) = waiters.first().map(|waiter| waiter.runtime.clone()) else { return };
        runtime.spawn(async move {
            let mut left = Vec::new();
            for (at, waiter) in waiters.into_iter().enumerate() {
                left.extend(waiter.try_again());
                if at % BATCH == BATCH - 1 {
                    yield_now().await;
                }
            }
            self.park(left);
        });
    }
}

async fn end_all<K>(waiters: Vec<Waiter<K>>, why: PollEnd) {
    for (at, waiter) in waiters.into_iter().enumerate() {
        waiter.end(why);
        if at % BATCH == BATCH - 1 {
            yield_now().await;
        }
    }
}
