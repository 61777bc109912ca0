//! The typed headers and bodies of RocketMQ's requests and responses.
//!
//! Every broker, name server and client of RocketMQ needs these types; the rest of this crate needs none of
//! them. A header is read by [`RemotingCommand::header`] and written by [`RemotingCommand::with_header`], a
//! body by [`RemotingCommand::json`] and [`RemotingCommand::with_json`].
//!
//! ```
//! use rocketmq_tower_core::protocol::{
//!     BrokerData, GetRouteInfoRequestHeader, MASTER_ID, QueueData, TopicRouteData, perm,
//! };
//! use rocketmq_tower_core::{BoxError, RemotingCommand, RequestCode, ResponseCode};
//!
//! fn route(request: &RemotingCommand) -> Result<RemotingCommand, BoxError> {
//!     let header: GetRouteInfoRequestHeader<&str> = request.header()?;
//!     if header.topic != "TopicTest" {
//!         return Ok(RemotingCommand::response(ResponseCode::TOPIC_NOT_EXIST));
//!     }
//!     let broker = BrokerData {
//!         broker_addrs: [(MASTER_ID, "127.0.0.1:10911".into())].into(),
//!         broker_name: "a".into(),
//!         cluster: "c".into(),
//!         ..Default::default()
//!     };
//!     let queues = QueueData {
//!         broker_name: "a".into(),
//!         perm: perm::READ | perm::WRITE,
//!         read_queue_nums: 4,
//!         write_queue_nums: 4,
//!         ..Default::default()
//!     };
//!     let route = TopicRouteData {
//!         broker_datas: vec![broker],
//!         queue_datas: vec![queues],
//!         ..Default::default()
//!     };
//!     Ok(RemotingCommand::response(ResponseCode::SUCCESS).with_json(&route)?)
//! }
//!
//! let header = GetRouteInfoRequestHeader { topic: "TopicTest", ..Default::default() };
//! let request = RemotingCommand::request(RequestCode::GET_ROUTEINFO_BY_TOPIC).with_header(&header)?;
//! let route: TopicRouteData = route(&request)?.json()?;
//! assert_eq!(route.queue_datas[0].write_queue_nums, 4);
//! # Ok::<(), BoxError>(())
//! ```
//!
//! # Names, types, defaults
//!
//! Types have the names of Java's classes, and fields those of Java's fields in snake case. Numbers have
//! Java's widths: `int` is `i32`, `long` is `i64`. Timestamps are in milliseconds since 1970. A field that
//! Java requires is required; one that it allows to be null is an `Option`; any other has the default of
//! Java's class. The texts of a header are `String`s, or whatever you choose:
//! `PullMessageRequestHeader<&str>` borrows them from the command. Bodies own their strings. Fields that a
//! type does not have are ignored, such as `bname`, `ns` and `nsd`, which Java's clients add to every request.
//!
//! Fields may be added in any minor version before 1.0. Create a value with `..Default::default()`.
//!
//! A body is as long as its frame at most, so the limit on frames bounds every list and map here.
//!
//! # By request
//!
//! | request | header | body | in the response |
//! |---|---|---|---|
//! | `GET_ROUTEINFO_BY_TOPIC` | [`GetRouteInfoRequestHeader`] | | [`TopicRouteData`] |
//! | `GET_BROKER_CLUSTER_INFO` | | | [`ClusterInfo`] |
//! | `REGISTER_BROKER` | [`RegisterBrokerRequestHeader`] | [`RegisterBrokerBody`] | [`RegisterBrokerResponseHeader`], [`KVTable`] |
//! | `UNREGISTER_BROKER` | [`BrokerRequestHeader`] | | |
//! | `PUT_KV_CONFIG` | [`PutKVConfigRequestHeader`] | | |
//! | `GET_KV_CONFIG` | [`KVConfigRequestHeader`] | | [`GetKVConfigResponseHeader`] |
//! | `HEART_BEAT` | | [`HeartbeatData`] | [`HeartbeatResponseHeader`] |
//! | `UNREGISTER_CLIENT` | [`UnregisterClientRequestHeader`] | | |
//! | `GET_CONSUMER_LIST_BY_GROUP` | [`GetConsumerListByGroupRequestHeader`] | | [`ConsumerList`] |
//! | `SEND_MESSAGE`, in all versions | [`SendHeader`](crate::message::SendHeader) | the message, or [`BatchedMessage`](crate::message::BatchedMessage)s | [`SendMessageResponseHeader`] |
//! | `PULL_MESSAGE`, `LITE_PULL_MESSAGE` | [`PullMessageRequestHeader`] | | [`PullMessageResponseHeader`], [`StoredMessage`](crate::message::StoredMessage)s |
//! | `CONSUMER_SEND_MSG_BACK` | [`ConsumerSendMsgBackRequestHeader`] | | |
//! | `QUERY_CONSUMER_OFFSET` | [`QueryConsumerOffsetRequestHeader`] | | [`OffsetResponseHeader`] |
//! | `UPDATE_CONSUMER_OFFSET` | [`UpdateConsumerOffsetRequestHeader`] | | |
//! | `GET_MAX_OFFSET`, `GET_MIN_OFFSET` | [`TopicQueueRequestHeader`] | | [`OffsetResponseHeader`] |
//! | `SEARCH_OFFSET_BY_TIMESTAMP` | [`SearchOffsetRequestHeader`] | | [`OffsetResponseHeader`] |
//! | `GET_EARLIEST_MSG_STORETIME` | [`TopicQueueRequestHeader`] | | [`GetEarliestMsgStoretimeResponseHeader`] |
//! | `LOCK_BATCH_MQ`, `UNLOCK_BATCH_MQ` | | [`LockBatchRequestBody`] | [`LockBatchResponseBody`] |
//! | `END_TRANSACTION` | [`EndTransactionRequestHeader`] | | |
//! | `CHECK_TRANSACTION_STATE`, to a client | [`CheckTransactionStateRequestHeader`] | the stored message | |
//! | `NOTIFY_CONSUMER_IDS_CHANGED`, to a client | [`NotifyConsumerIdsChangedRequestHeader`] | | |
//! | `PUSH_REPLY_MESSAGE_TO_CLIENT`, to a client | [`ReplyMessageRequestHeader`] | the message | |
//! | `RESET_CONSUMER_CLIENT_OFFSET`, to a client | [`ResetOffsetRequestHeader`] | [`ResetOffsetBody`] | |
//! | `GET_CONSUMER_RUNNING_INFO` | [`GetConsumerRunningInfoRequestHeader`] | | [`ConsumerRunningInfo`] |
//! | `CONSUME_MESSAGE_DIRECTLY` | [`ConsumeMessageDirectlyRequestHeader`] | the stored message, to a client | [`ConsumeMessageDirectlyResult`] |
//! | `VIEW_MESSAGE_BY_ID` | [`ViewMessageRequestHeader`] | | the stored message |
//! | `QUERY_MESSAGE` | [`QueryMessageRequestHeader`] | | [`QueryMessageResponseHeader`], stored messages |
//! | `UPDATE_AND_CREATE_TOPIC` | [`CreateTopicRequestHeader`] | | |
//! | `GET_ALL_TOPIC_CONFIG` | | | [`TopicConfigSerializeWrapper`] |
//! | `GET_TOPIC_STATS_INFO` | [`GetTopicStatsInfoRequestHeader`] | | [`TopicStatsTable`] |
//! | `GET_CONSUME_STATS` | [`GetConsumeStatsRequestHeader`] | | [`ConsumeStats`] |
//! | `UPDATE_AND_CREATE_SUBSCRIPTIONGROUP` | | [`SubscriptionGroupConfig`] | |
//! | `QUERY_ASSIGNMENT` | | [`QueryAssignmentRequestBody`] | [`QueryAssignmentResponseBody`] |
//! | `POP_MESSAGE` | [`PopMessageRequestHeader`] | | [`PopMessageResponseHeader`], stored messages |
//! | `ACK_MESSAGE` | [`AckMessageRequestHeader`] | | |
//! | `RECALL_MESSAGE` | [`RecallMessageRequestHeader`] | | [`RecallMessageResponseHeader`] |
//!
//! The documentation of the other types names their requests.
//!
//! Source: `org.apache.rocketmq.remoting.protocol` of 5.3.3 (`header`, `body`, `route`, `heartbeat`,
//! `subscription`), and `PermName`, `MixAll`, `TopicConfig` and `PullSysFlag` of its module `common`.
//!
//! [`RemotingCommand::header`]: crate::RemotingCommand::header
//! [`RemotingCommand::with_header`]: crate::RemotingCommand::with_header
//! [`RemotingCommand::json`]: crate::RemotingCommand::json
//! [`RemotingCommand::with_json`]: crate::RemotingCommand::with_json

mod assignment;
mod broker;
mod client;
mod group;
mod heartbeat;
pub mod json;
mod kv;
mod lock;
mod lookup;
mod offset;
pub mod perm;
mod pop;
mod pull;
pub mod pull_sys_flag;
mod queue;
mod recall;
mod reply;
mod route;
mod send;
mod send_back;
mod stats;
mod subscription_group;
mod topic;
mod transaction;

pub use assignment::{
    MessageQueueAssignment, MessageRequestMode, QueryAssignmentRequestBody,
    QueryAssignmentResponseBody, SetMessageRequestModeRequestBody,
};
pub use broker::{
    BrokerRequestHeader, ClusterInfo, QueryDataVersionResponseHeader, RegisterBrokerBody,
    RegisterBrokerRequestHeader, RegisterBrokerResponseHeader,
};
pub use client::{
    ConsumeMessageDirectlyRequestHeader, ConsumeMessageDirectlyResult, ConsumeResult,
    ConsumeStatus, ConsumerRunningInfo, GetConsumerRunningInfoRequestHeader, GetConsumerStatusBody,
    GetConsumerStatusRequestHeader, MessageQueueForC, PopProcessQueueInfo, ProcessQueueInfo,
    ResetOffsetBody, ResetOffsetBodyForC, ResetOffsetRequestHeader,
};
pub use group::{
    ConsumerList, GetConsumerListByGroupRequestHeader, NotifyConsumerIdsChangedRequestHeader,
};
pub use heartbeat::{
    ConsumeFromWhere, ConsumeType, ConsumerData, HeartbeatData, HeartbeatResponseHeader,
    MessageModel, ProducerData, SubscriptionData, UnregisterClientRequestHeader,
};
pub use kv::{
    GetKVConfigResponseHeader, GetKVListByNamespaceRequestHeader, KVConfigRequestHeader, KVTable,
    PutKVConfigRequestHeader,
};
pub use lock::{LockBatchRequestBody, LockBatchResponseBody};
pub use lookup::{QueryMessageRequestHeader, QueryMessageResponseHeader, ViewMessageRequestHeader};
pub use offset::{
    BoundaryType, GetEarliestMsgStoretimeResponseHeader, OffsetResponseHeader,
    QueryConsumerOffsetRequestHeader, SearchOffsetRequestHeader, TopicQueueRequestHeader,
    UpdateConsumerOffsetRequestHeader,
};
pub use pop::{
    AckMessageRequestHeader, ChangeInvisibleTimeRequestHeader, ChangeInvisibleTimeResponseHeader,
    NotificationRequestHeader, NotificationResponseHeader, PopMessageRequestHeader,
    PopMessageResponseHeader,
};
pub use pull::{PullMessageRequestHeader, PullMessageResponseHeader};
pub use queue::MessageQueue;
pub use recall::{RecallMessageRequestHeader, RecallMessageResponseHeader};
pub use reply::ReplyMessageRequestHeader;
pub use route::{BrokerData, GetRouteInfoRequestHeader, QueueData, TopicRouteData};
pub use send::SendMessageResponseHeader;
pub use send_back::ConsumerSendMsgBackRequestHeader;
pub use stats::{
    ClientConnection, ConsumeQueueData, ConsumeStats, ConsumerConnection,
    GetConsumeStatsRequestHeader, GetConsumerConnectionListRequestHeader,
    GetProducerConnectionListRequestHeader, GetTopicStatsInfoRequestHeader, GroupList,
    OffsetWrapper, ProducerConnection, QueryConsumeQueueRequestHeader,
    QueryConsumeQueueResponseBody, QueryTopicConsumeByWhoRequestHeader,
    QueryTopicsByConsumerRequestHeader, TopicOffset, TopicStatsTable,
};
pub use subscription_group::{
    CheckClientRequestBody, ConsumerOffsetSerializeWrapper, DeleteSubscriptionGroupRequestHeader,
    GetAllSubscriptionGroupRequestHeader, GetAllSubscriptionGroupResponseHeader,
    GetSubscriptionGroupConfigRequestHeader, SubscriptionGroupConfig, SubscriptionGroupWrapper,
};
pub use topic::{
    CreateTopicRequestHeader, DataVersion, DeleteTopicRequestHeader,
    GetAllTopicConfigRequestHeader, GetAllTopicConfigResponseHeader, GetTopicConfigRequestHeader,
    GetTopicsByClusterRequestHeader, TopicConfig, TopicConfigSerializeWrapper, TopicFilterType,
    TopicList,
};
pub use transaction::{CheckTransactionStateRequestHeader, EndTransactionRequestHeader};

/// The id of a master broker. Others are slaves.
pub const MASTER_ID: i64 = 0;
