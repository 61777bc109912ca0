//! The settings of one group.

use crate::refusal::refuse;
use rocketmq_tower::protocol::{SubscriptionGroupConfig, json};
use rocketmq_tower::{BoxError, ResponseCode};
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// The maximum size of a group's settings as JSON, in bytes.
const MAX_BYTES: usize = 16 * 1024;

/// The maximum number of queues for the retries of a group.
const MAX_RETRY_QUEUES: i32 = 1024;

/// The settings of a group, as tools write and read them.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct GroupSettings {
    pub(crate) config: SubscriptionGroupConfig,
    others: OtherSettings,
}

/// Settings that only clients use: they are kept as they are.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct OtherSettings {
    #[serde(skip_serializing_if = "Option::is_none")]
    group_retry_policy: Option<Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    subscription_data_set: Option<Value>,
}

impl GroupSettings {
    /// Returns Java's defaults for a group.
    pub(crate) fn of(group: &str) -> Self {
        let group_name = group.to_owned();
        let config = SubscriptionGroupConfig { group_name, ..Default::default() };
        Self { config, others: OtherSettings::default() }
    }

    /// Reads the settings that a tool sends.
    ///
    /// # Errors
    /// If they are malformed, or a setting is not possible.
    pub(crate) fn read(body: &[u8]) -> Result<Self, BoxError> {
        if body.len() > MAX_BYTES {
            let text = format!("the settings of a group have at most {MAX_BYTES} bytes");
            return Err(refuse(ResponseCode::INVALID_PARAMETER, text));
        }
        let config: SubscriptionGroupConfig = json::from_slice(body)?;
        if config.retry_queue_nums > MAX_RETRY_QUEUES {
            let text = format!("a group has at most {MAX_RETRY_QUEUES} queues for its retries");
            return Err(refuse(ResponseCode::INVALID_PARAMETER, text));
        }
        Ok(Self { config, others: json::from_slice(body)? })
    }

    /// Returns what the broker obeys.
    pub(super) fn rules(&self) -> GroupRules {
        let config = &self.config;
        GroupRules {
            consume: config.consume_enable,
            broadcast: config.consume_broadcast_enable,
            notify: config.notify_consumer_ids_changed_enable,
            retry_max_times: config.retry_max_times,
            retry_queues: u32::try_from(config.retry_queue_nums).unwrap_or(0),
        }
    }
}

impl Serialize for GroupSettings {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        #[derive(Serialize)]
        struct All<'a> {
            #[serde(flatten)]
            config: &'a SubscriptionGroupConfig,
            #[serde(flatten)]
            others: &'a OtherSettings,
        }
        All { config: &self.config, others: &self.others }.serialize(serializer)
    }
}

/// The settings that the broker obeys.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct GroupRules {
    /// The group may pull.
    pub(crate) consume: bool,
    /// The group may pull if its consumers broadcast.
    pub(crate) broadcast: bool,
    /// Its members are notified of changes of the group.
    pub(crate) notify: bool,
    /// The maximum number of retries of a message, unless a consumer says it.
    pub(crate) retry_max_times: i32,
    /// The number of queues of its retry topic; 0 if messages are not retried.
    pub(crate) retry_queues: u32,
}

impl Default for GroupRules {
    /// Returns Java's defaults.
    fn default() -> Self {
        Self { consume: true, broadcast: true, notify: true, retry_max_times: 16, retry_queues: 1 }
    }
}

#[cfg(test)]
mod tests {
    use super::{GroupRules, GroupSettings};
    use rocketmq_tower::protocol::json;

    #[test]
    fn settings_are_written_as_they_are_read() {
        assert_eq!(GroupSettings::of("g").rules(), GroupRules::default());
        let text =
            br#"{"groupName":"g","consumeEnable":false,"retryMaxTimes":3,"retryQueueNums":-1,
            "groupRetryPolicy":{"type":"CUSTOMIZED","customizedRetryPolicy":{"next":[1000,2000]}},
            "subscriptionDataSet":[{"topic":"T","expression":"*"}]}"#;
        let settings = GroupSettings::read(text).unwrap();
        let rules = GroupRules {
            consume: false,
            retry_max_times: 3,
            retry_queues: 0,
            ..Default::default()
        };
        assert_eq!(settings.rules(), rules);
        let again = json::to_bytes(&settings).unwrap();
        assert_eq!(GroupSettings::read(&again).unwrap(), settings);
        let text = String::from_utf8(again.to_vec()).unwrap();
        assert!(text.contains(r#""next":[1000,2000]"#), "{text}");
    }

    #[test]
    fn settings_are_bounded() {
        let long = format!("{{\"groupName\":\"g\"{}}}", " ".repeat(16 * 1024));
        let error = GroupSettings::read(long.as_bytes()).unwrap_err().to_string();
        assert!(error.contains("at most 16384 bytes"), "{error}");
        let error = GroupSettings::read(br#"{"retryQueueNums":1025}"#).unwrap_err().to_string();
        assert!(error.contains("at most 1024 queues"), "{error}");
        GroupSettings::read(b"{").unwrap_err();
    }
}
