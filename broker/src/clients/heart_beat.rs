//! The bodies of heartbeats. Where clients in Java, Go and Node write names and numbers, clients in
//! C++ write ordinals and strings, and leave out what is empty.

use super::Subscription;
use serde::{Deserialize, Deserializer};

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct HeartBeat {
    #[serde(rename = "clientID")]
    pub(crate) client_id: String,
    #[serde(default)]
    pub(crate) producer_data_set: Vec<ProducerData>,
    #[serde(default)]
    pub(crate) consumer_data_set: Vec<ConsumerData>,
    /// Not 0 if the client wants to send its subscriptions only when they change.
    #[serde(default)]
    pub(crate) heartbeat_fingerprint: i64,
    /// The subscriptions are left out, as they have not changed.
    #[serde(default)]
    pub(crate) without_sub: bool,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ProducerData {
    pub(crate) group_name: String,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ConsumerData {
    pub(crate) group_name: String,
    #[serde(default)]
    pub(crate) subscription_data_set: Vec<SubscriptionData>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct SubscriptionData {
    topic: String,
    #[serde(default)]
    sub_string: Option<String>,
    #[serde(default, deserialize_with = "number")]
    sub_version: i64,
    #[serde(default)]
    expression_type: Option<String>,
}

impl From<SubscriptionData> for Subscription {
    fn from(data: SubscriptionData) -> Self {
        Self {
            topic: data.topic,
            kind: data.expression_type.unwrap_or_default(),
            expression: data.sub_string.unwrap_or_default(),
            version: data.sub_version,
        }
    }
}

impl SubscriptionData {
    /// Returns the kind of the expression, and the expression.
    pub(crate) fn expression(&self) -> (&str, &str) {
        let kind = self.expression_type.as_deref().unwrap_or_default();
        (kind, self.sub_string.as_deref().unwrap_or_default())
    }
}

/// Reads a number, or a string with a number.
fn number<'de, D: Deserializer<'de>>(deserializer: D) -> Result<i64, D::Error> {
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum Either {
        Number(i64),
        Text(String),
    }
    match Either::deserialize(deserializer)? {
        Either::Number(number) => Ok(number),
        Either::Text(text) => text.parse().map_err(serde::de::Error::custom),
    }
}

#[cfg(test)]
mod tests {
    use super::HeartBeat;

    #[test]
    fn a_heartbeat_of_cpp_is_read() {
        let text = r#"{"clientID":"28879-127.0.0.1@1","consumerDataSet":[{"consumeFromWhere":0,"consumeType":1,
            "groupName":"g","messageModel":1,"subscriptionDataSet":[{"subString":"*","subVersion":"1795341511645","topic":"T1"}]}]}"#;
        let beat: HeartBeat = serde_json::from_str(text).unwrap();
        assert_eq!(
            beat.consumer_data_set[0].subscription_data_set[0].sub_version,
            1_795_341_511_645
        );
        assert!(beat.producer_data_set.is_empty());
    }

    #[test]
    fn a_heartbeat_of_go_is_read() {
        let text = r#"{"clientID":"1@a","producerDataSet":[],"consumerDataSet":[{"groupName":"g",
            "consumeType":"CONSUME_PASSIVELY","messageModel":"CLUSTERING","consumeFromWhere":"CONSUME_FROM_FIRST_OFFSET",
            "subscriptionDataSet":[{"classFilterMode":false,"topic":"T1","subString":"*","tagsSet":[],"codeSet":["2598919"],
            "subVersion":1795341535199922623,"expressionType":"TAG"}],"unitMode":false}]}"#;
        let beat: HeartBeat = serde_json::from_str(text).unwrap();
        assert_eq!(
            beat.consumer_data_set[0].subscription_data_set[0].sub_version,
            1_795_341_535_199_922_623
        );
    }
}
