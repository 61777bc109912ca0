//! The requests for brokers.

use crate::requests::{PLACEHOLDER, Template};
use bytes::Bytes;
use rocketmq_tower::message::{Properties, PropertiesBuf, SendHeader, property};
use rocketmq_tower::protocol::{
    CreateTopicRequestHeader, PullMessageRequestHeader, SubscriptionData, perm, pull_sys_flag,
};
use rocketmq_tower::{BoxError, LanguageCode, RemotingCommand, RequestCode};
use std::process;
use std::sync::atomic::{AtomicU32, Ordering};

/// The number of queues of each topic.
pub(crate) const QUEUES: usize = 8;

/// The name of the broker, which clients of 5.x tell: proxies need it.
const BROKER: &str = "bench";

/// The maximum number of messages of a pull: the default of Java's consumer.
pub(crate) const PER_PULL: i32 = 32;

/// Returns a request that creates a topic.
pub(super) fn create_topic(topic: &str) -> Result<RemotingCommand, BoxError> {
    let header = CreateTopicRequestHeader {
        topic,
        default_topic: SendHeader::DEFAULT_TOPIC,
        read_queue_nums: i32::try_from(QUEUES)?,
        write_queue_nums: i32::try_from(QUEUES)?,
        perm: perm::READ | perm::WRITE,
        topic_filter_type: Some("SINGLE_TAG"),
        topic_sys_flag: Some(0),
        order: Some(false),
        ..Default::default()
    };
    Ok(RemotingCommand::request(RequestCode::UPDATE_AND_CREATE_TOPIC).with_header(&header)?)
}

/// Bytes that cannot be compressed.
pub(super) fn body(length: usize) -> Bytes {
    let mut state: u32 = 0x9e37_79b9;
    let byte = || {
        state ^= state << 13;
        state ^= state >> 17;
        state ^= state << 5;
        state as u8
    };
    std::iter::repeat_with(byte).take(length).collect()
}

/// Returns a send, as those of a producer of Java's client: the message has a tag and a unique key,
/// which ends with the placeholder. Returns the key as well.
pub(super) fn send(
    topic: &str,
    queue: usize,
    body: Bytes,
) -> Result<(RemotingCommand, String), BoxError> {
    static SERIAL: AtomicU32 = AtomicU32::new(0);
    let serial = SERIAL.fetch_add(1, Ordering::Relaxed);
    let key = format!("{:08X}{serial:08X}000000{PLACEHOLDER}", process::id());
    let mut properties = PropertiesBuf::new();
    properties.set(property::UNIQ_KEY, &key);
    properties.set(property::WAIT, "true");
    properties.set(property::TAGS, "TagA");
    let mut header = SendHeader::new("producers", topic, i32::try_from(queue)?);
    header.broker_name = Some(BROKER);
    header.properties = Properties::new(properties.as_properties().as_str());
    Ok((header.request().with_language(LanguageCode::JAVA).with_body(body), key))
}

/// Returns a pull of a queue's messages from `offset`.
pub(super) fn pull(topic: &str, queue: usize, offset: i64) -> Result<RemotingCommand, BoxError> {
    let header = PullMessageRequestHeader {
        consumer_group: "pullers",
        topic,
        queue_id: i32::try_from(queue)?,
        queue_offset: offset,
        max_msg_nums: PER_PULL,
        // The request has the subscription, so no heartbeat is needed.
        sys_flag: pull_sys_flag::SUBSCRIPTION,
        subscription: Some(SubscriptionData::ALL),
        expression_type: Some("TAG"),
        broker_name: Some(BROKER),
        ..Default::default()
    };
    let request = RemotingCommand::request(RequestCode::PULL_MESSAGE).with_header(&header)?;
    Ok(request.with_language(LanguageCode::JAVA))
}

/// The sends of one connection, each with its own key.
pub(super) fn sends(topic: &str, queue: usize, body: Bytes) -> Result<Template, BoxError> {
    Template::of(send(topic, queue, body)?.0)?.numbered()
}

/// The pulls of one queue: the number of a request is the offset.
pub(super) fn pulls(topic: &str, queue: usize) -> Result<Template, BoxError> {
    Template::of(pull(topic, queue, PLACEHOLDER.parse()?)?)?.numbered()
}
