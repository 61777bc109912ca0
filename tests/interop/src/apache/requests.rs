//! Requests to brokers and name servers, as Java's clients write them.

use rocketmq_tower::message::{Properties, SendHeader};
use rocketmq_tower::protocol::{
    ConsumeFromWhere, ConsumerData, CreateTopicRequestHeader, HeartbeatData, ProducerData,
    PullMessageRequestHeader, SubscriptionData, perm, pull_sys_flag,
};
use rocketmq_tower::{BoxError, RemotingCommand, RequestCode};
use std::time::Duration;

/// The maximum time that a pull waits for messages.
pub(crate) const SUSPEND: Duration = Duration::from_secs(5);

type Request = Result<RemotingCommand, BoxError>;

/// Returns a request with fields and without a body.
pub(crate) fn request(code: RequestCode, fields: &[(&str, &str)]) -> RemotingCommand {
    let request = RemotingCommand::request(code);
    fields.iter().fold(request, |request, (name, value)| request.with_ext_field(name, value))
}

/// Returns a request that creates a topic with `queues` queues.
pub(crate) fn create_topic(topic: &str, queues: i32) -> Request {
    let header = CreateTopicRequestHeader {
        topic,
        default_topic: SendHeader::DEFAULT_TOPIC,
        read_queue_nums: queues,
        write_queue_nums: queues,
        perm: perm::READ | perm::WRITE,
        topic_filter_type: Some("SINGLE_TAG"),
        topic_sys_flag: Some(0),
        order: Some(false),
        ..Default::default()
    };
    Ok(RemotingCommand::request(RequestCode::UPDATE_AND_CREATE_TOPIC).with_header(&header)?)
}

pub(super) fn route_of(topic: &str) -> RemotingCommand {
    request(RequestCode::GET_ROUTEINFO_BY_TOPIC, &[("topic", topic)])
}

pub(super) const BORN: i64 = 1_795_341_540_052;
pub(super) const FLAG: i32 = 9;

/// Returns the header of a send.
pub(super) fn send_header<'a>(
    topic: &'a str,
    queue_id: i32,
    properties: Properties<'a>,
) -> SendHeader<'a> {
    let header = SendHeader::new("producers", topic, queue_id);
    SendHeader { born_timestamp: BORN, flag: FLAG, properties, ..header }
}

/// Returns a send. `properties` are encoded as in messages.
pub(super) fn send(topic: &str, queue_id: i32, body: &str, properties: &str) -> RemotingCommand {
    let header = send_header(topic, queue_id, Properties::new(properties));
    header.request().with_body(body.to_owned())
}

/// Returns a pull of all messages of a queue, beginning with `queue_offset`. With `suspend`, it waits
/// in the broker if there are no messages yet.
pub(crate) fn pull(topic: &str, queue_id: i32, queue_offset: i64, suspend: bool) -> Request {
    // The request has the subscription, so no heartbeat is needed.
    let sys_flag = pull_sys_flag::SUBSCRIPTION | if suspend { pull_sys_flag::SUSPEND } else { 0 };
    let header = PullMessageRequestHeader {
        consumer_group: "pullers",
        topic,
        queue_id,
        queue_offset,
        max_msg_nums: 32,
        sys_flag,
        suspend_timeout_millis: SUSPEND.as_millis().try_into()?,
        subscription: Some(SubscriptionData::ALL),
        expression_type: Some("TAG"),
        ..Default::default()
    };
    Ok(RemotingCommand::request(RequestCode::PULL_MESSAGE).with_header(&header)?)
}

/// Returns the heartbeat that a consumer sends to brokers every 30 s.
pub(super) fn heartbeat(client_id: &str, group: &str, topic: &str) -> Request {
    let consumer = ConsumerData {
        consume_from_where: ConsumeFromWhere::ConsumeFromFirstOffset,
        group_name: group.to_owned(),
        subscription_data_set: vec![SubscriptionData::tags(topic, SubscriptionData::ALL)],
        ..Default::default()
    };
    let body = HeartbeatData {
        client_id: client_id.to_owned(),
        consumer_data_set: vec![consumer],
        producer_data_set: vec![ProducerData { group_name: "producers".to_owned() }],
        ..Default::default()
    };
    Ok(RemotingCommand::request(RequestCode::HEART_BEAT).with_json(&body)?)
}
