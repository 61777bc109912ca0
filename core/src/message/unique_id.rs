//! The ids by which producers tell their messages apart.

use std::collections::hash_map::RandomState;
use std::fmt::Write;
use std::hash::BuildHasher;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU16, Ordering};
use std::time::{SystemTime, UNIX_EPOCH};

/// Returns a new id for [`UNIQ_KEY`](super::property::UNIQ_KEY), in the form of Java's
/// `MessageClientIDSetter`: 32 upper-case hex digits, of 10 bytes of the process, the milliseconds since the
/// first of the month (UTC here), and a counter. Java's tools read the time in it. The bytes of the process
/// are random here.
#[must_use]
pub fn unique_id() -> String {
    static PROCESS: OnceLock<[u64; 2]> = OnceLock::new();
    static COUNTER: AtomicU16 = AtomicU16::new(0);
    // Each `RandomState` has its own keys, from the system's random numbers.
    let process = PROCESS.get_or_init(|| [(); 2].map(|()| RandomState::new().hash_one(0)));
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    let days = now.as_secs() / 86_400;
    let since_midnight = now.as_millis() as u64 % 86_400_000;
    let millis = (day_of_month(days) - 1) * 86_400_000 + since_midnight;
    let count = COUNTER.fetch_add(1, Ordering::Relaxed);
    let mut id = String::with_capacity(32);
    // Writing to a string does not fail.
    _ = write!(id, "{:016X}{:04X}{:08X}{count:04X}", process[0], process[1] as u16, millis as u32);
    id
}

/// Returns the day of the month, from 1, of a day that is counted from 1970-01-01. Years begin in March here,
/// so that the leap day is the last one.
fn day_of_month(days: u64) -> u64 {
    let day_of_era = (days + 719_468) % 146_097;
    let leap_days = day_of_era / 1460 - day_of_era / 36_524 + day_of_era / 146_096;
    let year = (day_of_era - leap_days) / 365;
    let day_of_year = day_of_era - (365 * year + year / 4 - year / 100);
    let month = (5 * day_of_year + 2) / 153;
    day_of_year - (153 * month + 2) / 5 + 1
}

#[cfg(test)]
mod tests {
    use super::{day_of_month, unique_id};
    use std::collections::HashSet;

    #[test]
    fn days_are_those_of_the_calendar() {
        let leap = |year: u64| (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
        let mut day = 0;
        for year in 1970..2405 {
            let february = if leap(year) { 29 } else { 28 };
            for length in [31, february, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31] {
                for expected in 1..=length {
                    assert_eq!(day_of_month(day), expected, "{year}, day {day}");
                    day += 1;
                }
            }
        }
    }

    #[test]
    fn ids_differ_and_have_javas_form() {
        let ids: HashSet<String> = (0..1000).map(|_| unique_id()).collect();
        assert_eq!(ids.len(), 1000);
        assert!(
            ids.iter().all(|id| id.len() == 32 && id[..20] == ids.iter().next().unwrap()[..20])
        );
        let digits = |c: char| c.is_ascii_digit() || ('A'..='F').contains(&c);
        assert!(ids.iter().all(|id| id.chars().all(digits)));
        let millis = |id: &String| u32::from_str_radix(&id[20..28], 16).unwrap();
        assert!(ids.iter().all(|id| millis(id) < 31 * 86_400_000));
    }
}
