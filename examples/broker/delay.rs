//! When a message is to be delivered.

use crate::error::refuse;
use crate::topics::names;
use rocketmq_tower::message::{Properties, property};
use rocketmq_tower::{BoxError, ResponseCode};

/// The delays of levels 1 to 18, in seconds: Java's `messageDelayLevel`, `1s 5s 10s 30s 1m ..`.
const LEVELS: [i64; 18] =
    [1, 5, 10, 30, 60, 120, 180, 240, 300, 360, 420, 480, 540, 600, 1200, 1800, 3600, 7200];

/// The longest delay that a message may ask for by time: Java's `timerMaxDelaySec`, three days.
const MAX_DELAY: i64 = 3 * 24 * 3600 * 1000;

/// Where and until when a message waits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Delay {
    /// The topic in which it waits, and the id of the queue.
    pub(crate) topic: &'static str,
    pub(crate) queue_id: i32,
    /// When it is to be delivered, in ms.
    pub(crate) due: i64,
}

/// The delay that the properties ask for, if they do: by time, or by level.
pub(crate) fn of(properties: Properties<'_>, now: i64) -> Result<Option<Delay>, BoxError> {
    if let Some(due) = time(properties, now)? {
        if due - now > MAX_DELAY {
            let text = format!("a message can wait {MAX_DELAY} ms at most, not {}", due - now);
            return Err(refuse(ResponseCode::MESSAGE_ILLEGAL, text));
        }
        return Ok((due > now).then_some(Delay { topic: names::TIMED, queue_id: 0, due }));
    }
    match number(properties, property::DELAY)? {
        Some(level) if level > 0 => Ok(Some(of_level(level, now))),
        _ => Ok(None),
    }
}

/// The delay of a level; of the highest, if there is none so high.
pub(crate) fn of_level(level: i64, now: i64) -> Delay {
    let level = level.clamp(1, LEVELS.len() as i64);
    let queue_id = level as i32 - 1;
    let due = now + LEVELS[queue_id as usize] * 1000;
    Delay { topic: names::SCHEDULED, queue_id, due }
}

fn time(properties: Properties<'_>, now: i64) -> Result<Option<i64>, BoxError> {
    if let Some(time) = number(properties, property::TIMER_DELIVER_MS)? {
        return Ok(Some(time));
    }
    if let Some(delay) = number(properties, property::TIMER_DELAY_MS)? {
        return Ok(Some(now.saturating_add(delay)));
    }
    let seconds = number(properties, property::TIMER_DELAY_SEC)?;
    Ok(seconds.map(|seconds| now.saturating_add(seconds.saturating_mul(1000))))
}

fn number(properties: Properties<'_>, name: &str) -> Result<Option<i64>, BoxError> {
    let Some(text) = properties.get(name) else { return Ok(None) };
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
