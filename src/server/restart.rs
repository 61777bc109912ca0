//! Restarts without a gap.
