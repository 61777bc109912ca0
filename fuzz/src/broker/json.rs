//! Bodies in JSON.

use super::fields::{Kind, value};
use crate::Input;

/// Returns the body of a heartbeat.
pub(super) fn heartbeat(input: &mut Input<'_>) -> String {
    let client = text(Kind::Client, input);
    let producers =
        list(input, |at, input| format!("{{\"groupName\":{}}}", numbered(Kind::Group, at, input)));
    let consumers = list(input, |at, input| {
        let group = numbered(Kind::Group, at, input);
        let subscriptions = list(input, |at, input| {
            let topic = numbered(Kind::Topic, at, input);
            let (filter, kind) = (text(Kind::Filter, input), text(Kind::FilterKind, input));
            let version = input.byte();
            format!(
                "{{\"topic\":{topic},\"subString\":{filter},\"expressionType\":{kind},\
                 \"subVersion\":{version}}}"
            )
        });
        format!("{{\"groupName\":{group},\"subscriptionDataSet\":{subscriptions}}}")
    });
    let flags = input.byte();
    let (fingerprint, without) = (flags >> 1 & 3, flags & 1 != 0);
    format!(
        "{{\"clientID\":{client},\"producerDataSet\":{producers},\"consumerDataSet\":{consumers},\
         \"heartbeatFingerprint\":{fingerprint},\"withoutSub\":{without}}}"
    )
}

/// Returns the body of a request to lock or to unlock queues.
pub(super) fn locks(input: &mut Input<'_>) -> String {
    let (client, group) = (text(Kind::Client, input), text(Kind::Group, input));
    let queues = list(input, |at, input| {
        let topic = numbered(Kind::Topic, at, input);
        let id = input.byte() & 7;
        format!("{{\"topic\":{topic},\"brokerName\":\"broker-a\",\"queueId\":{id}}}")
    });
    format!("{{\"clientId\":{client},\"consumerGroup\":{group},\"mqSet\":{queues}}}")
}

/// Returns the body of a request to check a subscription.
pub(super) fn subscription(input: &mut Input<'_>) -> String {
    let (topic, filter) = (text(Kind::Topic, input), text(Kind::Filter, input));
    let kind = text(Kind::FilterKind, input);
    format!(
        "{{\"clientId\":\"c\",\"group\":\"g\",\"subscriptionData\":{{\"topic\":{topic},\
         \"subString\":{filter},\"expressionType\":{kind}}}}}"
    )
}

/// Returns a list. The items of a long one are alike.
fn list(input: &mut Input<'_>, item: impl Fn(usize, &mut Input<'_>) -> String) -> String {
    let count = match input.byte() {
        many @ 250.. => usize::from(many - 249) * 200,
        few => usize::from(few % 4),
    };
    let items: Vec<_> = (0..count.min(3)).map(|at| item(at, input)).collect();
    let rest = (3..count).map(|at| item(at, &mut Input::new(&[200, 200, 0, 60, 60, 60, 60])));
    format!("[{}]", items.into_iter().chain(rest).collect::<Vec<_>>().join(","))
}

/// Returns a value as JSON, or nearly so: not every text is escaped.
fn text(kind: Kind, input: &mut Input<'_>) -> String {
    value(kind, &[], input).map_or("null".to_owned(), |value| format!("\"{value}\""))
}

/// Returns a value. Those of the items of a long list differ.
fn numbered(kind: Kind, at: usize, input: &mut Input<'_>) -> String {
    if at < 3 { text(kind, input) } else { format!("\"n{at}\"") }
}
