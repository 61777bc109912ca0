//! Names of topics, and the names with a special meaning.

use crate::refusal::refuse;
use rocketmq_tower::{BoxError, ResponseCode};

/// The topic whose route producers look up if their topic does not exist yet.
pub(crate) const DEFAULT: &str = "TBW102";
/// Its name in client 4.3.0.
const DEFAULT_IN_4_3_0: &str = "AUTO_CREATE_TOPIC_KEY";
/// The topic of messages that wait for the end of their delay level; one queue for each level.
pub(crate) const SCHEDULED: &str = "SCHEDULE_TOPIC_XXXX";
/// The topic of messages that wait for a delivery time.
pub(crate) const TIMED: &str = "rmq_sys_wheel_timer";
/// The topic of messages that wait for their transactions.
pub(crate) const HALF: &str = "RMQ_SYS_TRANS_HALF_TOPIC";
/// The topic of messages whose transactions were given up.
pub(crate) const GIVEN_UP: &str = "TRANS_CHECK_MAX_TIME_TOPIC";

const RETRY_PREFIX: &str = "%RETRY%";
const DEAD_LETTER_PREFIX: &str = "%DLQ%";

/// The maximum length of a topic's name, and of a group's, as in Java's `TopicValidator` and its clients.
const MAX_LENGTH: usize = 127;
const MAX_GROUP: usize = 255;

/// The maximum length of the topic of a group.
pub(crate) const MAX_TOPIC_OF_GROUP: usize = RETRY_PREFIX.len() + MAX_GROUP;

/// Returns the topic of messages that a group gets again.
pub(crate) fn retry(group: &str) -> String {
    format!("{RETRY_PREFIX}{group}")
}

/// Returns the topic of messages that a group has failed to consume.
pub(crate) fn dead_letters(group: &str) -> String {
    format!("{DEAD_LETTER_PREFIX}{group}")
}

/// Returns the topic of messages of `topic` that a group has popped and gets again. Retry topics are
/// their own.
pub(crate) fn pop_retry(group: &str, topic: &str) -> String {
    match retried_group(topic) {
        Some(_) => topic.to_owned(),
        None => format!("{RETRY_PREFIX}{group}_{topic}"),
    }
}

/// Returns the topic whose messages a group gets again in the topic `retries`, if it is that of a pop.
pub(crate) fn of_pop_retry<'a>(group: &str, retries: &'a str) -> Option<&'a str> {
    retried_group(retries)?.strip_prefix(group)?.strip_prefix('_')
}

/// Returns the group whose retries are in this topic, if it is such a topic.
pub(crate) fn retried_group(topic: &str) -> Option<&str> {
    topic.strip_prefix(RETRY_PREFIX)
}

/// Returns whether a topic belongs to one group. Such a topic has one queue.
pub(crate) fn is_of_group(topic: &str) -> bool {
    topic.starts_with(RETRY_PREFIX) || topic.starts_with(DEAD_LETTER_PREFIX)
}

/// Returns whether a topic has the dead letters of a group.
#[cfg(feature = "console")]
pub(crate) fn is_of_dead_letters(topic: &str) -> bool {
    topic.starts_with(DEAD_LETTER_PREFIX)
}

/// Returns whether this is the name of [`DEFAULT`], in any version.
pub(crate) fn is_default(topic: &str) -> bool {
    [DEFAULT, DEFAULT_IN_4_3_0].contains(&topic)
}

/// Returns whether only the broker itself may send to the topic.
pub(crate) fn is_internal(topic: &str) -> bool {
    is_default(topic) || [SCHEDULED, TIMED, HALF, GIVEN_UP].contains(&topic)
}

/// Fails if applications cannot have a topic of this name.
pub(crate) fn check(topic: &str) -> Result<(), BoxError> {
    let group =
        [RETRY_PREFIX, DEAD_LETTER_PREFIX].into_iter().find_map(|of| topic.strip_prefix(of));
    if let Some(group) = group {
        return check_group(group);
    }
    check_name("a topic", topic, MAX_LENGTH)?;
    if is_internal(topic) {
        return Err(refuse(
            ResponseCode::NO_PERMISSION,
            format!("{topic} is the broker's own topic"),
        ));
    }
    Ok(())
}

/// Fails if a group of consumers cannot have this name.
pub(crate) fn check_group(group: &str) -> Result<(), BoxError> {
    check_name("a group", group, MAX_GROUP)
}

fn check_name(what: &str, name: &str, max: usize) -> Result<(), BoxError> {
    let code = ResponseCode::INVALID_PARAMETER;
    if name.is_empty() || name.len() > max {
        let length = name.len();
        return Err(refuse(code, format!("{what}'s name has 1 to {max} characters, not {length}")));
    }
    let allowed = |c: char| c.is_ascii_alphanumeric() || "%|-_".contains(c);
    if let Some(other) = name.chars().find(|&c| !allowed(c)) {
        let text =
            format!("{what}'s name has letters, digits, '%', '|', '-' and '_', not {other:?}");
        return Err(refuse(code, text));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::{
        MAX_GROUP, MAX_LENGTH, check, check_group, dead_letters, is_of_group, of_pop_retry,
        pop_retry, retried_group, retry,
    };

    #[test]
    fn names_are_accepted_as_in_java() {
        for name in ["T", "a-B_9", "%RETRY%g", "MQ_INST_1%T|x", &"x".repeat(MAX_LENGTH)] {
            check(name).unwrap();
        }
        for name in ["", "a b", "a\0", "\u{e9}", "a/b", "TBW102", &"x".repeat(MAX_LENGTH + 1)] {
            check(name).unwrap_err();
        }
    }

    #[test]
    fn a_group_has_a_longer_name_than_a_topic_and_so_has_its_topic() {
        let longest = "g".repeat(MAX_GROUP);
        for topic in [retry, dead_letters] {
            check_group(&longest).unwrap();
            check(&topic(&longest)).unwrap();
            for group in [format!("{longest}g"), "a b".into(), String::new()] {
                check_group(&group).unwrap_err();
                check(&topic(&group)).unwrap_err();
            }
        }
    }

    #[test]
    fn the_retries_of_a_pop_name_group_and_topic() {
        assert_eq!(pop_retry("g", "T"), "%RETRY%g_T");
        assert_eq!(pop_retry("g", "%RETRY%g"), "%RETRY%g");
        assert_eq!(of_pop_retry("g", "%RETRY%g_T"), Some("T"));
        for other in ["T", "%RETRY%g", "%RETRY%h_T", "g_T"] {
            assert_eq!(of_pop_retry("g", other), None, "{other}");
        }
    }

    #[test]
    fn topics_of_groups_are_recognized_by_their_names() {
        assert_eq!(retried_group(&retry("g")), Some("g"));
        assert_eq!(retried_group(&dead_letters("g")), None);
        assert_eq!([retry("g"), dead_letters("g")].map(|topic| is_of_group(&topic)), [true; 2]);
        assert!(!is_of_group("g"));
    }
}
