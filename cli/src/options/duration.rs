//! Durations: a number and a unit.

use std::time::Duration;

/// The longest duration, a hundred years.
const MAX: u64 = 100 * 365 * DAY;
const DAY: u64 = 86_400_000;

/// Reads a duration such as `500ms`, `3s`, `10m`, `2h` or `1d`.
pub(super) fn parse(text: &str) -> Result<Duration, String> {
    let at = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    let (number, unit) = text.split_at(at);
    let unit: u64 = match unit {
        "ms" => 1,
        "s" => 1000,
        "m" => 60_000,
        "h" => 3_600_000,
        "d" => DAY,
        _ => return Err("expected a number and a unit: ms, s, m, h or d".to_owned()),
    };
    let number: u64 = number.parse().map_err(|_| "expected a number and a unit".to_owned())?;
    match number.checked_mul(unit) {
        Some(millis @ ..=MAX) => Ok(Duration::from_millis(millis)),
        _ => Err("expected at most a hundred years".to_owned()),
    }
}

/// Reads a duration that is not zero.
pub(super) fn positive(text: &str) -> Result<Duration, String> {
    match parse(text)? {
        Duration::ZERO => Err("expected more than nothing".to_owned()),
        duration => Ok(duration),
    }
}

#[cfg(test)]
mod tests {
    use super::{parse, positive};
    use std::time::Duration;

    #[test]
    fn a_duration_is_a_number_and_a_unit() {
        for (text, millis) in [("7ms", 7), ("3s", 3000), ("2m", 120_000), ("0h", 0)] {
            assert_eq!(parse(text), Ok(Duration::from_millis(millis)), "{text}");
        }
        assert_eq!(parse("1d"), Ok(Duration::from_secs(86_400)));
        for wrong in ["", "3", "s", "3 s", "-3s", "3sec", "18446744073709551615d", "36501d", "١s"]
        {
            parse(wrong).unwrap_err();
        }
        positive("0s").unwrap_err();
    }
}
