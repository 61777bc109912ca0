//! Delays of messages.

use crate::refusal::refuse;
use crate::topics::names;
use rocketmq_tower::message::{Properties, property};
use rocketmq_tower::{BoxError, ResponseCode};

/// The delays of levels 1 to 18, in seconds: Java's `messageDelayLevel`, `1s 5s 10s 30s 1m ..`.
const LEVELS: [i64; 18] =
    [1, 5, 10, 30, 60, 120, 180, 240, 300, 360, 420, 480, 540, 600, 1200, 1800, 3600, 7200];

/// The maximum delay until a delivery time, in ms: Java's `timerMaxDelaySec`, three days.
pub(crate) const MAX_DELAY: i64 = 3 * 24 * 3600 * 1000;

/// The delay of a message: the topic in which it waits, and its delivery time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Delay {
    /// The topic in which it waits, and the id of the queue.
    pub(crate) topic: &'static str,
    pub(crate) queue_id: i32,
    /// The delivery time, in ms since 1970.
    pub(crate) due: i64,
}

/// Returns the delay that the properties ask for, by time or by level, if they do.
pub(crate) fn of(properties: Properties<'_>, now: i64) -> Result<Option<Delay>, BoxError> {
    let values = properties.get_all(PROPERTIES);
    if values == [None; 4] {
        return Ok(None);
    }
    let [level, ms, seconds, time] = values;
    let time = if let Some(time) = number(property::TIMER_DELIVER_MS, time)? {
        Some(time)
    } else if let Some(ms) = number(property::TIMER_DELAY_MS, ms)? {
        Some(now.saturating_add(ms))
    } else {
        let seconds = number(property::TIMER_DELAY_SEC, seconds)?;
        seconds.map(|seconds| now.saturating_add(seconds.saturating_mul(1000)))
    };
    if let Some(due) = time {
        let wait = due.saturating_sub(now);
        if wait > MAX_DELAY {
            let text = format!("a message can wait at most {MAX_DELAY} ms, not {wait}");
            return Err(refuse(ResponseCode::MESSAGE_ILLEGAL, text));
        }
        return Ok((due > now).then_some(Delay { topic: names::TIMED, queue_id: 0, due }));
    }
    match number(property::DELAY, level)? {
        Some(level) if level > 0 => Ok(Some(of_level(level, now))),
        _ => Ok(None),
    }
}

/// Returns the levels with the ids of their queues and their delays in ms.
pub(crate) fn levels() -> impl Iterator<Item = (i32, i32, i64)> {
    (0..).zip(LEVELS).map(|(queue_id, seconds)| (queue_id + 1, queue_id, seconds * 1000))
}

/// Returns the delay of a level; of the highest one, if `level` is higher.
pub(crate) fn of_level(level: i64, now: i64) -> Delay {
    let level = level.clamp(1, LEVELS.len() as i64);
    let queue_id = level as i32 - 1;
    let due = now + LEVELS[queue_id as usize] * 1000;
    Delay { topic: names::SCHEDULED, queue_id, due }
}

fn number(name: &str, text: Option<&str>) -> Result<Option<i64>, BoxError> {
    let Some(text) = text else { return Ok(None) };
    let not_a_number = |_| {
        let text = format!("the property {name} is not a number: {text:?}");
        refuse(ResponseCode::MESSAGE_ILLEGAL, text)
    };
    text.parse().map(Some).map_err(not_a_number)
}

/// The properties that ask for a delay.
pub(crate) const PROPERTIES: [&str; 4] = [
    property::DELAY,
    property::TIMER_DELAY_MS,
    property::TIMER_DELAY_SEC,
    property::TIMER_DELIVER_MS,
];

#[cfg(test)]
mod tests {
    use super::{Delay, MAX_DELAY, names, of, of_level, property};
    use rocketmq_tower::message::{Properties, PropertiesBuf};

    const NOW: i64 = 1_700_000_000_000;

    fn asked(properties: &[(&str, &str)]) -> Result<Option<i64>, String> {
        let mut all = PropertiesBuf::new();
        properties.iter().for_each(|(name, value)| _ = all.set(name, value));
        let delay = of(all.as_properties(), NOW).map_err(|error| error.to_string())?;
        Ok(delay.map(|delay| delay.due - NOW))
    }

    #[test]
    fn levels_have_the_delays_of_javas_broker() {
        for (level, seconds) in [(1, 1), (2, 5), (3, 10), (5, 60), (14, 600), (18, 7200)] {
            let queue_id = level as i32 - 1;
            let due = NOW + seconds * 1000;
            assert_eq!(of_level(level, NOW), Delay { topic: names::SCHEDULED, queue_id, due });
        }
        assert_eq!(of_level(0, NOW), of_level(1, NOW));
        assert_eq!(of_level(i64::MAX, NOW), of_level(18, NOW));
    }

    #[test]
    fn a_message_waits_if_its_properties_ask_for_it() {
        let (deliver, soon) = ((NOW + 7).to_string(), NOW.to_string());
        for (name, value, expected) in [
            (property::DELAY, "2", Some(5000)),
            (property::DELAY, "0", None),
            (property::DELAY, "-1", None),
            (property::TIMER_DELAY_MS, "1500", Some(1500)),
            (property::TIMER_DELAY_SEC, "2", Some(2000)),
            (property::TIMER_DELIVER_MS, deliver.as_str(), Some(7)),
            (property::TIMER_DELIVER_MS, soon.as_str(), None),
            (property::TIMER_DELAY_MS, "-1", None),
        ] {
            assert_eq!(asked(&[(name, value)]), Ok(expected), "{name} {value}");
        }
        assert_eq!(asked(&[]), Ok(None));
        // A time takes precedence over a level.
        assert_eq!(asked(&[(property::DELAY, "2"), (property::TIMER_DELAY_MS, "3")]), Ok(Some(3)));
    }

    #[test]
    fn numbers_of_any_size_are_handled() {
        assert_eq!(
            asked(&[(property::TIMER_DELAY_MS, &MAX_DELAY.to_string())]),
            Ok(Some(MAX_DELAY))
        );
        for name in super::PROPERTIES {
            let largest = asked(&[(name, &i64::MAX.to_string())]);
            assert_eq!(largest.is_err(), name != property::DELAY, "{name}: {largest:?}");
            assert_eq!(asked(&[(name, &i64::MIN.to_string())]), Ok(None), "{name}");
            let text = of(Properties::new(&format!("{name}\u{1}soon")), NOW).unwrap_err();
            assert!(text.to_string().contains(name), "{text}");
        }
    }
}
