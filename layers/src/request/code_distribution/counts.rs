use crate::support::table::Table;
use std::collections::BTreeMap;
use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};

/// The maximum number of codes with a count of their own.
const MAX_CODES: usize = 256;

/// The live counts of codes.
#[derive(Debug)]
pub(super) struct Counters {
    codes: Table<i32, AtomicU64>,
    other: AtomicU64,
}

impl Counters {
    pub(super) fn new() -> Self {
        Self { codes: Table::new(MAX_CODES), other: AtomicU64::new(0) }
    }

    pub(super) fn count(&self, code: i32) {
        let counter = self.codes.get_or_insert(code, || AtomicU64::new(0)).unwrap_or(&self.other);
        counter.fetch_add(1, Ordering::Relaxed);
    }

    pub(super) fn read(&self) -> Counts {
        let read = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        let codes = self.codes.iter().map(|(code, counter)| (*code, read(counter))).collect();
        Counts { codes, other: read(&self.other) }
    }
}

/// How often each code was counted. It displays as Java's text, such as `{0:121, 19:2}`, without
/// codes whose count is zero.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    codes: BTreeMap<i32, u64>,
    other: u64,
}

impl Counts {
    /// Returns how often this code was counted.
    #[must_use]
    pub fn get(&self, code: impl Into<i32>) -> u64 {
        self.codes.get(&code.into()).copied().unwrap_or(0)
    }

    /// Returns how often codes without a count of their own were counted.
    #[must_use]
    pub const fn other(&self) -> u64 {
        self.other
    }

    /// Returns the codes whose count is not zero, in ascending order, with their counts.
    pub fn iter(&self) -> impl Iterator<Item = (i32, u64)> {
        self.codes.iter().map(|(code, count)| (*code, *count)).filter(|(_, count)| *count > 0)
    }

    /// Whether all counts are zero.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.other == 0 && self.iter().next().is_none()
    }

    /// Returns the counts that were added since `earlier`.
    #[must_use]
    pub fn since(&self, earlier: &Self) -> Self {
        let since = |(code, count): (i32, u64)| (code, count.saturating_sub(earlier.get(code)));
        let codes = self.iter().map(since).collect();
        Self { codes, other: self.other.saturating_sub(earlier.other) }
    }
}

impl fmt::Display for Counts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("{")?;
        let mut comma = "";
        for (code, count) in self.iter() {
            write!(f, "{comma}{code}:{count}")?;
            comma = ", ";
        }
        if self.other > 0 {
            write!(f, "{comma}other:{}", self.other)?;
        }
        f.write_str("}")
    }
}
