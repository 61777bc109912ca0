//! The properties that a message is stored with.

use crate::delay;
use rocketmq_tower::message::{Properties, PropertiesBuf, property, unique_id};

/// The region of this broker: the default of Java's.
pub(crate) const REGION: &str = "DefaultRegion";

/// Returns a message's own properties with those that Java's broker adds. Java's consumers trace only
/// messages with a region and with tracing on; consumers that reply read the cluster. A message without
/// an id gets one.
pub(crate) fn stored(own: Properties<'_>, cluster: &str) -> String {
    let added = [
        (property::MSG_REGION, REGION),
        (property::TRACE_ON, "true"),
        (property::CLUSTER, cluster),
    ];
    let id = if own.get(property::UNIQ_KEY).is_none() { unique_id() } else { String::new() };
    // Quick to tell, and true for nearly all messages that were not sent by a consumer.
    let are_new = !added.iter().any(|(name, _)| own.as_str().contains(name));
    if are_new {
        let mut all = String::with_capacity(own.as_str().len() + cluster.len() + 100);
        all.push_str(own.as_str());
        if !all.is_empty() && !all.ends_with(PROPERTY_END) {
            all.push(PROPERTY_END);
        }
        let id = (property::UNIQ_KEY, id.as_str());
        for (name, value) in added.into_iter().chain([id]).filter(|(_, value)| !value.is_empty()) {
            all.push_str(name);
            all.push(NAME_END);
            all.push_str(value);
            all.push(PROPERTY_END);
        }
        return all;
    }
    let mut all = PropertiesBuf::from(own);
    for (name, value) in added {
        all.set(name, value);
    }
    if !id.is_empty() {
        all.set(property::UNIQ_KEY, &id);
    }
    all.as_properties().as_str().to_owned()
}

/// Returns the properties without those that ask for a delay.
pub(crate) fn without_delay(own: Properties<'_>) -> PropertiesBuf {
    let mut all = PropertiesBuf::from(own);
    for name in delay::PROPERTIES {
        all.remove(name);
    }
    all
}

/// The end of a property's name, and of its value: Java's `NAME_VALUE_SEPARATOR` and
/// `PROPERTY_SEPARATOR`.
const NAME_END: char = '\u{1}';
const PROPERTY_END: char = '\u{2}';

#[cfg(test)]
mod tests {
    use super::{Properties, PropertiesBuf, stored, without_delay};

    fn all(own: &str) -> Vec<(String, String)> {
        let text = stored(Properties::new(own), "Blue");
        let mut all: Vec<_> = Properties::new(&text)
            .iter()
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
            .collect();
        all.sort_unstable();
        all
    }

    fn expected(own: &[(&str, &str)]) -> Vec<(String, String)> {
        let added = [("CLUSTER", "Blue"), ("MSG_REGION", "DefaultRegion"), ("TRACE_ON", "true")];
        let mut all: Vec<_> = added
            .iter()
            .chain(own)
            .map(|&(name, value)| (name.to_owned(), value.to_owned()))
            .collect();
        all.sort_unstable();
        all
    }

    #[test]
    fn a_message_keeps_its_own_properties() {
        let own = [("TAGS", "a"), ("UNIQ_KEY", "U1")];
        for text in ["TAGS\u{1}a\u{2}UNIQ_KEY\u{1}U1\u{2}", "TAGS\u{1}a\u{2}UNIQ_KEY\u{1}U1"] {
            assert_eq!(all(text), expected(&own), "{text:?}");
        }
    }

    #[test]
    fn those_that_a_broker_has_added_before_are_replaced() {
        let sent =
            "CLUSTER\u{1}Red\u{2}UNIQ_KEY\u{1}U1\u{2}TRACE_ON\u{1}false\u{2}MSG_REGION\u{1}r";
        assert_eq!(all(sent), expected(&[("UNIQ_KEY", "U1")]));
        // Only looks like one.
        let sent = "my CLUSTER\u{1}Red\u{2}UNIQ_KEY\u{1}U1";
        assert_eq!(all(sent), expected(&[("UNIQ_KEY", "U1"), ("my CLUSTER", "Red")]));
    }

    #[test]
    fn a_message_without_an_id_gets_one() {
        for own in ["", "TAGS\u{1}a", "CLUSTER\u{1}Red"] {
            let text = stored(Properties::new(own), "Blue");
            let id = Properties::new(&text).get("UNIQ_KEY").map(str::len);
            assert_eq!(id, Some(32), "{own:?}");
        }
    }

    #[test]
    fn a_delay_is_taken_away() {
        let mut own = PropertiesBuf::new();
        own.set("DELAY", "3").set("TAGS", "a").set("TIMER_DELAY_MS", "5");
        own.set("TIMER_DELAY_SEC", "1").set("TIMER_DELIVER_MS", "9");
        let left = without_delay(own.as_properties());
        assert_eq!(left.as_properties().iter().collect::<Vec<_>>(), [("TAGS", "a")]);
    }
}
