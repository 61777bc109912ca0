//! Bodies in JSON.

use super::fields::{Kind, value};
use super::known::Known;
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

/// Returns the body of a request to acknowledge messages, some of which were popped.
pub(super) fn acks(known: &Known, input: &mut Input<'_>) -> String {
    let acks = list(input, |at, input| {
        let popped = known.popped.iter().rev().nth(usize::from(input.byte()) % 8);
        if let Some(popped) = popped {
            return popped.ack();
        }
        let (group, topic) = (numbered(Kind::Group, at, input), text(Kind::Topic, input));
        let (offset, queue) = (input.byte(), input.byte() & 7);
        format!(
            "{{\"b\":\"Aw==\",\"c\":{group},\"pt\":1,\"q\":{queue},\"r\":\"0\",\"rq\":0,\
             \"so\":{offset},\"t\":{topic}}}"
        )
    });
    format!("{{\"brokerName\":\"broker-a\",\"acks\":{acks}}}")
}

/// Returns the body of a request for an assignment, or for the mode of a group.
pub(super) fn assignment(input: &mut Input<'_>) -> String {
    let (group, topic) = (text(Kind::Group, input), text(Kind::Topic, input));
    let (client, share) = (text(Kind::Client, input), input.byte() % 9);
    let (mode, model) = (input.pick(["PULL", "POP"]), input.pick(["CLUSTERING", "BROADCASTING"]));
    let strategy = input.pick(["AVG", "AVG_BY_CIRCLE", "other"]);
    format!(
        "{{\"topic\":{topic},\"consumerGroup\":{group},\"clientId\":{client},\"mode\":\"{mode}\",\
         \"strategyName\":\"{strategy}\",\"messageModel\":\"{model}\",\"popShareQueueNum\":{share}}}"
    )
}

/// Returns the body of a request with the settings of several topics.
pub(super) fn topics(input: &mut Input<'_>) -> String {
    let topics = list(input, |at, input| {
        let topic = numbered(Kind::Topic, at, input);
        let (reads, writes) = (text(Kind::Number, input), text(Kind::Number, input));
        let perm = text(Kind::Permission, input);
        let (reads, writes) = (unquoted(&reads), unquoted(&writes));
        let perm = unquoted(&perm);
        format!(
            "{{\"topicName\":{topic},\"readQueueNums\":{reads},\"writeQueueNums\":{writes},\
             \"perm\":{perm},\"attributes\":{{\"+message.type\":\"NORMAL\"}}}}"
        )
    });
    format!("{{\"topicConfigList\":{topics}}}")
}

/// Returns the body of a request with the settings of one group.
pub(super) fn group(input: &mut Input<'_>) -> String {
    one_group(0, input)
}

/// Returns the body of a request with the settings of several groups.
pub(super) fn groups(input: &mut Input<'_>) -> String {
    format!("{{\"groupConfigList\":{}}}", list(input, one_group))
}

fn one_group(at: usize, input: &mut Input<'_>) -> String {
    let group = numbered(Kind::Group, at, input);
    let (retries, queues) = (text(Kind::Number, input), text(Kind::Number, input));
    let (retries, queues) = (unquoted(&retries), unquoted(&queues));
    let flags = input.byte();
    let (consumes, broadcasts) = (flags & 7 != 0, flags & 8 != 0);
    format!(
        "{{\"groupName\":{group},\"consumeEnable\":{consumes},\"consumeBroadcastEnable\":{broadcasts},\
         \"retryMaxTimes\":{retries},\"retryQueueNums\":{queues}}}"
    )
}

fn unquoted(text: &str) -> &str {
    text.trim_matches('"')
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
