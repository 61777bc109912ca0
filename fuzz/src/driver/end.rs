//! The end of a run, which must come, and the checks after it.

use super::stage::{MOST_CALLS, Readiness, set_readiness};
use super::world::{BUSY, World};
use crate::wire::{End, Wire};
use rocketmq_tower_core::CloseReason;
use std::sync::Arc;
use std::task::{Context, Waker};
use std::time::Duration;

impl World {
    /// Ends everything in the selected way, and checks that it does end.
    pub(super) async fn end(mut self, how: u8) {
        match how {
            0 | 1 => self.io.change(|wire| wire.end = wire.end.or(Some(End::Orderly))),
            2 | 3 => {
                self.stage.borrow_mut().book.drained = true;
                self.channel.drain();
            }
            4 => {
                self.stage.borrow_mut().book.cut = true;
                self.channel.close("the end");
            }
            5 => self.fail_reads(),
            6 => {
                self.io.change(|wire| {
                    wire.input.extend_from_slice(&[0xff; 8]);
                    wire.end = None;
                });
            }
            _ => self.drop_driver(),
        }
        self.io.change(Wire::open);
        if let Some(hog) = &mut self.hog {
            hog.end();
        }
        if matches!(how, 2 | 3) {
            // The peer never answers the calls without a timeout, and a drain waits for them.
            self.calls.give_up_untimed();
        }
        self.let_go();
        // Some requests call the peer, one after the other, with a timeout of two seconds each.
        let steps = [1; 4].into_iter().chain([3; 2 * MOST_CALLS]).chain([100, 4000]);
        for seconds in steps {
            if self.driver.is_none() {
                break;
            }
            self.let_go();
            self.pass(Duration::from_secs(seconds)).await;
            self.calls.poll();
        }
        assert!(self.driver.is_none(), "hangs: {:?}", self.driver);
        self.judge();
    }

    /// Lets everything that waits end.
    pub(super) fn let_go(&mut self) {
        for _ in 0..200 {
            self.poll(BUSY);
            self.calls.poll();
            let readiness = self.stage.borrow().readiness;
            if readiness == Readiness::Pending {
                set_readiness(&self.stage, Readiness::Ready);
            }
            let (parked, deferred) = {
                let stage = self.stage.borrow();
                (stage.parked.len(), stage.deferred.len())
            };
            for _ in 0..parked {
                self.tell(0, 0);
            }
            for which in 0..deferred {
                self.respond(0, which & 1 == 0);
            }
            if parked + deferred == 0 && readiness != Readiness::Pending {
                break;
            }
        }
    }

    pub(super) fn judge(&mut self) {
        assert!(self.channel.is_closed());
        self.calls.assert_over();
        if let Some(budget) = &self.budget {
            assert_eq!((budget.used(), budget.waiting()), (0, 0), "not given back");
        }
        assert!(self.closed_flag.take(), "nobody told that it closed");
        let waker = Waker::from(Arc::clone(&self.closed_flag));
        assert!(self.closed.as_mut().poll(&mut Context::from_waker(&waker)).is_ready());
        let stage = self.stage.borrow();
        assert_eq!(stage.book.running, if stage.driver_dropped { stage.book.running } else { 0 });
        let Some(reason) = &self.reason else { return };
        assert!(!matches!(reason, CloseReason::Aborted), "no reason");
        let orderly = matches!(
            reason,
            CloseReason::PeerClosed
                | CloseReason::Drained
                | CloseReason::Protocol(_)
                | CloseReason::Service(_)
        );
        let in_time = match (stage.book.input_ended, self.ended_at) {
            (Some(since), Some(end)) => end - since < self.grace,
            _ => true,
        };
        if orderly && in_time && !stage.book.cut {
            assert!(self.peer.borrow().is_even(), "half a frame");
            stage.book.settle();
            assert!(!self.left_open, "a deferred request was not waited for");
        }
        assert!(self.calls.len() == 0);
    }
}
