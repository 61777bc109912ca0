//! The entries of all codes.

use super::Action::{
    self, AdminCluster, AdminGroup, AdminTopic, Broker, Client, Describe, Receive, Send, Session,
};
use super::entry::{Entry, Field, Messages, Tells};
use super::{Answer, Kind, bodies, tells};
use crate::command::RequestCode;

/// Returns the entry of a code, `None` if RocketMQ does not define it.
pub(super) fn entry(code: RequestCode) -> Option<&'static Entry> {
    let at = TABLE.binary_search_by_key(&code, |entry| entry.code).ok()?;
    TABLE.get(at)
}

const TOPIC: Field = Field::topic("topic");
const GROUP: Field = Field::group("group");
const CONSUMERS: Field = Field::group("consumerGroup");
const PRODUCERS: Field = Field::producers("producerGroup");

/// Name servers keep the order of an ordered topic's queues under the topic's name.
const ORDERED: Field = Field::topic("key").only_if(ORDERS.0, ORDERS.1);
const ORDERS: (&str, &str) = ("namespace", "ORDER_TOPIC_CONFIG");

/// Brokers copy the settings of this topic for one that does not exist yet.
const DEFAULT: Field = Field::template("defaultTopic");
const SHORT_DEFAULT: Field = Field::template("c");

/// The key of a statistic: a topic, or a topic and a group.
const STATS_KEY: Field = Field::topic("statsKey").separated_by('@').then(Kind::Group);

const SEND_FIELDS: &[Field] = &[TOPIC, PRODUCERS];
const SHORT_SEND_FIELDS: &[Field] = &[Field::topic("b"), Field::producers("a")];
const QUEUE: &str = "queueId";
const SHORT_QUEUE: &str = "e";

const fn on(code: RequestCode, action: Action) -> Entry {
    Entry::new(code, action)
}

/// A request about a topic.
const fn of_topic(code: RequestCode, action: Action) -> Entry {
    on(code, action).names(&[TOPIC])
}

/// A request about a queue of a topic.
const fn of_queue(code: RequestCode) -> Entry {
    of_topic(code, Describe).queue(QUEUE)
}

/// A request about a topic that a group consumes.
const fn of_both(code: RequestCode, action: Action) -> Entry {
    on(code, action).names(&[TOPIC, CONSUMERS])
}

/// The same, where Java calls the group `group`.
const fn of_short_group(code: RequestCode, action: Action) -> Entry {
    on(code, action).names(&[TOPIC, GROUP])
}

/// A request about a group of consumers.
const fn of_group(code: RequestCode, action: Action) -> Entry {
    on(code, action).names(&[CONSUMERS])
}

/// A request for names.
const fn list(code: RequestCode, answer: Answer) -> Entry {
    on(code, Describe).answers(answer)
}

/// A send.
const fn send(code: RequestCode) -> Entry {
    let send = on(code, Send).names(SEND_FIELDS).queue(QUEUE).also(&[DEFAULT]);
    send.properties("properties").tells(NOTHING)
}

/// A send whose fields have single letters.
const fn short_send(code: RequestCode) -> Entry {
    let send = on(code, Send).names(SHORT_SEND_FIELDS).queue(SHORT_QUEUE).also(&[SHORT_DEFAULT]);
    send.properties("i").tells(NOTHING)
}

const NOTHING: Tells = Tells::NOTHING;

type C = RequestCode;

/// In ascending order of the codes.
#[rustfmt::skip]
static TABLE: &[Entry] = &[
    send(C::SEND_MESSAGE).messages(Messages::BatchIf("batch")),
    of_both(C::PULL_MESSAGE, Receive).queue(QUEUE).answers(Answer::Messages)
        .tells(tells::MESSAGES),
    of_topic(C::QUERY_MESSAGE, Receive).answers(Answer::Messages).tells(tells::FOUND_MESSAGES),
    of_queue(C::QUERY_BROKER_OFFSET).tells(NOTHING),
    of_both(C::QUERY_CONSUMER_OFFSET, Describe).queue(QUEUE).tells(NOTHING),
    of_both(C::UPDATE_CONSUMER_OFFSET, Receive).queue(QUEUE).tells(NOTHING),
    of_topic(C::UPDATE_AND_CREATE_TOPIC, AdminTopic).also(&[DEFAULT]).tells(NOTHING),
    on(C::UPDATE_AND_CREATE_TOPIC_LIST, AdminTopic).body(bodies::TOPIC_CONFIGS)
        .tells(NOTHING),
    list(C::GET_ALL_TOPIC_CONFIG, Answer::Topics).unasked(&["topicSeq", "maxTopicNum", "dataVersion"])
        .tells(tells::TOPIC_CONFIGS),
    list(C::GET_TOPIC_CONFIG_LIST, Answer::Topics),
    list(C::GET_TOPIC_NAME_LIST, Answer::Topics),
    on(C::UPDATE_BROKER_CONFIG, AdminCluster),
    on(C::GET_BROKER_CONFIG, AdminCluster),
    on(C::TRIGGER_DELETE_FILES, AdminCluster),
    on(C::GET_BROKER_RUNTIME_INFO, Describe),
    of_queue(C::SEARCH_OFFSET_BY_TIMESTAMP).tells(NOTHING),
    of_queue(C::GET_MAX_OFFSET).tells(NOTHING),
    of_queue(C::GET_MIN_OFFSET).tells(NOTHING),
    of_queue(C::GET_EARLIEST_MSG_STORETIME).tells(NOTHING),
    of_topic(C::VIEW_MESSAGE_BY_ID, Receive).answers(Answer::Messages).tells(tells::MESSAGES),
    on(C::HEART_BEAT, Session).body(bodies::HEARTBEAT).tells(NOTHING),
    on(C::UNREGISTER_CLIENT, Session).names(&[CONSUMERS, PRODUCERS]).client("clientID").tells(NOTHING),
    on(C::CONSUMER_SEND_MSG_BACK, Receive).names(&[Field::topic("originTopic"), GROUP])
        .tells(NOTHING),
    on(C::END_TRANSACTION, Send).names(SEND_FIELDS).tells(NOTHING),
    of_group(C::GET_CONSUMER_LIST_BY_GROUP, Describe).tells(tells::CLIENT_LIST),
    of_topic(C::CHECK_TRANSACTION_STATE, Client).messages(Messages::Stored).tells(NOTHING),
    of_group(C::NOTIFY_CONSUMER_IDS_CHANGED, Client).tells(NOTHING),
    on(C::LOCK_BATCH_MQ, Receive).body(bodies::LOCKS).tells(tells::LOCKED),
    on(C::UNLOCK_BATCH_MQ, Receive).body(bodies::LOCKS).tells(NOTHING),
    on(C::GET_ALL_CONSUMER_OFFSET, Broker).answers(Answer::TopicsAndGroups),
    on(C::GET_ALL_DELAY_OFFSET, Broker),
    on(C::CHECK_CLIENT_CONFIG, Describe).body(bodies::CHECK_CLIENT).tells(NOTHING),
    on(C::GET_CLIENT_CONFIG, Describe),
    on(C::GET_TIMER_CHECK_POINT, Broker),
    list(C::GET_TIMER_METRICS, Answer::Topics),
    on(C::PUT_KV_CONFIG, AdminCluster).names(&[ORDERED]).needs(ORDERS).tells(NOTHING),
    on(C::GET_KV_CONFIG, Describe).names(&[ORDERED]).needs(ORDERS).tells(NOTHING),
    on(C::DELETE_KV_CONFIG, AdminCluster).names(&[ORDERED]).needs(ORDERS).tells(NOTHING),
    on(C::REGISTER_BROKER, Broker).answers(Answer::Topics),
    on(C::UNREGISTER_BROKER, Broker),
    of_topic(C::GET_ROUTEINFO_BY_TOPIC, Describe).tells(tells::ROUTE),
    on(C::GET_BROKER_CLUSTER_INFO, Describe).tells(tells::NAMELESS),
    on(C::UPDATE_AND_CREATE_SUBSCRIPTIONGROUP, AdminGroup).body(bodies::GROUP_CONFIG)
        .tells(NOTHING),
    list(C::GET_ALL_SUBSCRIPTIONGROUP_CONFIG, Answer::Groups).unasked(&["groupSeq", "maxGroupNum", "dataVersion"])
        .tells(tells::GROUP_CONFIGS),
    of_topic(C::GET_TOPIC_STATS_INFO, Describe).tells(tells::QUEUES),
    of_group(C::GET_CONSUMER_CONNECTION_LIST, Describe).answers(Answer::Topics)
        .tells(tells::GROUP_CONNECTIONS),
    on(C::GET_PRODUCER_CONNECTION_LIST, Describe).names(&[PRODUCERS]).tells(tells::GROUP_CONNECTIONS),
    on(C::WIPE_WRITE_PERM_OF_BROKER, AdminCluster),
    list(C::GET_ALL_TOPIC_LIST_FROM_NAMESERVER, Answer::Topics).tells(tells::TOPIC_LIST),
    on(C::DELETE_SUBSCRIPTIONGROUP, AdminGroup).names(&[Field::group("groupName")])
        .tells(NOTHING),
    on(C::GET_CONSUME_STATS, Describe)
        .names(&[CONSUMERS, TOPIC, Field::topic("topicList").separated_by(';')])
        .answers(Answer::Topics).tells(tells::QUEUES),
    of_group(C::SUSPEND_CONSUMER, AdminGroup).tells(NOTHING),
    of_group(C::RESUME_CONSUMER, AdminGroup).tells(NOTHING),
    of_both(C::RESET_CONSUMER_OFFSET_IN_CONSUMER, Client),
    of_both(C::RESET_CONSUMER_OFFSET_IN_BROKER, AdminGroup).tells(NOTHING),
    of_group(C::ADJUST_CONSUMER_THREAD_POOL, AdminGroup).tells(NOTHING),
    on(C::WHO_CONSUME_THE_MESSAGE, Describe).answers(Answer::Groups),
    of_topic(C::DELETE_TOPIC_IN_BROKER, AdminTopic).tells(NOTHING),
    of_topic(C::DELETE_TOPIC_IN_NAMESRV, AdminTopic).tells(NOTHING),
    of_topic(C::REGISTER_TOPIC_IN_NAMESRV, AdminTopic),
    list(C::GET_KVLIST_BY_NAMESPACE, Answer::Topics).needs(ORDERS).tells(tells::TOPIC_TABLE),
    of_short_group(C::RESET_CONSUMER_CLIENT_OFFSET, Client).body(bodies::OFFSETS)
        .tells(NOTHING),
    of_short_group(C::GET_CONSUMER_STATUS_FROM_CLIENT, Client).tells(tells::STATUS),
    of_short_group(C::INVOKE_BROKER_TO_RESET_OFFSET, AdminGroup).queue(QUEUE)
        .tells(tells::RESET),
    of_short_group(C::INVOKE_BROKER_TO_GET_CONSUMER_STATUS, Describe).tells(tells::STATUS),
    list(C::GET_TOPICS_BY_CLUSTER, Answer::Topics).tells(tells::TOPIC_LIST),
    on(C::UPDATE_AND_CREATE_SUBSCRIPTIONGROUP_LIST, AdminGroup).body(bodies::GROUP_CONFIGS)
        .tells(NOTHING),
    of_topic(C::QUERY_TOPIC_CONSUME_BY_WHO, Describe).answers(Answer::Groups)
        .tells(tells::GROUP_LIST),
    on(C::REGISTER_FILTER_SERVER, Broker),
    of_both(C::REGISTER_MESSAGE_FILTER_CLASS, Receive).tells(NOTHING),
    of_short_group(C::QUERY_CONSUME_TIME_SPAN, Describe).tells(tells::TIME_SPANS),
    list(C::GET_SYSTEM_TOPIC_LIST_FROM_NS, Answer::Topics).tells(tells::TOPIC_LIST),
    list(C::GET_SYSTEM_TOPIC_LIST_FROM_BROKER, Answer::Topics).tells(tells::TOPIC_LIST),
    on(C::CLEAN_EXPIRED_CONSUMEQUEUE, AdminCluster),
    of_group(C::GET_CONSUMER_RUNNING_INFO, Describe).client("clientId").answers(Answer::Topics)
        .tells(tells::RUNNING),
    on(C::QUERY_CORRECTION_OFFSET, Describe)
        .names(&[TOPIC, Field::group("compareGroup"), Field::group("filterGroups").separated_by(',')])
        .tells(tells::NAMELESS),
    of_both(C::CONSUME_MESSAGE_DIRECTLY, Receive).client("clientId").messages(Messages::Stored)
        .tells(tells::NAMELESS),
    short_send(C::SEND_MESSAGE_V2).messages(Messages::BatchIf("m")),
    list(C::GET_UNIT_TOPIC_LIST, Answer::Topics).tells(tells::TOPIC_LIST),
    list(C::GET_HAS_UNIT_SUB_TOPIC_LIST, Answer::Topics).tells(tells::TOPIC_LIST),
    list(C::GET_HAS_UNIT_SUB_UNUNIT_TOPIC_LIST, Answer::Topics).tells(tells::TOPIC_LIST),
    on(C::CLONE_GROUP_OFFSET, AdminGroup)
        .names(&[TOPIC, Field::group("srcGroup"), Field::group("destGroup")])
        .tells(NOTHING),
    on(C::VIEW_BROKER_STATS_DATA, Describe).also(&[STATS_KEY]).tells(tells::NAMELESS),
    on(C::CLEAN_UNUSED_TOPIC, AdminCluster),
    list(C::GET_BROKER_CONSUME_STATS, Answer::TopicsAndGroups).tells(tells::ALL_STATS),
    on(C::UPDATE_NAMESRV_CONFIG, AdminCluster),
    on(C::GET_NAMESRV_CONFIG, AdminCluster),
    short_send(C::SEND_BATCH_MESSAGE).messages(Messages::Batch),
    of_both(C::QUERY_CONSUME_QUEUE, Describe).queue(QUEUE).tells(tells::QUEUE_INDEX),
    on(C::QUERY_DATA_VERSION, Broker),
    of_topic(C::RESUME_CHECK_HALF_MESSAGE, AdminTopic),
    send(C::SEND_REPLY_MESSAGE),
    short_send(C::SEND_REPLY_MESSAGE_V2),
    on(C::PUSH_REPLY_MESSAGE_TO_CLIENT, Client).names(SEND_FIELDS).queue(QUEUE).also(&[DEFAULT])
        .properties("properties").tells(NOTHING),
    on(C::ADD_WRITE_PERM_OF_BROKER, AdminCluster),
    list(C::GET_ALL_PRODUCER_INFO, Answer::Groups).tells(tells::ALL_PRODUCERS),
    on(C::DELETE_EXPIRED_COMMITLOG, AdminCluster),
    on(C::QUERY_TOPICS_BY_CONSUMER, Describe).names(&[GROUP]).answers(Answer::Topics)
        .tells(tells::TOPIC_LIST),
    of_short_group(C::QUERY_SUBSCRIPTION_BY_CONSUMER, Describe).tells(tells::OF_GROUP),
    of_topic(C::GET_TOPIC_CONFIG, Describe).tells(tells::TOPIC_CONFIG),
    on(C::GET_SUBSCRIPTIONGROUP_CONFIG, Describe).names(&[GROUP]).tells(tells::ONE_GROUP_CONFIG),
    of_short_group(C::UPDATE_AND_GET_GROUP_FORBIDDEN, AdminGroup).tells(tells::OF_GROUP),
    of_topic(C::CHECK_ROCKSDB_CQ_WRITE_PROGRESS, Describe),
    on(C::EXPORT_ROCKSDB_CONFIG_TO_JSON, AdminCluster),
    of_both(C::LITE_PULL_MESSAGE, Receive).queue(QUEUE).answers(Answer::Messages)
        .tells(tells::MESSAGES),
    on(C::RECALL_MESSAGE, Send).names(SEND_FIELDS).tells(NOTHING),
    on(C::QUERY_ASSIGNMENT, Receive).body(bodies::ASSIGNMENT).tells(tells::ASSIGNED),
    on(C::SET_MESSAGE_REQUEST_MODE, AdminGroup).body(bodies::ASSIGNMENT).tells(NOTHING),
    on(C::GET_ALL_MESSAGE_REQUEST_MODE, Broker).answers(Answer::TopicsAndGroups),
    of_topic(C::UPDATE_AND_CREATE_STATIC_TOPIC, AdminTopic),
    on(C::GET_BROKER_MEMBER_GROUP, Describe).tells(tells::NAMELESS),
    on(C::ADD_BROKER, Broker),
    on(C::REMOVE_BROKER, Broker),
    on(C::BROKER_HEARTBEAT, Broker),
    on(C::NOTIFY_MIN_BROKER_ID_CHANGE, Broker),
    on(C::EXCHANGE_BROKER_HA_INFO, Broker),
    on(C::GET_BROKER_HA_STATUS, Describe),
    on(C::RESET_MASTER_FLUSH_OFFSET, Broker),
    on(C::CONTROLLER_ALTER_SYNC_STATE_SET, Broker),
    on(C::CONTROLLER_ELECT_MASTER, AdminCluster),
    on(C::CONTROLLER_REGISTER_BROKER, Broker),
    on(C::CONTROLLER_GET_REPLICA_INFO, Broker),
    on(C::CONTROLLER_GET_METADATA_INFO, Describe),
    on(C::CONTROLLER_GET_SYNC_STATE_DATA, Describe),
    on(C::GET_BROKER_EPOCH_CACHE, Describe),
    on(C::NOTIFY_BROKER_ROLE_CHANGED, Broker),
    on(C::UPDATE_CONTROLLER_CONFIG, AdminCluster),
    on(C::GET_CONTROLLER_CONFIG, AdminCluster),
    on(C::CLEAN_BROKER_DATA, AdminCluster),
    on(C::CONTROLLER_GET_NEXT_BROKER_ID, Broker),
    on(C::CONTROLLER_APPLY_BROKER_ID, Broker),
    on(C::BROKER_CLOSE_CHANNEL_REQUEST, Broker),
    on(C::CHECK_NOT_ACTIVE_BROKER_REQUEST, Broker),
    on(C::GET_BROKER_LIVE_INFO_REQUEST, Broker),
    on(C::GET_SYNC_STATE_DATA_REQUEST, Broker),
    on(C::RAFT_BROKER_HEART_BEAT_EVENT_REQUEST, Broker),
    on(C::UPDATE_COLD_DATA_FLOW_CTR_CONFIG, AdminCluster),
    on(C::REMOVE_COLD_DATA_FLOW_CTR_CONFIG, AdminCluster),
    list(C::GET_COLD_DATA_FLOW_CTR_INFO, Answer::Groups),
    on(C::SET_COMMITLOG_READ_MODE, AdminCluster),
    on(C::AUTH_CREATE_USER, AdminCluster),
    on(C::AUTH_UPDATE_USER, AdminCluster),
    on(C::AUTH_DELETE_USER, AdminCluster),
    on(C::AUTH_GET_USER, AdminCluster),
    on(C::AUTH_LIST_USER, AdminCluster),
    on(C::AUTH_CREATE_ACL, AdminCluster),
    on(C::AUTH_UPDATE_ACL, AdminCluster),
    on(C::AUTH_DELETE_ACL, AdminCluster),
    on(C::AUTH_GET_ACL, AdminCluster),
    on(C::AUTH_LIST_ACL, AdminCluster),
    of_both(C::POP_MESSAGE, Receive).queue(QUEUE).answers(Answer::Messages).tells(tells::MESSAGES),
    of_both(C::ACK_MESSAGE, Receive).queue(QUEUE).tells(NOTHING),
    of_both(C::PEEK_MESSAGE, Receive).queue(QUEUE).answers(Answer::Messages)
        .tells(tells::MESSAGES),
    of_both(C::CHANGE_MESSAGE_INVISIBLETIME, Receive).queue(QUEUE).tells(NOTHING),
    of_both(C::NOTIFICATION, Receive).queue(QUEUE).tells(NOTHING),
    of_both(C::POLLING_INFO, Describe).queue(QUEUE).tells(NOTHING),
    on(C::POP_ROLLBACK, AdminCluster),
    on(C::BATCH_ACK_MESSAGE, Receive).body(bodies::ACKS).tells(NOTHING),
];
