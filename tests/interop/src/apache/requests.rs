//! Requests to brokers and name servers, as Java's clients write them.

use rocketmq_tower::message::{Properties, SendHeader};
use rocketmq_tower::{BoxError, RemotingCommand, RequestCode};
use serde::Serialize;
use serde_json::json;
use std::time::Duration;

/// The maximum time that a pull waits for messages.
pub(crate) const SUSPEND: Duration = Duration::from_secs(5);

type Request = Result<RemotingCommand, BoxError>;

/// Returns a request with fields and without a body.
pub(crate) fn request(code: RequestCode, fields: &[(&str, &str)]) -> RemotingCommand {
    let request = RemotingCommand::request(code);
    fields.iter().fold(request, |request, (name, value)| request.with_ext_field(name, value))
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct CreateTopic<'a> {
    topic: &'a str,
    default_topic: &'a str,
    read_queue_nums: i32,
    write_queue_nums: i32,
    perm: i32,
    topic_filter_type: &'a str,
    topic_sys_flag: i32,
    order: bool,
}

/// Returns a request that creates a topic with `queues` queues.
pub(crate) fn create_topic(topic: &str, queues: i32) -> Request {
    let header = CreateTopic {
        topic,
        default_topic: "TBW102",
        read_queue_nums: queues,
        write_queue_nums: queues,
        perm: 6,
        topic_filter_type: "SINGLE_TAG",
        topic_sys_flag: 0,
        order: false,
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

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Pull<'a> {
    consumer_group: &'a str,
    topic: &'a str,
    queue_id: i32,
    queue_offset: i64,
    max_msg_nums: i32,
    sys_flag: i32,
    commit_offset: i64,
    suspend_timeout_millis: u128,
    subscription: &'a str,
    sub_version: i64,
    expression_type: &'a str,
}

/// Returns a pull of all messages of a queue, beginning with `queue_offset`. With `suspend`, it waits
/// in the broker if there are no messages yet.
pub(crate) fn pull(topic: &str, queue_id: i32, queue_offset: i64, suspend: bool) -> Request {
    let header = Pull {
        consumer_group: "pullers",
        topic,
        queue_id,
        queue_offset,
        max_msg_nums: 32,
        // The request has the subscription, so no heartbeat is needed.
        sys_flag: 4 | if suspend { 2 } else { 0 },
        commit_offset: 0,
        suspend_timeout_millis: SUSPEND.as_millis(),
        subscription: "*",
        sub_version: 0,
        expression_type: "TAG",
    };
    Ok(RemotingCommand::request(RequestCode::PULL_MESSAGE).with_header(&header)?)
}

/// Returns the heartbeat that a consumer sends to brokers every 30 s.
pub(super) fn heartbeat(client_id: &str, group: &str, topic: &str) -> RemotingCommand {
    let subscription = json!({
        "topic": topic, "subString": "*", "subVersion": 1, "expressionType": "TAG",
        "tagsSet": [], "codeSet": [], "classFilterMode": false,
    });
    let consumer = json!({
        "groupName": group, "consumeType": "CONSUME_PASSIVELY", "messageModel": "CLUSTERING",
        "consumeFromWhere": "CONSUME_FROM_FIRST_OFFSET", "unitMode": false,
        "subscriptionDataSet": [subscription],
    });
    let body = json!({
        "clientID": client_id, "producerDataSet": [{"groupName": "producers"}],
        "consumerDataSet": [consumer],
    });
    RemotingCommand::request(RequestCode::HEART_BEAT).with_body(body.to_string())
}
