//! The bytes that one connection holds of a budget.

use super::ByteBudget;
use super::line::{Answer, Ticket};
use std::task::Context;
use std::time::Duration;
use tokio::time::Instant;

/// The rest of a frame stays reserved for this long without a byte of it.
const PATIENCE: Duration = Duration::from_millis(20);

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
    grant: Grant,
    /// The bytes of a frame that had arrived at the end of the last poll.
    arrived: usize,
    /// When the connection gives up what is reserved, unless a byte arrives.
    pub(super) quiet_at: Option<Instant>,
}

/// A permission to read beyond the connection's own bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Grant {
    None,
    /// The rest of the frame with this number, for which there was room.
    Frame(u64),
    /// The rest of this frame, beyond the budget, until the deadline.
    Turn {
        frame: u64,
        ends: Option<Instant>,
    },
    /// Has read that frame. The turn goes on to the next connection when its bytes are free again.
    Owing,
}

/// A connection that wants to read.
#[derive(Clone, Copy, Debug)]
pub(in crate::driver) struct Reader {
    /// The number of bytes that the connection holds.
    pub(in crate::driver) held: usize,
    /// The number of these that belong to a frame that is not complete.
    pub(in crate::driver) arrived: usize,
    /// The maximum number of bytes that the next read returns.
    pub(in crate::driver) reach: usize,
    /// The number of bytes that the frame lacks, if it is long; otherwise as `reach`.
    pub(in crate::driver) rest: usize,
    /// The number of frames read.
    pub(in crate::driver) frame: u64,
}

impl Reader {
    /// Describes a connection that is closed and holds `bytes` bytes.
    pub(in crate::driver) fn closed(bytes: usize) -> Self {
        Self { held: bytes, arrived: 0, reach: 0, rest: 0, frame: u64::MAX }
    }
}

impl Account {
    pub(in crate::driver) fn new(budget: Option<ByteBudget>) -> Self {
        Self {
            own: budget.as_ref().map_or(usize::MAX, |budget| budget.shared.own_bytes),
            budget,
            charged: 0,
            place: None,
            waits: false,
            grant: Grant::None,
            arrived: 0,
            quiet_at: None,
        }
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
        let is_own = self.charged == 0 && self.is_own(reader);
        self.waits = !is_own && !self.ask(cx, reader, limit);
        !self.waits
    }

    /// Whether the connection stays within its own bytes. It may always read if it holds nothing: it
    /// has to begin a frame before it can have the turn.
    #[inline]
    fn is_own(&self, reader: Reader) -> bool {
        reader.held.saturating_add(reader.reach) <= self.own || reader.held == 0
    }

    /// Records that the connection does not wait to be allowed to read.
    #[inline]
    pub(in crate::driver) fn wait_no_more(&mut self) {
        self.waits = false;
    }

    #[cold]
    fn ask(&mut self, cx: &Context<'_>, reader: Reader, limit: Duration) -> bool {
        self.update(reader);
        if matches!(self.grant, Grant::Frame(_) | Grant::Turn { .. }) || self.is_own(reader) {
            return true;
        }
        let Some(budget) = self.budget.clone() else { return true };
        let need = (reader.held + reader.rest).saturating_sub(self.own + self.charged);
        let is_first = self.place.is_none() && budget.waiting() == 0;
        let answer = if is_first && budget.try_take(need) {
            Answer::Room
        } else {
            let may_have_turn = reader.arrived > 0 && self.grant == Grant::None;
            budget.shared.line.ask(self.place, may_have_turn, cx.waker(), need, &budget)
        };
        match answer {
            Answer::Wait(ticket) => {
                self.place = Some(ticket);
                return false;
            }
            Answer::Turn => {
                budget.take(need);
                let ends = Instant::now().checked_add(limit);
                self.grant = Grant::Turn { frame: reader.frame, ends };
            }
            Answer::Room => {
                if self.grant == Grant::Owing {
                    // Not beyond the budget any more.
                    budget.shared.line.end_turn(None);
                }
                self.grant = Grant::Frame(reader.frame);
            }
        }
        self.place = None;
        self.charged += need;
        // There may be room for another one.
        budget.wake_next();
        true
    }

    /// Returns when the connection must have read the rest of its frame, and when it gives up what is
    /// reserved for it.
    #[inline]
    pub(in crate::driver) fn deadlines(&self) -> (Option<Instant>, Option<Instant>) {
        match self.grant {
            Grant::None | Grant::Owing => (None, None),
            Grant::Frame(_) => (None, self.quiet_at),
            Grant::Turn { ends, .. } => (ends, self.quiet_at),
        }
    }

    /// Gives up what is reserved for the rest of a frame, if none of it arrives any more.
    pub(in crate::driver) fn give_up_if_due(&mut self, reader: Reader) {
        if self.quiet_at.is_none_or(|at| at > Instant::now()) {
            return;
        }
        self.quiet_at = None;
        match self.grant {
            Grant::Frame(_) => {
                self.grant = Grant::None;
                self.charge(reader.held);
            }
            Grant::Turn { .. } => {
                self.charge(reader.held);
                if self.budget.as_ref().is_some_and(ByteBudget::is_kept) {
                    self.end_turn(false);
                } else {
                    self.charge(reader.held + reader.rest);
                }
            }
            Grant::None | Grant::Owing => {}
        }
    }

    /// Whether nothing is taken from the budget, and the connection neither waits nor has the turn.
    #[inline]
    pub(in crate::driver) fn is_unused(&self) -> bool {
        self.charged == 0 && self.place.is_none() && self.grant == Grant::None
    }

    /// Adjusts what is taken from the budget, at the end of a poll.
    pub(in crate::driver) fn settle(&mut self, reader: Reader) {
        self.update(reader);
        if !self.waits {
            // Others wait behind it.
            self.leave();
        }
        if self.grant == Grant::Owing {
            let is_answered = reader.held <= self.own.max(reader.arrived);
            if is_answered || self.budget.as_ref().is_some_and(ByteBudget::is_kept) {
                self.end_turn(reader.arrived > 0);
            }
        }
        if self.arrived != reader.arrived {
            self.arrived = reader.arrived;
            self.quiet_at = match self.grant {
                Grant::Frame(_) | Grant::Turn { .. } => Some(Instant::now() + PATIENCE),
                Grant::None | Grant::Owing => None,
            };
        }
    }

    /// Takes what the connection holds, with the rest of the frame that it may read.
    fn update(&mut self, reader: Reader) {
        let is_reading = match self.grant {
            Grant::Frame(frame) => frame == reader.frame && reader.arrived > 0,
            Grant::Turn { frame, .. } => frame == reader.frame,
            Grant::None | Grant::Owing => false,
        };
        if is_reading {
            return self.charge(reader.held + reader.rest);
        }
        self.grant = match self.grant {
            Grant::None | Grant::Frame(_) => Grant::None,
            Grant::Turn { .. } | Grant::Owing => Grant::Owing,
        };
        self.charge(reader.held);
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
        self.grant = Grant::None;
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
        if matches!(self.grant, Grant::Turn { .. } | Grant::Owing) {
            self.end_turn(false);
        }
    }
}
