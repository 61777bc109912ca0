//! Times of UTC, as RFC 3339 writes them.

const DAY: i64 = 86_400_000;

/// Returns a time, in milliseconds since 1970, as `2026-01-31T12:00:00.000Z`.
pub(crate) fn text(millis: i64) -> String {
    let (year, month, day) = date(millis.div_euclid(DAY));
    let of_day = millis.rem_euclid(DAY);
    let (hour, minute) = (of_day / 3_600_000, of_day / 60_000 % 60);
    let (second, milli) = (of_day / 1000 % 60, of_day % 1000);
    format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}.{milli:03}Z")
}

/// Reads `2026-01-31`, `2026-01-31T12:00:00Z`, `2026-01-31 12:00:00.5+08:00`. Without an offset, UTC. `None` if
/// it is no time.
pub(crate) fn parse(text: &str) -> Option<i64> {
    let (date, time) = match text.split_once(['T', 't', ' ']) {
        Some((date, time)) => (date, Some(time)),
        None => (text, None),
    };
    let [year, month, day] = numbers(date, '-', [4, 2, 2])?;
    if !(1..=12).contains(&month) || day < 1 {
        return None;
    }
    let days = days(year, month, day);
    if self::date(days) != (year, month, day) {
        return None;
    }
    Some(days * DAY + time.map_or(Some(0), of_day)?)
}

/// Reads a time of a day with its offset, in milliseconds after midnight of UTC.
fn of_day(text: &str) -> Option<i64> {
    let (time, offset) = match text.find(['Z', 'z', '+', '-']) {
        Some(at) => (&text[..at], offset(&text[at..])?),
        None => (text, 0),
    };
    let (time, fraction) = time.split_once('.').unwrap_or((time, "0"));
    let [hour, minute, second] = numbers(time, ':', [2, 2, 2])?;
    if hour > 23 || minute > 59 || second > 60 || !is_number(fraction) {
        return None;
    }
    let millis: i64 = format!("{fraction:0<3}").get(..3)?.parse().ok()?;
    Some(((hour * 60 + minute) * 60 + second) * 1000 + millis - offset)
}

fn offset(text: &str) -> Option<i64> {
    let (sign, text) = match text.split_at(1) {
        ("Z" | "z", "") => return Some(0),
        ("+", rest) => (1, rest),
        ("-", rest) => (-1, rest),
        _ => return None,
    };
    let [hours, minutes] = numbers(text, ':', [2, 2])?;
    (hours < 24 && minutes < 60).then_some(sign * (hours * 60 + minutes) * 60_000)
}

fn is_number(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}

/// Reads numbers of these lengths.
fn numbers<const N: usize>(text: &str, separator: char, lengths: [usize; N]) -> Option<[i64; N]> {
    let mut numbers = [0; N];
    let mut parts = text.split(separator);
    for (number, length) in numbers.iter_mut().zip(lengths) {
        let part = parts.next().filter(|part| part.len() == length && is_number(part))?;
        *number = part.parse().ok()?;
    }
    parts.next().is_none().then_some(numbers)
}

/// Returns the days from 1970 to a date of the Gregorian calendar.
fn days(year: i64, month: i64, day: i64) -> i64 {
    // Years begin in March, so that leap days are their last ones.
    let year = if month <= 2 { year - 1 } else { year };
    let of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    let leap_days = year.div_euclid(4) - year.div_euclid(100) + year.div_euclid(400);
    year * 365 + leap_days + of_year - 719_468
}

/// Returns the date of a day since 1970: the inverse of [`days`].
fn date(days: i64) -> (i64, i64, i64) {
    let days = days + 719_468;
    // 400 years have the same number of days always.
    let (era, of_era) = (days.div_euclid(146_097), days.rem_euclid(146_097));
    let year = (of_era - of_era / 1460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year + year / 4 - year / 100);
    let month = (5 * of_year + 2) / 153;
    let day = of_year - (153 * month + 2) / 5 + 1;
    let month = if month < 10 { month + 3 } else { month - 9 };
    (era * 400 + year + i64::from(month <= 2), month, day)
}

#[cfg(test)]
mod tests {
    use super::{date, days, parse, text};

    #[test]
    fn times_are_those_of_rfc_3339() {
        assert_eq!(text(0), "1970-01-01T00:00:00.000Z");
        assert_eq!(text(1_709_164_800_001), "2024-02-29T00:00:00.001Z");
        assert_eq!(text(-1), "1969-12-31T23:59:59.999Z");
        assert_eq!(parse("2024-02-29"), Some(1_709_164_800_000));
        assert_eq!(parse("2024-02-29T00:00:00.0019Z"), Some(1_709_164_800_001));
        assert_eq!(parse("2024-02-29 08:00:00+08:00"), Some(1_709_164_800_000));
        assert_eq!(parse("2024-02-28T19:30:00-04:30"), Some(1_709_164_800_000));
        for wrong in [
            "",
            "2023-02-29",
            "2024-13-01",
            "2024-00-01",
            "2024-1-1",
            "2024-01-01T",
            "2024-01-01T24:00:00Z",
            "2024-01-01T00:00Z",
            "2024-01-01T00:00:00.Z",
            "2024-01-01T00:00:00é",
            "2024-01-01T00:00:00Zé",
            "2024-01-01T00:00:00+08",
            "+024-01-01",
            "2024-01-01-01",
        ] {
            assert_eq!(parse(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn dates_and_days_are_inverse() {
        for day in (-800_000..2_900_000).step_by(17) {
            let (year, month, of_month) = date(day);
            assert_eq!(days(year, month, of_month), day);
        }
    }
}
