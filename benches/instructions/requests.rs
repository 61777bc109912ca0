//! What the counts are divided by.

/// Frames that come with one read.
pub(crate) const PER_READ: usize = 32;

/// Reads in one benchmark, of whatever kind.
pub(crate) const READS: usize = 100;

/// Requests in one benchmark: each of them handles this many.
pub(crate) const REQUESTS: usize = PER_READ * READS;
