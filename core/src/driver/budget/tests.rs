//! Many connections share a budget: whatever they do, it is bounded, and some connection goes on.

use super::{Account, ByteBudget, Reader};
use proptest::prelude::*;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Wake, Waker};
use std::time::Duration;
use tokio::time::Instant;

const LIMIT: usize = 10_000;
/// At least as much as a read returns: a connection that holds nothing may always read once.
const OWN: usize = PART;
const FRAME: usize = 4_000;
const PART: usize = 1_000;

#[derive(Default)]
struct Flag(AtomicBool);

impl Wake for Flag {
    fn wake(self: Arc<Self>) {
        self.0.store(true, Ordering::SeqCst);
    }
}

/// A connection whose peer sends frames of [`FRAME`] bytes in parts.
struct Peer {
    account: Account,
    flag: Arc<Flag>,
    frames: u64,
    /// Bytes of the frame that is being read.
    half: usize,
    /// Bytes of requests that are not answered.
    whole: usize,
    /// Whether the peer has something to send.
    sends: bool,
}

impl Peer {
    fn new(budget: &ByteBudget) -> Self {
        let account = Account::new(Some(budget.clone()));
        Self { account, flag: Arc::default(), frames: 0, half: 0, whole: 0, sends: false }
    }

    fn reader(&self) -> Reader {
        let (held, rest) = (self.half + self.whole, FRAME - self.half);
        Reader { held, arrived: self.half, reach: PART, rest, frame: self.frames }
    }

    /// One poll: reads a part of a frame, if the peer sends and it is allowed.
    fn poll(&mut self) -> bool {
        let waker = Waker::from(Arc::clone(&self.flag));
        let (cx, reader) = (Context::from_waker(&waker), self.reader());
        self.account.wait_no_more();
        let reads = self.account.may_read(&cx, reader, Duration::MAX) && self.sends;
        if reads {
            self.half += PART;
            if self.half == FRAME {
                (self.half, self.whole) = (0, self.whole + FRAME);
                self.frames += 1;
            }
        }
        self.account.settle(self.reader());
        reads
    }

    fn answer(&mut self) {
        self.whole = 0;
        self.account.settle(self.reader());
    }
}

proptest! {
    #[test]
    fn whatever_happens_it_is_bounded_and_goes_on(
        ops in proptest::collection::vec((0..12_usize, 0..9_u8), 1..400),
    ) {
        let budget = ByteBudget::with_own_bytes(LIMIT, OWN);
        let mut peers: Vec<_> = (0..12).map(|_| Peer::new(&budget)).collect();
        for (n, op) in ops {
            match op {
                0 => peers[n].answer(),
                1 => peers[n] = Peer::new(&budget),
                2 => peers[n].sends = !peers[n].sends,
                3 => {
                    peers[n].account.quiet_at = Some(Instant::now());
                    let reader = peers[n].reader();
                    peers[n].account.give_up_if_due(reader);
                }
                _ => {
                    peers[n].sends |= op > 4;
                    peers[n].poll();
                }
            }
            let held: usize = peers.iter().map(|p| (p.half + p.whole).saturating_sub(OWN)).sum();
            prop_assert!(budget.used() >= held, "{} of {} bytes are counted", budget.used(), held);
            prop_assert!(budget.used() <= LIMIT + FRAME, "{} bytes are used", budget.used());
        }
        // Everyone sends and is answered. Only those that are woken, or were not told to wait, are
        // polled.
        let goal: Vec<_> = peers.iter().map(|peer| peer.frames + 2).collect();
        for peer in &mut peers {
            peer.sends = true;
            peer.flag.0.store(true, Ordering::SeqCst);
        }
        for _ in 0..1000 {
            for peer in &mut peers {
                if peer.flag.0.swap(false, Ordering::SeqCst) {
                    while peer.poll() {}
                    if peer.whole > 0 {
                        peer.answer();
                        peer.flag.0.store(true, Ordering::SeqCst);
                    }
                }
            }
        }
        for (peer, goal) in peers.iter().zip(goal) {
            prop_assert!(
                peer.frames >= goal,
                "{} of {goal} frames, {:?}",
                peer.frames,
                peer.account
            );
        }
        drop(peers);
        prop_assert_eq!((budget.used(), budget.waiting()), (0, 0));
    }
}
