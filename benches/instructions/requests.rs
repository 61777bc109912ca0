//! The numbers that the counts are divided by.

/// Frames per read.
pub(crate) const PER_READ: usize = 32;

/// Reads in one benchmark.
pub(crate) const READS: usize = 100;

/// Requests in one benchmark. All benchmarks handle the same number.
pub(crate) const REQUESTS: usize = PER_READ * READS;
