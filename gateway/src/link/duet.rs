//! Wakes two futures of one task, each only when it was woken.
//!
//! A request that one connection reads is a message for the other one. If each were a task, the message would wake another task, often one of
//! another thread, which takes longer than everything else that the gateway does. In one task, the message is written in the same poll.

use atomic_waker::AtomicWaker;
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};
use std::task::{Context, Poll, Wake, Waker};

/// The maximum number of polls of each future until the task yields.
const ROUNDS: usize = 16;
/// Set while the futures are polled: the task need not be woken then.
const POLLING: u8 = 1 << 7;

/// One of the two futures.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Part {
    First = 1,
    Second = 2,
}

/// Polls two futures, see the [module's documentation](self).
pub(super) struct Duet {
    state: Arc<State>,
    first: Waker,
    second: Waker,
}

struct State {
    /// The parts that were woken, and [`POLLING`].
    flags: AtomicU8,
    task: AtomicWaker,
}

/// The waker of a part.
struct Voice {
    state: Arc<State>,
    part: Part,
}

impl Wake for Voice {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        let part = self.part as u8;
        let before = self.state.flags.fetch_or(part, Ordering::AcqRel);
        if before & (POLLING | part) == 0 {
            self.state.task.wake();
        }
    }
}

impl Duet {
    /// Both parts are polled the first time.
    pub(super) fn new() -> Self {
        let flags = AtomicU8::new(Part::First as u8 | Part::Second as u8);
        let state = Arc::new(State { flags, task: AtomicWaker::new() });
        let waker = |part| Waker::from(Arc::new(Voice { state: Arc::clone(&state), part }));
        let (first, second) = (waker(Part::First), waker(Part::Second));
        Self { state, first, second }
    }

    /// Returns the waker of a part.
    pub(super) fn waker(&self, part: Part) -> &Waker {
        match part {
            Part::First => &self.first,
            Part::Second => &self.second,
        }
    }

    /// Polls the parts that were woken until none is, or until `poll` returns a value.
    pub(super) fn poll<T>(
        &mut self,
        cx: &mut Context<'_>,
        mut poll: impl FnMut(Part, &mut Context<'_>) -> Poll<T>,
    ) -> Poll<T> {
        let Self { state, first, second } = self;
        state.task.register(cx.waker());
        for _ in 0..ROUNDS {
            let woken = state.flags.swap(POLLING, Ordering::AcqRel);
            for (part, waker) in [(Part::First, &*first), (Part::Second, &*second)] {
                // The second one is also polled in the round in which the first one has woken it.
                let is_woken = woken | state.flags.load(Ordering::Acquire);
                if is_woken & part as u8 != 0 {
                    state.flags.fetch_and(!(part as u8), Ordering::AcqRel);
                    if let Poll::Ready(value) = poll(part, &mut Context::from_waker(waker)) {
                        // The next poll finds both parts woken.
                        state
                            .flags
                            .store(Part::First as u8 | Part::Second as u8, Ordering::Release);
                        return Poll::Ready(value);
                    }
                }
            }
            let rests =
                state.flags.compare_exchange(POLLING, 0, Ordering::AcqRel, Ordering::Acquire);
            if rests.is_ok() {
                return Poll::Pending;
            }
        }
        state.flags.fetch_and(!POLLING, Ordering::AcqRel);
        cx.waker().wake_by_ref();
        Poll::Pending
    }
}

#[cfg(test)]
mod tests {
    use super::{Duet, Part, ROUNDS};
    use std::future::poll_fn;
    use std::sync::Arc;
    use std::sync::atomic::{AtomicUsize, Ordering};
    use std::task::{Context, Poll, Wake, Waker};

    #[derive(Default)]
    struct Wakes(AtomicUsize);

    impl Wake for Wakes {
        fn wake(self: Arc<Self>) {
            self.0.fetch_add(1, Ordering::Relaxed);
        }
    }

    fn counted() -> (Arc<Wakes>, Waker) {
        let wakes = Arc::new(Wakes::default());
        (Arc::clone(&wakes), Waker::from(wakes))
    }

    #[test]
    fn only_the_part_that_was_woken_is_polled() {
        let (wakes, task) = counted();
        let (mut duet, mut polled) = (Duet::new(), Vec::new());
        let mut kept = None;
        let mut poll = |duet: &mut Duet, polled: &mut Vec<Part>| {
            let mut each = |part, cx: &mut Context<'_>| {
                polled.push(part);
                kept = (part == Part::Second).then(|| cx.waker().clone()).or(kept.take());
                Poll::<()>::Pending
            };
            assert!(duet.poll(&mut Context::from_waker(&task), &mut each).is_pending());
            kept.clone()
        };
        let second = poll(&mut duet, &mut polled).unwrap();
        assert_eq!(polled, [Part::First, Part::Second]);
        second.wake_by_ref();
        second.wake_by_ref();
        assert_eq!(wakes.0.load(Ordering::Relaxed), 1);
        polled.clear();
        poll(&mut duet, &mut polled);
        assert_eq!(polled, [Part::Second]);
    }

    #[test]
    fn a_part_that_the_other_one_wakes_is_polled_at_once() {
        let (wakes, task) = counted();
        let (mut duet, mut polled) = (Duet::new(), Vec::new());
        let (mut first, mut rounds) = (None::<Waker>, 0);
        let pending = duet.poll(&mut Context::from_waker(&task), |part, cx| {
            polled.push(part);
            if part == Part::First {
                first = Some(cx.waker().clone());
            } else if rounds < 2 {
                rounds += 1;
                first.iter().for_each(Waker::wake_by_ref);
            }
            Poll::<()>::Pending
        });
        assert!(pending.is_pending());
        use Part::{First, Second};
        assert_eq!(polled, [First, Second, First]);
        assert_eq!(wakes.0.load(Ordering::Relaxed), 0);
    }

    #[tokio::test]
    async fn parts_that_wake_themselves_for_ever_let_others_go_on() {
        let (mut duet, mut polls) = (Duet::new(), 0);
        let busy = poll_fn(|cx| {
            duet.poll(cx, |_, cx| {
                polls += 1;
                cx.waker().wake_by_ref();
                Poll::<()>::Pending
            })
        });
        tokio::select! {
            biased;
            () = busy => {}
            () = tokio::task::yield_now() => {}
        }
        assert!(polls >= 2 * ROUNDS);
    }
}
