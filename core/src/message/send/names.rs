//! The names of the fields in a send's header.

use crate::command::RequestCode;

/// The name of each field.
pub(super) struct Names {
    pub(super) producer_group: &'static str,
    pub(super) topic: &'static str,
    pub(super) default_topic: &'static str,
    pub(super) default_topic_queue_nums: &'static str,
    pub(super) queue_id: &'static str,
    pub(super) sys_flag: &'static str,
    pub(super) born_timestamp: &'static str,
    pub(super) flag: &'static str,
    pub(super) properties: &'static str,
    pub(super) reconsume_times: &'static str,
    pub(super) unit_mode: &'static str,
    pub(super) max_reconsume_times: &'static str,
    pub(super) batch: &'static str,
    pub(super) broker_name: &'static str,
}

/// The names in Java's `SendMessageRequestHeader`.
static LONG: Names = Names {
    producer_group: "producerGroup",
    topic: "topic",
    default_topic: "defaultTopic",
    default_topic_queue_nums: "defaultTopicQueueNums",
    queue_id: "queueId",
    sys_flag: "sysFlag",
    born_timestamp: "bornTimestamp",
    flag: "flag",
    properties: "properties",
    reconsume_times: "reconsumeTimes",
    unit_mode: "unitMode",
    max_reconsume_times: "maxReconsumeTimes",
    batch: "batch",
    broker_name: "bname",
};

/// The names in Java's `SendMessageRequestHeaderV2`.
pub(super) static SHORT: Names = Names {
    producer_group: "a",
    topic: "b",
    default_topic: "c",
    default_topic_queue_nums: "d",
    queue_id: "e",
    sys_flag: "f",
    born_timestamp: "g",
    flag: "h",
    properties: "i",
    reconsume_times: "j",
    unit_mode: "k",
    max_reconsume_times: "l",
    batch: "m",
    broker_name: "n",
};

impl Names {
    /// Returns the names in requests with this code.
    pub(super) fn of(code: RequestCode) -> &'static Self {
        match code {
            RequestCode::SEND_MESSAGE | RequestCode::SEND_REPLY_MESSAGE => &LONG,
            _ => &SHORT,
        }
    }
}
