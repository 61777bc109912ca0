//! Queues, as users name them.

use std::fmt;
use std::str::FromStr;

/// The number of a queue, and maybe the broker that has it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct QueueName {
    pub(crate) broker: Option<String>,
    pub(crate) id: i32,
}

impl FromStr for QueueName {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (broker, id) = match text.rsplit_once(':') {
            Some((broker, id)) => (Some(broker.to_owned()), id),
            None => (None, text),
        };
        match id.parse() {
            Ok(id @ 0..) => Ok(Self { broker, id }),
            _ => Err("expected the number of a queue, or BROKER:NUMBER".to_owned()),
        }
    }
}

impl fmt::Display for QueueName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.broker {
            Some(broker) => write!(f, "{broker}:{}", self.id),
            None => write!(f, "{}", self.id),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::QueueName;

    #[test]
    fn a_queue_is_a_number_with_or_without_a_broker() {
        let queue = |broker: Option<&str>, id| QueueName { broker: broker.map(Into::into), id };
        assert_eq!("3".parse(), Ok(queue(None, 3)));
        assert_eq!("broker-a:0".parse(), Ok(queue(Some("broker-a"), 0)));
        for wrong in ["", "-1", "a:", "a", "a:-1", "99999999999"] {
            wrong.parse::<QueueName>().unwrap_err();
        }
    }
}
