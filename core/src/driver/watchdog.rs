//! Deadlines for everything that depends on the peer. They share one timer, which is armed only
//! while it is needed.

use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;
use tokio::time::{Instant, Sleep};

/// The deadline that passed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Expired {
    Read,
    Write,
    Farewell,
    Quiet,
    End,
}

/// Deadlines for reading, writing and ending.
///
/// Every byte moves a deadline to a later time. The timer is not reset each time: it fires early,
/// and is then set to the current deadline.
#[derive(Debug, Default)]
pub(super) struct Watchdog {
    timer: Option<Pin<Box<Sleep>>>,
    /// Its progress is the number of frames read, and of buffered bytes of the next one.
    pub(super) read: Stall<(u64, u64)>,
    /// Its progress is the number of bytes written.
    pub(super) write: Stall<u64>,
    pub(super) frame: FrameClock,
    /// When the connection must have read the rest of a frame that others wait for.
    pub(super) turn: Option<Instant>,
    /// When what is reserved for the rest of a frame is given up.
    pub(super) quiet: Option<Instant>,
    /// When a drained connection waits no longer for requests on their way.
    pub(super) farewell: Option<Instant>,
    /// When the current phase of the connection ends at the latest.
    pub(super) end: Option<Instant>,
}

/// A deadline that restarts with every sign of progress.
#[derive(Debug, Default)]
pub(super) struct Stall<P> {
    progress: P,
    deadline: Option<Instant>,
}

impl<P: PartialEq> Stall<P> {
    /// Starts the wait, or restarts it if `progress` has changed.
    pub(super) fn watch(&mut self, progress: P, limit: Duration) {
        if self.deadline.is_none() || self.progress != progress {
            self.progress = progress;
            self.deadline = Instant::now().checked_add(limit);
        }
    }

    /// Ends the wait.
    pub(super) fn clear(&mut self) {
        self.deadline = None;
    }
}

/// A frame gets one more second for this many bytes received.
const BYTES_PER_SECOND: u64 = 16 * 1024;

/// The deadline for a whole frame. Unlike [`Stall`], it is not restarted by every byte.
#[derive(Debug, Default)]
pub(super) struct FrameClock {
    frame: u64,
    begun: Option<Instant>,
    deadline: Option<Instant>,
}

impl FrameClock {
    /// Records that `bytes` bytes of frame number `frame` have arrived.
    pub(super) fn watch(&mut self, frame: u64, bytes: u64, limit: Duration) {
        if self.frame != frame {
            self.clear();
        }
        self.frame = frame;
        let begun = *self.begun.get_or_insert_with(Instant::now);
        let earned = Duration::from_secs(bytes / BYTES_PER_SECOND);
        self.deadline = begun.checked_add(limit.saturating_add(earned));
    }

    /// Ends the wait.
    pub(super) fn clear(&mut self) {
        self.begun = None;
        self.deadline = None;
    }
}

impl Watchdog {
    /// Sets the end to `limit` from now, unless an earlier end is set.
    pub(super) fn end_within(&mut self, limit: Duration) {
        let at = Instant::now().checked_add(limit);
        self.end = self.end.into_iter().chain(at).min();
    }

    /// Sets the end of the farewell to `limit` from now.
    pub(super) fn farewell_within(&mut self, limit: Duration) {
        self.farewell = Instant::now().checked_add(limit);
    }

    pub(super) fn poll(&mut self, cx: &mut Context<'_>) -> Poll<Expired> {
        let all = [
            (self.end, Expired::End),
            (self.farewell, Expired::Farewell),
            (self.write.deadline, Expired::Write),
            (self.read.deadline, Expired::Read),
            (self.frame.deadline, Expired::Read),
            (self.turn, Expired::Read),
            (self.quiet, Expired::Quiet),
        ];
        let set = all.into_iter().filter_map(|(at, what)| at.map(|at| (at, what)));
        let Some((next, what)) = set.min_by_key(|(at, _)| *at) else {
            return Poll::Pending;
        };
        let timer = self.timer.get_or_insert_with(|| Box::pin(tokio::time::sleep_until(next)));
        if timer.deadline() > next {
            timer.as_mut().reset(next);
        }
        while timer.as_mut().poll(cx).is_ready() {
            if Instant::now() >= next {
                self.timer = None;
                return Poll::Ready(what);
            }
            timer.as_mut().reset(next);
        }
        Poll::Pending
    }
}

#[cfg(test)]
mod tests {
    use super::{Expired, Watchdog};
    use std::future::poll_fn;
    use std::time::Duration;
    use tokio::time::{Instant, timeout};

    const LIMIT: Duration = Duration::from_secs(10);

    #[tokio::test(start_paused = true)]
    async fn progress_moves_the_deadline_to_exactly_the_limit_after_it() {
        let mut dog = Watchdog::default();
        let start = Instant::now();
        for progress in 0..5 {
            dog.read.watch((0, progress), LIMIT);
            let early = timeout(Duration::from_secs(4), poll_fn(|cx| dog.poll(cx))).await;
            assert!(early.is_err());
        }
        dog.read.watch((0, 4), LIMIT);
        assert_eq!(poll_fn(|cx| dog.poll(cx)).await, Expired::Read);
        assert_eq!(start.elapsed(), Duration::from_secs(4 * 4 + 10));
    }

    #[tokio::test(start_paused = true)]
    async fn the_earliest_wait_expires_first_and_cleared_ones_never() {
        let mut dog = Watchdog::default();
        dog.read.watch((0, 0), LIMIT);
        dog.write.watch(0, 2 * LIMIT);
        dog.end_within(3 * LIMIT);
        dog.end_within(4 * LIMIT);
        dog.read.clear();
        assert_eq!(poll_fn(|cx| dog.poll(cx)).await, Expired::Write);
        dog.write.clear();
        let start = Instant::now();
        assert_eq!(poll_fn(|cx| dog.poll(cx)).await, Expired::End);
        assert_eq!(start.elapsed(), LIMIT);
    }

    #[tokio::test(start_paused = true)]
    async fn a_frame_has_its_time_and_a_second_for_every_16_kib() {
        let mut dog = Watchdog::default();
        let start = Instant::now();
        for kib in 0..40 {
            dog.frame.watch(7, kib * 1024, LIMIT);
            assert!(timeout(Duration::from_millis(250), poll_fn(|cx| dog.poll(cx))).await.is_err());
        }
        assert_eq!(poll_fn(|cx| dog.poll(cx)).await, Expired::Read);
        assert_eq!(start.elapsed(), LIMIT + Duration::from_secs(2));
        dog.frame.watch(8, 1, LIMIT);
        assert!(
            timeout(LIMIT / 2, poll_fn(|cx| dog.poll(cx))).await.is_err(),
            "the next frame's own"
        );
    }

    #[tokio::test(start_paused = true)]
    async fn limits_beyond_all_time_never_expire() {
        let mut dog = Watchdog::default();
        dog.read.watch((0, 0), Duration::MAX);
        dog.frame.watch(0, u64::MAX, Duration::MAX);
        assert!(timeout(Duration::from_secs(1 << 30), poll_fn(|cx| dog.poll(cx))).await.is_err());
    }
}
