//! Times as the protocol writes them.
//!
//! Not part of the public interface: this module is for the crates of rocketmq-tower, and stays as
//! long as a release of one of them uses it.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// Returns the time, in milliseconds since 1970.
#[must_use]
pub fn now_ms() -> i64 {
    time_ms(SystemTime::now())
}

/// Returns a time in milliseconds since 1970; 0 if it is earlier.
#[must_use]
pub fn time_ms(time: SystemTime) -> i64 {
    millis(time.duration_since(UNIX_EPOCH).unwrap_or_default())
}

/// Returns a duration in milliseconds, or `i64::MAX` if it has more.
#[must_use]
pub fn millis(duration: Duration) -> i64 {
    i64::try_from(duration.as_millis()).unwrap_or(i64::MAX)
}
