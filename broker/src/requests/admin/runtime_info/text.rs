//! Times and sizes as texts.

/// Returns a time as Java writes it.
pub(super) fn runtime(ms: i64) -> String {
    let seconds = ms.max(0) / 1000;
    let (days, hours) = (seconds / 86_400, seconds / 3600 % 24);
    let (minutes, seconds) = (seconds / 60 % 60, seconds % 60);
    format!("[ {days} days, {hours} hours, {minutes} minutes, {seconds} seconds ]")
}

/// Returns a number of bytes as Java writes it.
pub(super) fn readable(bytes: u64) -> String {
    const UNITS: [&str; 6] = ["KiB", "MiB", "GiB", "TiB", "PiB", "EiB"];

    if bytes < 1024 {
        return format!("{bytes} B");
    }
    let mut value = bytes as f64 / 1024.0;
    let mut units = UNITS.into_iter();
    let mut unit = units.next().unwrap_or_default();
    for next in units {
        if value < 1024.0 {
            break;
        }
        (value, unit) = (value / 1024.0, next);
    }
    format!("{value:.1} {unit}")
}

#[cfg(test)]
mod tests {
    use super::{readable, runtime};

    #[test]
    fn times_and_sizes_are_written_as_in_java() {
        assert_eq!(runtime(90_061_000), "[ 1 days, 1 hours, 1 minutes, 1 seconds ]");
        let sizes = [0, 1023, 1024, 1536, 1 << 30, u64::MAX].map(readable);
        assert_eq!(sizes, ["0 B", "1023 B", "1.0 KiB", "1.5 KiB", "1.0 GiB", "16.0 EiB"]);
    }
}
