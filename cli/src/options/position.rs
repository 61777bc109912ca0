//! Positions in queues.

use super::duration;
use crate::output::time;
use std::str::FromStr;
use std::time::{SystemTime, UNIX_EPOCH};

/// A position in a queue.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Position {
    /// The first message.
    Begin,
    /// After the last message.
    End,
    /// An offset.
    Offset(i64),
    /// This number of messages before the end.
    Last(i64),
    /// The first message that was stored at this time or later, in milliseconds since 1970.
    Time(i64),
}

impl FromStr for Position {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "begin" => return Ok(Self::Begin),
            "end" => return Ok(Self::End),
            _ => {}
        }
        if let Ok(number) = text.parse::<i64>() {
            return match number {
                0.. => Ok(Self::Offset(number)),
                i64::MIN => Err("expected a smaller number".to_owned()),
                _ => Ok(Self::Last(-number)),
            };
        }
        if let Ok(ago) = duration::parse(text) {
            let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
            let then = now.saturating_sub(ago).as_millis();
            return Ok(Self::Time(i64::try_from(then).unwrap_or(i64::MAX)));
        }
        match time::parse(text) {
            Some(millis @ 0..) => Ok(Self::Time(millis)),
            _ => Err("expected begin, end, an offset, -N, a time such as 2026-01-31T12:00:00Z, \
                      or a duration such as 10m"
                .to_owned()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Position;

    #[test]
    fn a_position_is_a_word_a_number_or_a_time() {
        for (text, position) in [
            ("begin", Position::Begin),
            ("end", Position::End),
            ("0", Position::Offset(0)),
            ("-5", Position::Last(5)),
            ("1970-01-02", Position::Time(86_400_000)),
            ("1970-01-01T00:00:01.5Z", Position::Time(1500)),
        ] {
            assert_eq!(text.parse(), Ok(position), "{text}");
        }
        assert!(matches!("10m".parse(), Ok(Position::Time(1_700_000_000_000..))));
        for wrong in ["", "last", "1969-12-31", "-9223372036854775808", "9223372036854775808"] {
            wrong.parse::<Position>().unwrap_err();
        }
    }
}
