//! The calls of a connection: used again, and ended by one timer when their deadlines pass.

use super::outgoing::Call;
use super::shared::Shared;
use crate::command::RemotingCommand;
use crate::sync::lock;
use std::cmp::Ordering;
use std::collections::BinaryHeap;
use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, Mutex};
use std::task::{Context, Wake, Waker};
use tokio::runtime::{Handle, Id};
use tokio::sync::OwnedSemaphorePermit;
use tokio::task::coop::{Unconstrained, unconstrained};
use tokio::time::{Instant, Sleep, sleep_until};

/// The maximum number of calls that are kept to be used again. Each has at most 300 bytes.
const KEPT: usize = 64;

/// The number of deadlines at which those of ended calls are first removed.
const FEW: usize = 4 * KEPT;

/// The maximum number of deadlines that are handled under the lock at a time.
const AT_A_TIME: usize = 64;

/// Calls that have ended, for reuse, and the deadlines of those that wait.
///
/// All calls of a connection share a timer, as hardly any of them reaches its deadline. The timer
/// does not wake a task: its waker ends the calls that are due, and wakes their callers. So it does
/// not matter what the driver's task is doing.
///
/// A call has at most one entry in the queue that counts, the earliest. It stays there when the call
/// ends. When the call is used again, with a deadline that is not earlier, it needs no other one:
/// the entry comes up early, and is then set to the current deadline.
///
/// The timer belongs to the runtime of the call that set it. Calls from other runtimes have timers
/// of their own, since a runtime that is not running moves no timer.
#[derive(Default)]
pub(super) struct CallPool {
    /// Locked before `state`.
    timer: Mutex<Option<Timer>>,
    state: Mutex<PoolState>,
}

type Timer = Pin<Box<Unconstrained<Sleep>>>;

#[derive(Default)]
struct PoolState {
    spare: Vec<Arc<Call>>,
    queue: BinaryHeap<Entry>,
    /// The length of the queue at which entries that do not count are removed.
    limit: usize,
    /// The runtime of the timer, and when the timer is due. `None` if the queue is empty.
    armed: Option<(Id, Instant)>,
    closed: bool,
}

/// A call that is looked at when the time has come.
struct Entry {
    at: Instant,
    call: Arc<Call>,
}

impl CallPool {
    /// Begins a call. Returns it, and whether the timer will end it at its deadline.
    pub(super) fn begin(
        &self,
        shared: &Arc<Shared>,
        command: RemotingCommand,
        permit: OwnedSemaphorePermit,
        deadline: Option<Instant>,
    ) -> (Arc<Call>, bool) {
        let runtime = deadline.and_then(|_| Handle::try_current().ok()).map(|handle| handle.id());
        let mut state = lock(&self.state);
        let spare = state.spare.pop();
        let deadline = deadline.filter(|_| state.may_watch(runtime));
        drop(state);
        let call = spare.unwrap_or_default();
        let is_queued = call.begin(command, permit, true, deadline);
        let (Some(at), Some(runtime)) = (deadline, runtime) else { return (call, false) };
        let is_watched = is_queued || self.watch(shared, runtime, at, &call);
        if !is_watched {
            call.set_untimed();
        }
        (call, is_watched)
    }

    /// Takes a call that the driver has ended and whose caller has taken the result.
    pub(super) fn give_back(&self, call: Arc<Call>) {
        let mut state = lock(&self.state);
        if state.spare.len() < KEPT && !state.closed {
            state.spare.push(call);
        }
    }

    /// Adds an entry to the queue. Returns false if the timer belongs to another runtime.
    fn watch(&self, shared: &Arc<Shared>, runtime: Id, at: Instant, call: &Arc<Call>) -> bool {
        let mut state = lock(&self.state);
        if !state.may_watch(Some(runtime)) {
            return false;
        }
        state.push(at, Arc::clone(call));
        if state.armed.is_none_or(|(_, due)| at < due) {
            state.armed = Some((runtime, at));
            drop(state);
            self.set_timer(shared, runtime);
        }
        true
    }

    /// Sets the timer to the earliest deadline, and ends the calls that are due already. Must be
    /// called in the timer's runtime; does nothing if the timer has passed to another one.
    fn set_timer(&self, shared: &Arc<Shared>, runtime: Id) {
        while self.is_due_now(shared, runtime) {
            self.end_due();
        }
    }

    fn is_due_now(&self, shared: &Arc<Shared>, runtime: Id) -> bool {
        let mut timer = lock(&self.timer);
        let armed = lock(&self.state).armed;
        let due = match armed {
            Some((of, due)) if of == runtime => due,
            Some(_) => return false,
            None => {
                *timer = None;
                return false;
            }
        };
        // A new one: to reset a timer may call its waker at once, which takes this lock.
        let mut next = Box::pin(unconstrained(sleep_until(due)));
        let waker = Waker::from(Arc::clone(shared));
        let is_due = next.as_mut().poll(&mut Context::from_waker(&waker)).is_ready();
        *timer = if is_due { None } else { Some(next) };
        is_due
    }

    /// Called by the timer.
    pub(super) fn timer_fired(&self, shared: &Arc<Shared>) {
        let (now, armed) = (Instant::now(), lock(&self.state).armed);
        // If it fires early, the runtime is shutting down, and drops its calls.
        let Some((runtime, _)) = armed.filter(|(_, due)| *due <= now) else { return };
        self.end_due();
        self.set_timer(shared, runtime);
    }

    /// Ends the calls that are due, and determines when the next one will be.
    fn end_due(&self) {
        let now = Instant::now();
        loop {
            let mut ended = Vec::new();
            let mut state = lock(&self.state);
            let are_more = state.take_due(now, &mut ended);
            drop(state);
            ended.into_iter().for_each(Waker::wake);
            if !are_more {
                return;
            }
        }
    }

    /// Drops all calls and the timer, which would keep the channel's state alive.
    pub(super) fn close(&self) {
        let timer = lock(&self.timer).take();
        let mut state = lock(&self.state);
        let calls = std::mem::take(&mut *state);
        state.closed = true;
        drop(state);
        // Dropped after the locks are released.
        drop((timer, calls));
    }
}

impl PoolState {
    fn may_watch(&self, runtime: Option<Id>) -> bool {
        !self.closed && runtime.is_some() && self.armed.is_none_or(|(of, _)| Some(of) == runtime)
    }

    fn push(&mut self, at: Instant, call: Arc<Call>) {
        if self.queue.len() >= self.limit.max(FEW) {
            self.queue.retain(|entry| entry.call.counts(entry.at));
            self.limit = 2 * self.queue.len();
            self.queue.shrink_to(self.limit.max(FEW));
        }
        self.queue.push(Entry { at, call });
    }

    /// Takes entries that are due, and pushes the wakers of their callers. Returns whether there may
    /// be more of them.
    fn take_due(&mut self, now: Instant, ended: &mut Vec<Waker>) -> bool {
        for _ in 0..AT_A_TIME {
            let Some(next) = self.queue.peek().filter(|next| next.at <= now) else {
                self.armed = self.armed.zip(self.queue.peek()).map(|((of, _), next)| (of, next.at));
                if self.queue.is_empty() {
                    self.queue.shrink_to(FEW);
                }
                return false;
            };
            let at = next.at;
            let Some(Entry { call, .. }) = self.queue.pop() else { continue };
            match call.look(at, now) {
                Look::Later(at) => self.queue.push(Entry { at, call }),
                Look::Due(Some(caller)) => ended.push(caller),
                Look::Due(None) | Look::Over => {}
            }
        }
        true
    }
}

/// The result of looking at a call whose entry came up.
#[derive(Debug)]
pub(super) enum Look {
    /// Its deadline has passed. Its caller is to be woken, if it has been polled.
    Due(Option<Waker>),
    /// It needs another entry.
    Later(Instant),
    /// It has ended, or has another entry.
    Over,
}

/// The waker of the timer.
impl Wake for Shared {
    fn wake(self: Arc<Self>) {
        self.pool().timer_fired(&self);
    }
}

/// The earliest is the greatest, as the heap returns the greatest first.
impl Ord for Entry {
    fn cmp(&self, other: &Self) -> Ordering {
        other.at.cmp(&self.at)
    }
}

impl PartialOrd for Entry {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Entry {
    fn eq(&self, other: &Self) -> bool {
        self.at == other.at
    }
}

impl Eq for Entry {}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::channel::outgoing::OutgoingRequest;
    use crate::channel::{CallError, ChannelInfo};
    use std::time::Duration;
    use tokio::sync::Semaphore;

    const LIMIT: Duration = Duration::from_secs(10);

    fn begin(shared: &Arc<Shared>) -> Arc<Call> {
        let permit = Arc::new(Semaphore::new(1)).try_acquire_owned().unwrap();
        let deadline = Some(Instant::now() + LIMIT);
        let (call, is_timed) =
            shared.pool().begin(shared, RemotingCommand::default(), permit, deadline);
        assert!(is_timed);
        call
    }

    fn end(call: &Arc<Call>) {
        OutgoingRequest::new(Arc::clone(call), false).fail(CallError::Full);
        assert!(call.give_up().is_none());
    }

    #[tokio::test(start_paused = true)]
    async fn calls_and_deadlines_are_kept_in_small_numbers() {
        let shared = Shared::new(ChannelInfo::default());
        for _ in 0..10 {
            let calls: Vec<_> = (0..1000).map(|_| begin(&shared)).collect();
            for call in calls {
                end(&call);
                shared.pool().give_back(call);
            }
        }
        for _ in 0..10_000 {
            end(&begin(&shared));
        }
        {
            let state = lock(&shared.pool().state);
            assert!(state.spare.len() <= KEPT);
            assert!(state.queue.len() <= 2 * 1000, "{}", state.queue.len());
        }
        tokio::time::sleep(2 * LIMIT).await;
        let state = lock(&shared.pool().state);
        assert_eq!((state.queue.len(), state.armed), (0, None));
    }

    #[tokio::test(start_paused = true)]
    async fn a_call_that_is_used_again_needs_no_second_place_in_the_queue() {
        let shared = Shared::new(ChannelInfo::default());
        let mut call = begin(&shared);
        for _ in 0..1000 {
            tokio::time::sleep(Duration::from_secs(1)).await;
            end(&call);
            shared.pool().give_back(call);
            call = begin(&shared);
            assert_eq!(lock(&shared.pool().state).queue.len(), 1);
        }
    }

    /// The timer holds the state of the channel, which holds the timer.
    #[tokio::test(start_paused = true)]
    async fn a_closed_connection_keeps_no_timer() {
        let shared = Shared::new(ChannelInfo::default());
        let call = begin(&shared);
        let held = Arc::downgrade(&shared);
        shared.pool().close();
        end(&call);
        shared.pool().give_back(call);
        drop(shared);
        assert!(held.upgrade().is_none());
    }
}
