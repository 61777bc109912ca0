//! The settings of consumer groups.

use super::{DataVersion, MASTER_ID, SubscriptionData};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// The settings of a consumer group: the body of `UPDATE_AND_CREATE_SUBSCRIPTIONGROUP` and of the response
/// to `GET_SUBSCRIPTIONGROUP_CONFIG`. The policy for retries is left out.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct SubscriptionGroupConfig {
    /// Attributes.
    pub attributes: BTreeMap<String, String>,
    /// The id of the broker to consume from.
    pub broker_id: i64,
    /// Whether the group may consume by broadcast.
    pub consume_broadcast_enable: bool,
    /// Whether the group may consume.
    pub consume_enable: bool,
    /// Whether the group may begin with the first message.
    pub consume_from_min_enable: bool,
    /// Whether the group consumes in order.
    pub consume_message_orderly: bool,
    /// The time within which a message is consumed, in minutes.
    pub consume_timeout_minute: i32,
    /// The name of the group.
    pub group_name: String,
    /// System bits.
    pub group_sys_flag: i32,
    /// Whether its members are notified when others join or leave.
    pub notify_consumer_ids_changed_enable: bool,
    /// The maximum number of retries of a message.
    pub retry_max_times: i32,
    /// The number of queues of the group's retry topic.
    pub retry_queue_nums: i32,
    /// The id of the broker to consume from when the group is slow.
    pub which_broker_when_consume_slowly: i64,
}

impl Default for SubscriptionGroupConfig {
    /// Returns Java's defaults: everything is allowed, and a message is retried 16 times.
    fn default() -> Self {
        Self {
            attributes: BTreeMap::new(),
            broker_id: MASTER_ID,
            consume_broadcast_enable: true,
            consume_enable: true,
            consume_from_min_enable: true,
            consume_message_orderly: false,
            consume_timeout_minute: 15,
            group_name: String::new(),
            group_sys_flag: 0,
            notify_consumer_ids_changed_enable: true,
            retry_max_times: 16,
            retry_queue_nums: 1,
            which_broker_when_consume_slowly: 1,
        }
    }
}

/// The settings of all groups: the body of the response to `GET_ALL_SUBSCRIPTIONGROUP_CONFIG`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct SubscriptionGroupWrapper {
    /// The version of the settings.
    pub data_version: DataVersion,
    /// The forbidden kinds of access, by group and topic.
    pub forbidden_table: BTreeMap<String, BTreeMap<String, i32>>,
    /// The settings, by group.
    pub subscription_group_table: BTreeMap<String, SubscriptionGroupConfig>,
}

/// The header of `GET_ALL_SUBSCRIPTIONGROUP_CONFIG`. Without it, the response has all groups.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct GetAllSubscriptionGroupRequestHeader {
    /// The number of groups to skip.
    pub group_seq: Option<i32>,
    /// The maximum number of groups.
    pub max_group_num: Option<i32>,
}

/// The header of the response to `GET_ALL_SUBSCRIPTIONGROUP_CONFIG`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct GetAllSubscriptionGroupResponseHeader {
    /// The number of all groups.
    pub total_group_num: Option<i32>,
}

/// The header of `GET_SUBSCRIPTIONGROUP_CONFIG`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct GetSubscriptionGroupConfigRequestHeader<T = String> {
    /// The group.
    pub group: T,
}

/// The header of `DELETE_SUBSCRIPTIONGROUP`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct DeleteSubscriptionGroupRequestHeader<T = String> {
    /// The group.
    pub group_name: T,
    /// Whether its offsets are deleted, too. False if absent.
    #[serde(default)]
    pub clean_offset: bool,
}

/// The body of `CHECK_CLIENT_CONFIG`: the broker checks whether it supports the filter of a subscription.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct CheckClientRequestBody {
    /// The id of the client.
    pub client_id: String,
    /// The group.
    pub group: String,
    /// The namespace.
    pub namespace: Option<String>,
    /// The subscription.
    pub subscription_data: Option<SubscriptionData>,
}

/// The offsets of all groups: the body of the response to `GET_ALL_CONSUMER_OFFSET`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ConsumerOffsetSerializeWrapper {
    /// The version of the offsets.
    pub data_version: DataVersion,
    /// The offsets by queue, by `topic@group`.
    pub offset_table: BTreeMap<String, BTreeMap<i32, i64>>,
}
