//! The bytes that one connection holds of a budget.

use super::ByteBudget;
use super::line::{Answer, Ticket};
use std::task::Context;
use std::time::Duration;
use tokio::time::Instant;

/// The account of a connection. Dropping it gives everything back.
#[derive(Debug)]
pub(in crate::driver) struct Account {
    budget: Option<ByteBudget>,
    /// The number of bytes that it may hold without taking from the budget.
    own: usize,
    /// The number of bytes that are taken from the budget.
    charged: usize,
    /// The connection's place in the line of those that wait.
    place: Option<Ticket>,
    /// Whether the connection would read if it were allowed to.
    waits: bool,
    turn: Turn,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Turn {
    None,
    /// May read the rest of the frame with this number, until the deadline.
    Reading {
        frame: u64,
        ends: Option<Instant>,
    },
    /// Has read it. The turn goes on to the next connection when its bytes are free again.
    Owing,
}

/// A connection that wants to read.
#[derive(Clone, Copy, Debug)]
pub(in crate::driver) struct Reader {
    /// The number of bytes that the connection holds.
    pub(in crate::driver) held: usize,
    /// The maximum number of bytes that the next read returns.
    pub(in crate::driver) reach: usize,
    /// The number of frames read.
    pub(in crate::driver) frame: u64,
    /// Whether a part of the next frame has arrived.
    pub(in crate::driver) in_frame: bool,
}

impl Reader {
    /// Returns the maximum number of bytes that the connection holds after the read.
    #[inline]
    fn most(self) -> usize {
        self.held.saturating_add(self.reach)
    }
}

impl Account {
    pub(in crate::driver) fn new(budget: Option<ByteBudget>) -> Self {
        let own = budget.as_ref().map_or(usize::MAX, |budget| budget.shared.own_bytes);
        Self { budget, own, charged: 0, place: None, waits: false, turn: Turn::None }
    }

    /// Whether the connection may read once. If not, it waits in line, and the task is woken when it
    /// may. A turn lasts at most `limit`.
    #[inline]
    pub(in crate::driver) fn may_read(
        &mut self,
        cx: &Context<'_>,
        reader: Reader,
        limit: Duration,
    ) -> bool {
        let is_own = reader.most() <= self.own && self.charged == 0;
        self.waits = !is_own && !self.ask(cx, reader, limit);
        !self.waits
    }

    /// Records that the connection does not wait to be allowed to read.
    #[inline]
    pub(in crate::driver) fn wait_no_more(&mut self) {
        self.waits = false;
    }

    #[cold]
    fn ask(&mut self, cx: &Context<'_>, reader: Reader, limit: Duration) -> bool {
        self.charge(reader.held);
        let Some(budget) = self.budget.clone() else { return true };
        match self.turn {
            Turn::Reading { frame, .. } if frame == reader.frame => return true,
            Turn::Reading { .. } => self.turn = Turn::Owing,
            Turn::None | Turn::Owing => {}
        }
        if reader.most() > self.own
            && (self.place.is_some() || budget.waiting() > 0 || !budget.has_room())
        {
            let may_have_turn = reader.in_frame && self.turn == Turn::None;
            let room = || budget.has_room();
            match budget.shared.line.ask(self.place, may_have_turn, cx.waker(), room) {
                Answer::Wait(ticket) => {
                    self.place = Some(ticket);
                    return false;
                }
                Answer::Turn => {
                    let ends = Instant::now().checked_add(limit);
                    self.turn = Turn::Reading { frame: reader.frame, ends };
                }
                Answer::Room => {}
            }
            self.place = None;
            // There may be room for another one.
            budget.wake_next();
        }
        if self.turn == Turn::Owing {
            // Not beyond the budget any more.
            self.end_turn(false);
        }
        // So that connections on other threads see what is about to arrive.
        self.charge(reader.most());
        true
    }

    /// Returns when the connection must have read the rest of its frame.
    pub(in crate::driver) fn turn_ends(&self) -> Option<Instant> {
        match self.turn {
            Turn::Reading { ends, .. } => ends,
            Turn::None | Turn::Owing => None,
        }
    }

    /// Whether nothing is taken from the budget, and the connection neither waits nor has the turn.
    #[inline]
    pub(in crate::driver) fn is_unused(&self) -> bool {
        self.charged == 0 && self.place.is_none() && self.turn == Turn::None
    }

    /// Adjusts what is taken from the budget, at the end of a poll. `buffered` bytes of those that
    /// are held belong to a frame that is not complete.
    pub(in crate::driver) fn settle(&mut self, held: usize, buffered: usize) {
        self.charge(held);
        let Some(budget) = &self.budget else { return };
        let is_repaid = match self.turn {
            Turn::None => false,
            Turn::Reading { .. } => held <= self.own,
            Turn::Owing => held <= self.own.max(buffered) || budget.has_room(),
        };
        if !self.waits {
            // Others wait behind it.
            self.leave();
        }
        if is_repaid {
            self.end_turn(buffered > 0);
        }
    }

    fn charge(&mut self, held: usize) {
        let Some(budget) = &self.budget else { return };
        let due = held.saturating_sub(self.own);
        if due > self.charged {
            budget.take(due - self.charged);
        } else if due < self.charged {
            budget.give_back(self.charged - due);
        }
        self.charged = due;
    }

    fn end_turn(&mut self, in_frame: bool) {
        self.turn = Turn::None;
        if let Some(budget) = &self.budget {
            budget.shared.line.end_turn(self.place.filter(|_| in_frame));
            budget.wake_next();
        }
    }

    fn leave(&mut self) {
        if let (Some(ticket), Some(budget)) = (self.place.take(), &self.budget) {
            budget.shared.line.leave(ticket);
            budget.wake_next();
        }
    }
}

impl Drop for Account {
    fn drop(&mut self) {
        self.charge(0);
        self.leave();
        if self.turn != Turn::None {
            self.end_turn(false);
        }
    }
}
