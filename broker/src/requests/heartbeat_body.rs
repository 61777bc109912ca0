//! The body of a heartbeat, as far as the broker needs it, with bounds.

use super::list::AtMost;
use crate::clients::{ConsumerKind, SentSubscription};
use rocketmq_tower::protocol::{ConsumeFromWhere, ConsumeType, MessageModel, SubscriptionData};
use serde::Deserialize;
use std::borrow::Cow;

/// The maximum number of groups of producers of a heartbeat, and of groups of consumers; and of
/// subscriptions of a group.
const MAX_GROUPS: usize = 1000;
const MAX_SUBSCRIPTIONS: usize = 1000;

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct HeartbeatBody<'a> {
    #[serde(rename = "clientID", borrow, default)]
    pub(super) client_id: Cow<'a, str>,
    #[serde(borrow, default)]
    pub(super) consumer_data_set: AtMost<ConsumerOfBeat<'a>, MAX_GROUPS>,
    #[serde(borrow, default)]
    pub(super) producer_data_set: AtMost<ProducerOfBeat<'a>, MAX_GROUPS>,
    #[serde(default)]
    pub(super) heartbeat_fingerprint: i32,
    #[serde(default)]
    pub(super) without_sub: bool,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct ProducerOfBeat<'a> {
    #[serde(borrow, default)]
    pub(super) group_name: Cow<'a, str>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct ConsumerOfBeat<'a> {
    #[serde(borrow, default)]
    pub(super) group_name: Cow<'a, str>,
    #[serde(default)]
    consume_type: ConsumeType,
    #[serde(default)]
    message_model: MessageModel,
    #[serde(default)]
    consume_from_where: ConsumeFromWhere,
    #[serde(borrow, default)]
    pub(super) subscription_data_set: AtMost<SubscriptionOfBeat<'a>, MAX_SUBSCRIPTIONS>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct SubscriptionOfBeat<'a> {
    #[serde(borrow, default)]
    topic: Cow<'a, str>,
    #[serde(borrow, default)]
    expression_type: Option<Cow<'a, str>>,
    #[serde(borrow, default)]
    sub_string: Option<Cow<'a, str>>,
    #[serde(default)]
    sub_version: i64,
}

impl ConsumerOfBeat<'_> {
    pub(super) fn kind(&self) -> ConsumerKind {
        ConsumerKind {
            consume_type: self.consume_type,
            message_model: self.message_model,
            consume_from_where: self.consume_from_where,
        }
    }
}

impl SubscriptionOfBeat<'_> {
    pub(super) fn as_sent(&self) -> SentSubscription<'_> {
        SentSubscription {
            topic: &self.topic,
            kind: self.expression_type.as_deref().unwrap_or("TAG"),
            expression: self.sub_string.as_deref().unwrap_or(SubscriptionData::ALL),
            version: self.sub_version,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::HeartbeatBody;
    use rocketmq_tower::protocol::json;

    #[test]
    fn a_heartbeat_is_read_as_the_clients_write_it() {
        let body = br#"{"clientID":"c","consumerDataSet":[{"consumeType":1,"groupName":"g",
            "subscriptionDataSet":[{"topic":"T","subString":"a\u0062","subVersion":"7","codeSet":["1"]},
            {"topic":"U","expressionType":"SQL92"}]},{}],"heartbeatFingerprint":3}"#;
        let beat: HeartbeatBody<'_> = json::from_slice(body).unwrap();
        assert_eq!((&*beat.client_id, beat.heartbeat_fingerprint), ("c", 3));
        assert!(beat.producer_data_set.items.is_empty() && !beat.without_sub);
        let groups: Vec<_> =
            beat.consumer_data_set.items.iter().map(|group| &*group.group_name).collect();
        assert_eq!(groups, ["g", ""]);
        let sent = beat.consumer_data_set.items[0].subscription_data_set.items.iter();
        let sent: Vec<_> = sent.map(|sent| sent.as_sent()).collect();
        let fields = |n: usize| (sent[n].topic, sent[n].kind, sent[n].expression, sent[n].version);
        assert_eq!(fields(0), ("T", "TAG", "ab", 7));
        assert_eq!(fields(1), ("U", "SQL92", "*", 0));
    }
}
