//! Values of header fields: plausible ones, and wild ones.

use crate::Input;
use rocketmq_tower_core::clock::now_ms;

/// The meaning of a field.
#[derive(Clone, Copy)]
pub(super) enum Kind {
    Topic,
    Group,
    Client,
    Queue,
    /// A queue, or all of them.
    PopQueue,
    /// An offset of a queue.
    Offset,
    /// A position in the log, such as of a message that was sent.
    Position,
    /// A small number, or the bits of a flag.
    Number,
    /// Of a transaction.
    Outcome,
    /// Of a topic.
    Permission,
    Bool,
    /// A time, in ms since 1970.
    Time,
    /// A duration, in ms.
    Millis,
    /// A receipt handle.
    Handle,
    Properties,
    Filter,
    FilterKind,
    Key,
}

const WILD: [&str; 12] = [
    "",
    "-1",
    "2147483647",
    "-2147483648",
    "9223372036854775807",
    "-9223372036854775808",
    "1.5",
    "9223372036854775808",
    " 1",
    "null",
    "\0",
    "\u{1}\u{2}",
];

/// The properties of messages from which some are selected.
const PROPERTIES: [&str; 16] = [
    "TAGS\u{1}a",
    "TAGS\u{1}b",
    "KEYS\u{1}k l",
    "UNIQ_KEY\u{1}k",
    "TRAN_MSG\u{1}true",
    "PGROUP\u{1}g",
    "DELAY\u{1}1",
    "TIMER_DELAY_MS\u{1}1",
    "TIMER_DELIVER_MS\u{1}99999999999999",
    "REAL_TOPIC\u{1}U",
    "REAL_QID\u{1}9",
    "REPLY_TO_CLIENT\u{1}c",
    "RETRY_TOPIC\u{1}U",
    "CHECK_IMMUNITY_TIME_IN_SECONDS\u{1}1",
    "CLUSTER\u{1}x",
    "DELAY\u{1}soon",
];

/// Returns a value of a field, or `None` to leave it out.
pub(super) fn value(kind: Kind, positions: &[i64], input: &mut Input<'_>) -> Option<String> {
    let how = input.byte();
    match how {
        0..8 => return None,
        8..16 => {
            let length = usize::from(input.byte());
            return Some(String::from_utf8_lossy(input.take(length)).into_owned());
        }
        16..28 => return Some(WILD[usize::from(how - 16)].to_owned()),
        28 => return Some("x".repeat(usize::from(input.byte()) * 20)),
        _ => {}
    }
    let at = usize::from(how - 29);
    let pick = |choices: &[&str]| choices[at % choices.len()].to_owned();
    Some(match kind {
        Kind::Topic => topic(at),
        Kind::Group => pick(&["g", "g", "h", "producers"]),
        Kind::Client => pick(&["c", "c", "d"]),
        Kind::Queue => pick(&["0", "0", "0", "1", "1", "2", "3", "7", "8"]),
        Kind::PopQueue => pick(&["-1", "-1", "0", "1", "7"]),
        Kind::Offset => (at % 12).to_string(),
        Kind::Position => match positions.len().checked_sub(1 + at % 8) {
            Some(index) => positions[index].to_string(),
            None => at.to_string(),
        },
        Kind::Number => (at % 33).to_string(),
        Kind::Outcome => pick(&["8", "12", "0"]),
        Kind::Permission => pick(&["6", "6", "4", "2", "0"]),
        Kind::Bool => pick(&["true", "false"]),
        Kind::Time => match at % 3 {
            0 => "0".to_owned(),
            1 => now_ms().to_string(),
            _ => i64::MAX.to_string(),
        },
        Kind::Millis => pick(&["1", "1000", "15000", "30000", "600000"]),
        Kind::Handle => format!("0 {} 60000 {} 0 broker-a 0 {}", now_ms(), at % 2 * 999, at % 12),
        Kind::Properties => properties(input),
        Kind::Filter => match at % 8 {
            0 => "a||b".to_owned(),
            1 => "a||".repeat(at * 20),
            2 => "b".to_owned(),
            3 => "a > 1".to_owned(),
            _ => "*".to_owned(),
        },
        Kind::FilterKind => pick(&["TAG", "TAG", "TAG", "SQL92", "other"]),
        Kind::Key => pick(&["k", "l", "m"]),
    })
}

fn topic(at: usize) -> String {
    match at % 22 {
        0..=6 => "T".to_owned(),
        7..=9 => "U".to_owned(),
        10 => "%RETRY%g".to_owned(),
        11 => "%DLQ%g".to_owned(),
        12 => "TBW102".to_owned(),
        13 => "SCHEDULE_TOPIC_XXXX".to_owned(),
        14 => "RMQ_SYS_TRANS_HALF_TOPIC".to_owned(),
        15 => "rmq_sys_wheel_timer".to_owned(),
        16 => "broker-a".to_owned(),
        17 => "%RETRY%g_T".to_owned(),
        _ => format!("V{at}"),
    }
}

/// Returns some of the known properties, with any text behind them at times.
pub(super) fn properties(input: &mut Input<'_>) -> String {
    let bits = u16::from_be_bytes([input.byte(), input.byte()]);
    let selected = PROPERTIES.iter().enumerate().filter(|(at, _)| bits >> at & 1 != 0);
    let mut all: Vec<&str> = selected.map(|(_, property)| *property).collect();
    let text;
    if bits & 0x8001 == 0x8001 {
        text = String::from_utf8_lossy(input.take(20)).into_owned();
        all.push(&text);
    }
    all.join("\u{2}")
}
