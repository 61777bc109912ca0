//! The count of calls by how they ended.

use std::fmt;
use std::ops::AddAssign;

/// Counts what became of calls.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    /// Calls with a response of the processor.
    pub answered: u64,
    /// Calls that ended in a way that says that no server has processed them.
    pub unprocessed: u64,
    /// Calls that ended otherwise: a server may have processed them, so nobody may repeat them.
    pub lost: u64,
    /// How the first call without an answer ended, if that is known.
    pub first: Option<String>,
}

impl Tally {
    /// Returns the number of calls.
    #[must_use]
    pub fn calls(&self) -> u64 {
        self.answered + self.unprocessed + self.lost
    }

    /// Counts a number of lost calls.
    pub fn lose(&mut self, calls: u64, how: impl fmt::Display) {
        self.lost += calls;
        if calls > 0 && self.first.is_none() {
            self.first = Some(how.to_string());
        }
    }
}

impl AddAssign for Tally {
    fn add_assign(&mut self, other: Self) {
        self.answered += other.answered;
        self.unprocessed += other.unprocessed;
        self.lost += other.lost;
        self.first = self.first.take().or(other.first);
    }
}
