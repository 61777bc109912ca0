//! The operations that the fuzzer can apply to a connection.

use super::stage::{Deferred, How, Parked, Readiness, set_readiness};
use super::world::{BUSY, World};
use crate::Input;
use crate::wire::End;
use rocketmq_tower_core::{RemotingCommand, ResponseCode};
use std::rc::Rc;
use std::time::Duration;

impl World {
    pub(super) async fn step(&mut self, op: u8, input: &mut Input<'_>) {
        self.last = op >> 5;
        match op & 0x1f {
            kind @ 0..=3 => {
                let bytes = self.peer.borrow_mut().send(input, kind);
                self.io.change(|wire| {
                    if wire.end.is_none() {
                        wire.input.extend_from_slice(&bytes);
                    }
                });
            }
            // Requests that arrive at once are the most common operation.
            4 | 5 => {
                let bytes = self.peer.borrow_mut().send(input, 0);
                self.io.change(|wire| {
                    if wire.end.is_none() {
                        wire.arrived = wire.arrived.saturating_add(bytes.len());
                        wire.input.extend_from_slice(&bytes);
                    }
                });
                self.poll(usize::from(op & 1) * 50);
            }
            6 => {
                let more = usize::from(input.byte());
                self.io.change(|wire| wire.arrived = wire.arrived.saturating_add(more));
            }
            7 => self.io.change(|wire| wire.arrived = usize::MAX),
            8 => {
                let most = input.pick([usize::MAX, 1, 3, 100]);
                self.io.change(|wire| wire.read_most = most);
            }
            9 => {
                let more = usize::from(input.byte()) * 4;
                self.io.change(|wire| wire.room = wire.room.saturating_add(more));
            }
            10 => self.io.change(|wire| wire.room = usize::MAX),
            11 => {
                let most = input.pick([usize::MAX, 1, 3, 100]);
                self.io.change(|wire| (wire.write_most, wire.room) = (most, wire.room / 2));
            }
            12 => {
                let held = input.byte() & 1 != 0;
                self.io.change(|wire| wire.holds_back = held);
            }
            13 => self.poll(input.byte().into()),
            14 => self.poll(BUSY),
            15 => self.poll_unasked(),
            16 => {
                let readiness = match input.byte() {
                    0..=99 => Readiness::Ready,
                    100..=239 => Readiness::Pending,
                    240..=247 => Readiness::Fails,
                    _ => Readiness::Panics,
                };
                set_readiness(&self.stage, readiness);
            }
            17 => {
                let (which, how) = (input.byte(), input.byte());
                self.tell(which, how);
            }
            18 => {
                let (which, how) = (input.byte(), input.byte());
                self.respond(which, how & 1 == 0);
            }
            19 | 20 => {
                let (kind, seconds, size) = (input.byte(), input.byte() >> 4, input.byte());
                self.stage.borrow_mut().book.called = true;
                self.calls.begin(&self.channel, kind, seconds, size.into());
                self.calls.poll();
            }
            21 => self.calls.poll(),
            22 => self.calls.give_up(input.byte()),
            23 => {
                let some = input.byte();
                let time = if some < 128 {
                    Duration::from_millis(some.into())
                } else {
                    Duration::from_secs(u64::from(some) - 127)
                };
                self.pass(time).await;
            }
            24 => self.io.change(|wire| {
                if wire.end.is_none() {
                    wire.end = Some(End::Orderly);
                }
            }),
            rare => self.rarely(rare, input.byte()),
        }
    }

    /// Operations that end a connection, or nearly so. They need a second byte, as otherwise no
    /// connection would last long.
    pub(super) fn rarely(&mut self, what: u8, sure: u8) {
        if sure < 200 {
            return self.poll(sure.into());
        }
        match what {
            25 => {
                self.stage.borrow_mut().book.drained = true;
                self.channel.drain();
            }
            26 => {
                self.stage.borrow_mut().book.drained = true;
                self.lease = None;
            }
            27 => {
                self.stage.borrow_mut().book.cut = true;
                self.channel.close("the script says so");
            }
            28 => self.fail_reads(),
            31 => {
                if let Some(hog) = &mut self.hog {
                    hog.send(usize::from(255 - sure) * 64);
                }
            }
            29 => self.fail_writes(),
            30 if sure > 250 => self.drop_driver(),
            _ => self.poll(BUSY),
        }
    }

    pub(super) fn fail_reads(&mut self) {
        self.stage.borrow_mut().book.cut = true;
        self.io.change(|wire| wire.end = Some(End::Error));
    }

    pub(super) fn fail_writes(&mut self) {
        self.stage.borrow_mut().book.cut = true;
        self.io.change(|wire| wire.write_fails = true);
    }

    pub(super) fn drop_driver(&mut self) {
        {
            let mut stage = self.stage.borrow_mut();
            (stage.driver_dropped, stage.book.cut) = (true, true);
        }
        self.driver = None;
    }

    /// Lets a waiting request end.
    pub(super) fn tell(&mut self, which: u8, how: u8) {
        let parked = {
            let parked = &mut self.stage.borrow_mut().parked;
            if parked.is_empty() {
                return;
            }
            let which = usize::from(which) % parked.len();
            if how & 7 == 4 { Rc::clone(&parked[which]) } else { parked.swap_remove(which) }
        };
        let how = match how & 7 {
            4 => None,
            5 => Some(How::Silent),
            6 => Some(How::Fails),
            7 => Some(How::Panics),
            _ => Some(How::Answers),
        };
        Parked::tell(&parked, how);
    }

    /// Answers or drops a deferred request.
    pub(super) fn respond(&mut self, which: u8, answer: bool) {
        let deferred = {
            let deferred = &mut self.stage.borrow_mut().deferred;
            if deferred.is_empty() {
                return;
            }
            let which = usize::from(which) % deferred.len();
            deferred.swap_remove(which)
        };
        let Deferred { responder, opaque, oneway, finished } = deferred;
        // This side has begun to end its half, so no response is written any more.
        let gone = self.channel.is_closed() || self.io.0.borrow().ending;
        if answer {
            let sent = responder.send(RemotingCommand::response(ResponseCode::SUCCESS));
            assert_eq!(sent.is_err(), self.channel.is_closed() && !oneway);
        } else {
            drop(responder);
        }
        let mut finished = finished.borrow_mut();
        if finished.settled {
            return;
        }
        if answer || finished.returned {
            finished.settled = true;
            let book = &mut self.stage.borrow_mut().book;
            self.left_open |= gone && !oneway && book.input_ended.is_none();
            if gone { book.excuse(opaque, oneway) } else { book.owe(opaque, oneway) }
        } else {
            finished.abandoned = true;
        }
    }
}
