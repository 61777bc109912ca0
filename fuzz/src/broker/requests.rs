//! Requests of all kinds that the broker and the name server serve.

use super::fields::{Kind, properties, value};
use super::json;
use super::known::Known;
use crate::Input;
use bytes::{Bytes, BytesMut};
use rocketmq_tower_core::message::{BatchedMessage, Properties};
use rocketmq_tower_core::{RemotingCommand, RequestCode as Code, SerializeType};

/// The body of a request.
#[derive(Clone, Copy)]
enum Body {
    None,
    /// A message, or a batch if the header says so.
    Message,
    Heartbeat,
    Locks,
    Subscription,
    Acks,
    Assignment,
    Topics,
    Group,
    Groups,
    /// The settings of the broker.
    Settings,
}

type Fields = &'static [(&'static str, Kind)];

const SEND: Fields = &[
    ("producerGroup", Kind::Group),
    ("topic", Kind::Topic),
    ("defaultTopic", Kind::Topic),
    ("defaultTopicQueueNums", Kind::Number),
    ("queueId", Kind::Queue),
    ("sysFlag", Kind::Number),
    ("bornTimestamp", Kind::Time),
    ("flag", Kind::Number),
    ("properties", Kind::Properties),
    ("reconsumeTimes", Kind::Number),
    ("unitMode", Kind::Bool),
    ("batch", Kind::Bool),
    ("maxReconsumeTimes", Kind::Number),
];
const SEND_V2: Fields = &[
    ("a", Kind::Group),
    ("b", Kind::Topic),
    ("c", Kind::Topic),
    ("d", Kind::Number),
    ("e", Kind::Queue),
    ("f", Kind::Number),
    ("g", Kind::Time),
    ("h", Kind::Number),
    ("i", Kind::Properties),
    ("j", Kind::Number),
    ("k", Kind::Bool),
    ("l", Kind::Number),
    ("m", Kind::Bool),
];
const PULL: Fields = &[
    ("consumerGroup", Kind::Group),
    ("topic", Kind::Topic),
    ("queueId", Kind::Queue),
    ("queueOffset", Kind::Offset),
    ("maxMsgNums", Kind::Number),
    ("sysFlag", Kind::Number),
    ("commitOffset", Kind::Offset),
    ("suspendTimeoutMillis", Kind::Millis),
    ("subscription", Kind::Filter),
    ("subVersion", Kind::Number),
    ("expressionType", Kind::FilterKind),
    ("maxMsgBytes", Kind::Number),
];
const OF_QUEUE: Fields = &[
    ("topic", Kind::Topic),
    ("queueId", Kind::Queue),
    ("timestamp", Kind::Time),
    ("boundaryType", Kind::Key),
];
const OF_GROUP: Fields = &[
    ("consumerGroup", Kind::Group),
    ("topic", Kind::Topic),
    ("queueId", Kind::Queue),
    ("commitOffset", Kind::Offset),
    ("setZeroIfNotFound", Kind::Bool),
];
const KV: Fields = &[("namespace", Kind::Key), ("key", Kind::Key), ("value", Kind::Filter)];

/// All requests. What is common comes more than once.
const REQUESTS: &[(Code, Fields, Body)] = &[
    (Code::SEND_MESSAGE, SEND, Body::Message),
    (Code::SEND_MESSAGE_V2, SEND_V2, Body::Message),
    (Code::SEND_MESSAGE_V2, SEND_V2, Body::Message),
    (Code::SEND_MESSAGE_V2, SEND_V2, Body::Message),
    (Code::SEND_BATCH_MESSAGE, SEND_V2, Body::Message),
    (Code::SEND_BATCH_MESSAGE, SEND_V2, Body::Message),
    (Code::PULL_MESSAGE, PULL, Body::None),
    (Code::PULL_MESSAGE, PULL, Body::None),
    (Code::PULL_MESSAGE, PULL, Body::None),
    (Code::LITE_PULL_MESSAGE, PULL, Body::None),
    (Code::CONSUMER_SEND_MSG_BACK, BACK, Body::None),
    (Code::CONSUMER_SEND_MSG_BACK, BACK, Body::None),
    (Code::END_TRANSACTION, END, Body::None),
    (Code::END_TRANSACTION, END, Body::None),
    (Code::SEND_REPLY_MESSAGE, SEND, Body::Message),
    (Code::SEND_REPLY_MESSAGE_V2, SEND_V2, Body::Message),
    (Code::VIEW_MESSAGE_BY_ID, &[("offset", Kind::Position), ("topic", Kind::Topic)], Body::None),
    (Code::QUERY_MESSAGE, QUERY, Body::None),
    (Code::HEART_BEAT, &[], Body::Heartbeat),
    (Code::HEART_BEAT, &[], Body::Heartbeat),
    (Code::HEART_BEAT, &[], Body::Heartbeat),
    (Code::UNREGISTER_CLIENT, UNREGISTER, Body::None),
    (Code::GET_CONSUMER_LIST_BY_GROUP, OF_GROUP, Body::None),
    (Code::LOCK_BATCH_MQ, &[], Body::Locks),
    (Code::LOCK_BATCH_MQ, &[], Body::Locks),
    (Code::UNLOCK_BATCH_MQ, &[], Body::Locks),
    (Code::CHECK_CLIENT_CONFIG, &[], Body::Subscription),
    (Code::GET_MAX_OFFSET, OF_QUEUE, Body::None),
    (Code::GET_MIN_OFFSET, OF_QUEUE, Body::None),
    (Code::GET_EARLIEST_MSG_STORETIME, OF_QUEUE, Body::None),
    (Code::SEARCH_OFFSET_BY_TIMESTAMP, OF_QUEUE, Body::None),
    (Code::QUERY_CONSUMER_OFFSET, OF_GROUP, Body::None),
    (Code::UPDATE_CONSUMER_OFFSET, OF_GROUP, Body::None),
    (Code::UPDATE_AND_CREATE_TOPIC, CREATE, Body::None),
    (Code::UPDATE_AND_CREATE_TOPIC, CREATE, Body::None),
    (Code::GET_ROUTEINFO_BY_TOPIC, OF_QUEUE, Body::None),
    (Code::GET_BROKER_CLUSTER_INFO, &[], Body::None),
    (Code::GET_ALL_TOPIC_LIST_FROM_NAMESERVER, &[], Body::None),
    (Code::REGISTER_BROKER, REGISTER, Body::None),
    (Code::UNREGISTER_BROKER, REGISTER, Body::None),
    (Code::PUT_KV_CONFIG, KV, Body::None),
    (Code::GET_KV_CONFIG, KV, Body::None),
    (Code::DELETE_KV_CONFIG, KV, Body::None),
    (Code::GET_KVLIST_BY_NAMESPACE, KV, Body::None),
    (Code::GET_BROKER_RUNTIME_INFO, &[], Body::None),
    (Code::GET_BROKER_CONFIG, &[], Body::None),
    (Code::CHECK_TRANSACTION_STATE, END, Body::Message),
    (Code::UPDATE_CONSUMER_OFFSET, OF_GROUP, Body::None),
    (Code::POP_MESSAGE, POP, Body::None),
    (Code::POP_MESSAGE, POP, Body::None),
    (Code::POP_MESSAGE, POP, Body::None),
    (Code::ACK_MESSAGE, ACK, Body::None),
    (Code::ACK_MESSAGE, ACK, Body::None),
    (Code::BATCH_ACK_MESSAGE, &[], Body::Acks),
    (Code::CHANGE_MESSAGE_INVISIBLETIME, ACK, Body::None),
    (Code::CHANGE_MESSAGE_INVISIBLETIME, ACK, Body::None),
    (Code::NOTIFICATION, POP, Body::None),
    (Code::QUERY_ASSIGNMENT, &[], Body::Assignment),
    (Code::SET_MESSAGE_REQUEST_MODE, &[], Body::Assignment),
    (Code::RECALL_MESSAGE, RECALL, Body::None),
    (Code::RECALL_MESSAGE, RECALL, Body::None),
    (Code::GET_TOPIC_CONFIG, ADMIN, Body::None),
    (Code::UPDATE_AND_CREATE_TOPIC_LIST, &[], Body::Topics),
    (Code::DELETE_TOPIC_IN_BROKER, ADMIN, Body::None),
    (Code::GET_ALL_TOPIC_CONFIG, ADMIN, Body::None),
    (Code::GET_TOPIC_STATS_INFO, ADMIN, Body::None),
    (Code::QUERY_TOPIC_CONSUME_BY_WHO, ADMIN, Body::None),
    (Code::QUERY_TOPICS_BY_CONSUMER, ADMIN, Body::None),
    (Code::GET_SYSTEM_TOPIC_LIST_FROM_BROKER, &[], Body::None),
    (Code::VIEW_BROKER_STATS_DATA, ADMIN, Body::None),
    (Code::UPDATE_BROKER_CONFIG, &[], Body::Settings),
    (Code::GET_BROKER_HA_STATUS, &[], Body::None),
    (Code::CLEAN_UNUSED_TOPIC, &[], Body::None),
    (Code::RESET_MASTER_FLUSH_OFFSET, &[], Body::None),
    (Code::DELETE_EXPIRED_COMMITLOG, &[], Body::None),
    (Code::CLEAN_EXPIRED_CONSUMEQUEUE, &[], Body::None),
    (Code::GET_CONSUMER_CONNECTION_LIST, ADMIN, Body::None),
    (Code::GET_PRODUCER_CONNECTION_LIST, ADMIN, Body::None),
    (Code::GET_ALL_PRODUCER_INFO, &[], Body::None),
    (Code::QUERY_SUBSCRIPTION_BY_CONSUMER, ADMIN, Body::None),
    (Code::GET_CONSUMER_RUNNING_INFO, ADMIN, Body::None),
    (Code::CONSUME_MESSAGE_DIRECTLY, ADMIN, Body::None),
    (Code::INVOKE_BROKER_TO_GET_CONSUMER_STATUS, ADMIN, Body::None),
    (Code::UPDATE_AND_CREATE_SUBSCRIPTIONGROUP, &[], Body::Group),
    (Code::UPDATE_AND_CREATE_SUBSCRIPTIONGROUP_LIST, &[], Body::Groups),
    (Code::GET_SUBSCRIPTIONGROUP_CONFIG, ADMIN, Body::None),
    (Code::GET_ALL_SUBSCRIPTIONGROUP_CONFIG, ADMIN, Body::None),
    (Code::DELETE_SUBSCRIPTIONGROUP, ADMIN, Body::None),
    (Code::GET_CONSUME_STATS, ADMIN, Body::None),
    (Code::GET_BROKER_CONSUME_STATS, ADMIN, Body::None),
    (Code::QUERY_CONSUME_TIME_SPAN, ADMIN, Body::None),
    (Code::INVOKE_BROKER_TO_RESET_OFFSET, ADMIN, Body::None),
    (Code::CLONE_GROUP_OFFSET, ADMIN, Body::None),
    (Code::QUERY_CONSUME_QUEUE, ADMIN, Body::None),
    (Code::GET_NAMESRV_CONFIG, &[], Body::None),
    (Code::UPDATE_NAMESRV_CONFIG, &[], Body::Settings),
    (Code::DELETE_TOPIC_IN_NAMESRV, ADMIN, Body::None),
    (Code::GET_TOPICS_BY_CLUSTER, ADMIN, Body::None),
    (Code::GET_SYSTEM_TOPIC_LIST_FROM_NS, &[], Body::None),
    (Code::WIPE_WRITE_PERM_OF_BROKER, REGISTER, Body::None),
    (Code::ADD_WRITE_PERM_OF_BROKER, REGISTER, Body::None),
];
const POP: Fields = &[
    ("consumerGroup", Kind::Group),
    ("topic", Kind::Topic),
    ("queueId", Kind::PopQueue),
    ("maxMsgNums", Kind::Number),
    ("invisibleTime", Kind::Millis),
    ("pollTime", Kind::Millis),
    ("bornTime", Kind::Time),
    ("initMode", Kind::Number),
    ("expType", Kind::FilterKind),
    ("exp", Kind::Filter),
    ("order", Kind::Bool),
    ("attemptId", Kind::Key),
];
const ACK: Fields = &[
    ("consumerGroup", Kind::Group),
    ("topic", Kind::Topic),
    ("queueId", Kind::Queue),
    ("offset", Kind::Offset),
    ("extraInfo", Kind::Handle),
    ("invisibleTime", Kind::Millis),
    ("suspend", Kind::Bool),
];
const RECALL: Fields =
    &[("producerGroup", Kind::Group), ("topic", Kind::Topic), ("recallHandle", Kind::Handle)];
/// The fields of requests of tools, each of which reads some of them.
const ADMIN: Fields = &[
    ("topic", Kind::Topic),
    ("group", Kind::Group),
    ("groupName", Kind::Group),
    ("consumerGroup", Kind::Group),
    ("producerGroup", Kind::Group),
    ("srcGroup", Kind::Group),
    ("destGroup", Kind::Group),
    ("clientId", Kind::Client),
    ("clientAddr", Kind::Client),
    ("queueId", Kind::Queue),
    ("index", Kind::Offset),
    ("count", Kind::Number),
    ("offset", Kind::Offset),
    ("timestamp", Kind::Time),
    ("isForce", Kind::Bool),
    ("isOrder", Kind::Bool),
    ("offline", Kind::Bool),
    ("cleanOffset", Kind::Bool),
    ("topicSeq", Kind::Number),
    ("maxTopicNum", Kind::Number),
    ("groupSeq", Kind::Number),
    ("maxGroupNum", Kind::Number),
    ("statsName", Kind::Key),
    ("statsKey", Kind::Topic),
    ("msgId", Kind::Key),
    ("jstackEnable", Kind::Bool),
    ("cluster", Kind::Key),
];
const BACK: Fields = &[
    ("offset", Kind::Position),
    ("group", Kind::Group),
    ("delayLevel", Kind::Number),
    ("originTopic", Kind::Topic),
    ("maxReconsumeTimes", Kind::Number),
];
const END: Fields = &[
    ("producerGroup", Kind::Group),
    ("tranStateTableOffset", Kind::Offset),
    ("commitLogOffset", Kind::Position),
    ("commitOrRollback", Kind::Outcome),
    ("fromTransactionCheck", Kind::Bool),
    ("msgId", Kind::Key),
];
const QUERY: Fields = &[
    ("topic", Kind::Topic),
    ("key", Kind::Key),
    ("maxNum", Kind::Number),
    ("beginTimestamp", Kind::Time),
    ("endTimestamp", Kind::Time),
];
const UNREGISTER: Fields =
    &[("clientID", Kind::Client), ("producerGroup", Kind::Group), ("consumerGroup", Kind::Group)];
const CREATE: Fields = &[
    ("topic", Kind::Topic),
    ("readQueueNums", Kind::Number),
    ("writeQueueNums", Kind::Number),
    ("perm", Kind::Permission),
    ("topicSysFlag", Kind::Number),
    ("order", Kind::Bool),
    ("topicFilterType", Kind::Key),
];
const REGISTER: Fields = &[
    ("brokerName", Kind::Topic),
    ("brokerAddr", Kind::Key),
    ("clusterName", Kind::Key),
    ("haServerAddr", Kind::Key),
    ("brokerId", Kind::Number),
];

/// Returns the next request. `number` makes its messages differ from those of others.
pub(super) fn next(input: &mut Input<'_>, number: u32, known: &Known) -> RemotingCommand {
    let (code, fields, body) = REQUESTS[usize::from(input.byte()) % REQUESTS.len()];
    let how = input.byte();
    let mut request = RemotingCommand::request(code);
    if how & 1 != 0 {
        request = request.with_serialize_type(SerializeType::RocketMq);
    }
    for (name, kind) in fields {
        if let Some(value) = value(*kind, &known.positions, input) {
            request = request.with_ext_field(name, &value);
        }
    }
    if how & 0x30 != 0 {
        request = refer(request, known, input);
    }
    let body = match how & 0xf0 {
        0xf0 => raw(input),
        _ => typed(body, &request, (number, known), input),
    };
    request = request.with_body(body);
    if how & 0xe == 0xe { request.oneway() } else { request }
}

/// Lets a request that takes a handle name a message with one.
fn refer(request: RemotingCommand, known: &Known, input: &mut Input<'_>) -> RemotingCommand {
    let at = usize::from(input.byte());
    match request.request_code() {
        Code::ACK_MESSAGE | Code::CHANGE_MESSAGE_INVISIBLETIME => {
            let popped = known.popped.get(at % known.popped.len().max(1));
            match popped {
                Some(popped) => popped.name_in(request),
                None => request,
            }
        }
        Code::RECALL_MESSAGE => match known.recalls.get(at % known.recalls.len().max(1)) {
            Some((topic, handle)) => {
                request.with_ext_field("topic", topic).with_ext_field("recallHandle", handle)
            }
            None => request,
        },
        _ => request,
    }
}

fn raw(input: &mut Input<'_>) -> Bytes {
    let length = usize::from(input.byte());
    Bytes::copy_from_slice(input.take(length))
}

fn typed(
    body: Body,
    request: &RemotingCommand,
    (number, known): (u32, &Known),
    input: &mut Input<'_>,
) -> Bytes {
    match body {
        Body::None => Bytes::new(),
        Body::Message => {
            let flag = |name| request.ext_fields().get(name) == Some("true");
            let is_batch =
                flag("m") || flag("batch") || request.request_code() == Code::SEND_BATCH_MESSAGE;
            if is_batch { batch(number, input) } else { message(number, 0, input).into() }
        }
        Body::Heartbeat => json::heartbeat(input).into(),
        Body::Locks => json::locks(input).into(),
        Body::Subscription => json::subscription(input).into(),
        Body::Acks => json::acks(known, input).into(),
        Body::Assignment => json::assignment(input).into(),
        Body::Topics => json::topics(input).into(),
        Body::Group => json::group(input).into(),
        Body::Groups => json::groups(input).into(),
        Body::Settings => {
            let setting = input.pick(["brokerPermission=4", "brokerPermission=6", "other=1", ""]);
            Bytes::from_static(setting.as_bytes())
        }
    }
}

/// Returns the body of a message. No other one has it.
fn message(number: u32, part: usize, input: &mut Input<'_>) -> Vec<u8> {
    let mut body = format!("{number}.{part} ").into_bytes();
    match input.byte() {
        long @ 240.. => body.resize(usize::from(long - 239) * 20_000, long),
        length => body.extend(input.take(usize::from(length % 16))),
    }
    body
}

fn batch(number: u32, input: &mut Input<'_>) -> Bytes {
    let mut all = BytesMut::new();
    for part in 0..usize::from(input.byte() % 5) {
        let properties = properties(input);
        let body = message(number, part, input);
        let message =
            BatchedMessage { flag: 0, body: &body, properties: Properties::new(&properties) };
        message.encode(&mut all).expect("short properties");
    }
    all.freeze()
}
